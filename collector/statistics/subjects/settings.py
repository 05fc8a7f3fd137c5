"""Owns the statistics that are plain settings of the workspace."""

from collector.statistics.reading import Setting, Subject, Unit

settings = Subject("settings", "Plain settings of the workspace.")

# By key below `settings`: what it says, and the setting's id.
_FLAGS = {
    "accounts.account2fa": ("Second factors may be used.", "Accounts_TwoFactorAuthentication_Enabled"),
    "cannedResponses.cannedResponsesEnabled": ("Canned responses are in use.", "Canned_Responses_Enable"),
    "e2ee.e2e": ("End-to-end encryption is in use.", "E2E_Enable"),
    "e2ee.e2eDefaultDirectRoom": ("Direct rooms are encrypted by default.", "E2E_Enabled_Default_DirectRooms"),
    "e2ee.e2eDefaultPrivateRoom": ("Private rooms are encrypted by default.", "E2E_Enabled_Default_PrivateRooms"),
    "fileUpload.fileUploadEnable": ("Files may be uploaded.", "FileUpload_Enabled"),
    "general.apps.frameworkDevMode": ("Apps run in development mode.", "Apps_Framework_Development_Mode"),
    "general.apps.frameworkEnable": ("Apps are in use.", "Apps_Framework_enabled"),
    "general.nps.surveyEnabled": ("Users are asked for feedback (NPS survey).", "NPS_survey_enabled"),
    "general.update.updateChecker": ("The server looks for updates.", "Update_EnableChecker"),
    "liveStreamAndBroadcasting.liveStream": ("Live streams are in use.", "Livestream_enabled"),
    "liveStreamAndBroadcasting.broadcasting": ("Broadcasting is in use.", "Broadcasting_enabled"),
    "message.allowEditing": ("Messages may be edited.", "Message_AllowEditing"),
    "message.allowDeleting": ("Messages may be deleted.", "Message_AllowDeleting"),
    "message.allowUnrecognizedSlashCommand": (
        "Unknown slash commands are sent as messages.",
        "Message_AllowUnrecognizedSlashCommand",
    ),
    "message.allowBadWordsFilter": ("Bad words are filtered.", "Message_AllowBadWordsFilter"),
    "message.readReceiptEnabled": ("Messages have read receipts.", "Message_Read_Receipt_Enabled"),
    "message.readReceiptStoreUsers": ("Read receipts list the readers.", "Message_Read_Receipt_Store_Users"),
    "otr.otrEnable": ("Off-the-record conversations are in use.", "OTR_Enable"),
    "push.pushEnable": ("Push notifications are in use.", "Push_enable"),
    "threads.threadsEnabled": ("Threads are in use.", "Threads_enabled"),
    "search.defaultProvider.globalSearchEnabled": (
        "The search covers all rooms.",
        "Search.defaultProvider.GlobalSearchEnabled",
    ),
    "videoConference.bigBlueButton": ("BigBlueButton is in use.", "bigbluebutton_Enabled"),
    "videoConference.jitsiEnabled": ("Jitsi is in use.", "Jitsi_Enabled"),
    "webRTC.webRTCEnableChannel": ("WebRTC calls in channels.", "WebRTC_Enable_Channel"),
    "webRTC.webRTCEnablePrivate": ("WebRTC calls in private groups.", "WebRTC_Enable_Private"),
    "webRTC.webRTCEnableDirect": ("WebRTC calls in direct rooms.", "WebRTC_Enable_Direct"),
}

settings.settings(
    *Setting.each(Unit.FLAG, {f"settings.{key}": flag for key, flag in _FLAGS.items()}),
    Setting("settings.email.smtp.smtpHost", "The mail server.", Unit.TEXT, "SMTP_Host"),
    Setting("settings.email.smtp.smtpPort", "The mail server's port.", Unit.TEXT, "SMTP_Port"),
    Setting("settings.email.smtp.fromEmail", "The sender of the server's mail.", Unit.TEXT, "From_Email"),
)
