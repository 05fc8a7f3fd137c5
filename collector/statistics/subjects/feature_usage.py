"""Owns the usage counters of features, which the server keeps in its settings."""

from collector.statistics.reading import Statistic, Unit
from collector.statistics.releases import before, since
from collector.statistics.subject import Setting, Subject
from collector.statistics.values import UNDEFINED

feature_usage = Subject("feature_usage", "Usage counters of features, which the server keeps in its settings.")

_COUNTERS = {
    "messageAuditApply": ("Searches on the message auditing page.", "Message_Auditing_Apply_Count"),
    "messageAuditLoad": ("Visits of the message auditing page.", "Message_Auditing_Panel_Load_Count"),
    "dashboardCount": ("Visits of the engagement dashboard.", "Engagement_Dashboard_Load_Count"),
    "joinJitsiButton": ("Clicks on the button that joins a Jitsi call.", "Jitsi_Click_To_Join_Count"),
    "slashCommandsJitsi": ("Uses of the slash command for Jitsi.", "Jitsi_Start_SlashCommands_Count"),
    "totalTriggeredEmails": ("E-mails that the server sent.", "Triggered_Emails_Count"),
    "uncaughtExceptionsCount": ("Uncaught exceptions of the server.", "Uncaught_Exceptions_Count"),
}
_FLAGS = {
    "readReceiptsEnabled": ("Whether messages have read receipts.", "Message_Read_Receipt_Enabled"),
    "readReceiptsDetailed": ("Whether read receipts list the readers.", "Message_Read_Receipt_Store_Users"),
}

feature_usage.settings(
    *Setting.each(Unit.NUMBER, _COUNTERS),
    Setting("totalOTR", "Off-the-record conversations.", Unit.NUMBER, "OTR_Count", releases=before("8.0")),
    Setting("totalWebRTCCalls", "WebRTC calls.", Unit.NUMBER, "WebRTC_Calls_Count", releases=before("8.0")),
    *Setting.each(Unit.FLAG, _FLAGS),
)


feature_usage.always(
    "removed_counters",
    Statistic("totalWebRTCCalls", "Always without a value.", Unit.NUMBER, releases=since("8.0")),
    value=UNDEFINED,
)
