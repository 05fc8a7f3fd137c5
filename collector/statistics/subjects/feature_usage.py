"""Owns the usage counters of features, which the server keeps in its settings."""

from collector.statistics.reading import Setting, Subject, Unit

feature_usage = Subject("feature_usage", "Usage counters of features, which the server keeps in its settings.")

feature_usage.settings(
    Setting("messageAuditApply", "Searches on the message auditing page.", Unit.NUMBER, "Message_Auditing_Apply_Count"),
    Setting(
        "messageAuditLoad", "Visits of the message auditing page.", Unit.NUMBER, "Message_Auditing_Panel_Load_Count"
    ),
    Setting("dashboardCount", "Visits of the engagement dashboard.", Unit.NUMBER, "Engagement_Dashboard_Load_Count"),
    Setting(
        "joinJitsiButton", "Clicks on the button that joins a Jitsi call.", Unit.NUMBER, "Jitsi_Click_To_Join_Count"
    ),
    Setting(
        "slashCommandsJitsi", "Uses of the slash command for Jitsi.", Unit.NUMBER, "Jitsi_Start_SlashCommands_Count"
    ),
    Setting("totalTriggeredEmails", "E-mails that the server sent.", Unit.NUMBER, "Triggered_Emails_Count"),
    Setting("totalWebRTCCalls", "WebRTC calls.", Unit.NUMBER, "WebRTC_Calls_Count"),
    Setting("totalOTR", "Off-the-record conversations.", Unit.NUMBER, "OTR_Count"),
    Setting("uncaughtExceptionsCount", "Uncaught exceptions of the server.", Unit.NUMBER, "Uncaught_Exceptions_Count"),
    Setting("readReceiptsEnabled", "Whether messages have read receipts.", Unit.FLAG, "Message_Read_Receipt_Enabled"),
    Setting(
        "readReceiptsDetailed", "Whether read receipts list the readers.", Unit.FLAG, "Message_Read_Receipt_Store_Users"
    ),
)
