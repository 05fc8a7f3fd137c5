"""Accounts that came by an import."""

from collector.statistics.reading import Setting, Subject, Unit

imported_users = Subject("imported_users", "Accounts that came by an import.")

imported_users.settings(
    Setting("importer.totalCSVImportedUsers", "From CSV files.", Unit.USERS, "CSV_Importer_Count"),
    Setting(
        "importer.totalHipchatEnterpriseImportedUsers",
        "From HipChat Enterprise.",
        Unit.USERS,
        "Hipchat_Enterprise_Importer_Count",
    ),
    Setting("importer.totalSlackImportedUsers", "From Slack.", Unit.USERS, "Slack_Importer_Count"),
    Setting(
        "importer.totalSlackUsersImportedUsers", "From Slack's list of users.", Unit.USERS, "Slack_Users_Importer_Count"
    ),
)
