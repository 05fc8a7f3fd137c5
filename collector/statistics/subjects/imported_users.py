"""Owns the statistics of imported accounts."""

from collector.statistics.reading import Unit
from collector.statistics.subject import Setting, Subject

imported_users = Subject("imported_users", "Imported accounts.")

imported_users.settings(
    Setting("importer.totalCSVImportedUsers", "Accounts imported from CSV files.", Unit.USERS, "CSV_Importer_Count"),
    Setting(
        "importer.totalHipchatEnterpriseImportedUsers",
        "Accounts imported from HipChat Enterprise.",
        Unit.USERS,
        "Hipchat_Enterprise_Importer_Count",
    ),
    Setting("importer.totalSlackImportedUsers", "Accounts imported from Slack.", Unit.USERS, "Slack_Importer_Count"),
    Setting(
        "importer.totalSlackUsersImportedUsers",
        "Accounts imported from Slack's list of users.",
        Unit.USERS,
        "Slack_Users_Importer_Count",
    ),
)
