"""Owns the statistics that are plain settings of the workspace."""

from collector.statistics.reading import Statistic, Unit
from collector.statistics.releases import before, since
from collector.statistics.subject import Setting, Subject
from collector.statistics.values import UNDEFINED, Absent

settings = Subject("settings", "Plain settings of the workspace.")

# By key below `settings`: the meaning, and the setting's id.
_FLAGS = {
    "accounts.account2fa": ("Second factors may be used.", "Accounts_TwoFactorAuthentication_Enabled"),
    "e2ee.e2e": ("End-to-end encryption is in use.", "E2E_Enable"),
    "e2ee.e2eDefaultDirectRoom": ("Direct rooms are encrypted by default.", "E2E_Enabled_Default_DirectRooms"),
    "e2ee.e2eDefaultPrivateRoom": ("Private rooms are encrypted by default.", "E2E_Enabled_Default_PrivateRooms"),
    "fileUpload.fileUploadEnable": ("Files may be uploaded.", "FileUpload_Enabled"),
    "general.nps.surveyEnabled": ("Users are asked for feedback (NPS survey).", "NPS_survey_enabled"),
    "general.update.updateChecker": ("The server looks for updates.", "Update_EnableChecker"),
    "message.allowEditing": ("Messages may be edited.", "Message_AllowEditing"),
    "message.allowDeleting": ("Messages may be deleted.", "Message_AllowDeleting"),
    "message.allowUnrecognizedSlashCommand": (
        "Unknown slash commands are sent as messages.",
        "Message_AllowUnrecognizedSlashCommand",
    ),
    "message.allowBadWordsFilter": ("Bad words are filtered.", "Message_AllowBadWordsFilter"),
    "message.readReceiptEnabled": ("Messages have read receipts.", "Message_Read_Receipt_Enabled"),
    "message.readReceiptStoreUsers": ("Read receipts list the readers.", "Message_Read_Receipt_Store_Users"),
    "push.pushEnable": ("Push notifications are in use.", "Push_enable"),
    "threads.threadsEnabled": ("Threads are in use.", "Threads_enabled"),
    "search.defaultProvider.globalSearchEnabled": (
        "The search covers all rooms.",
        "Search.defaultProvider.GlobalSearchEnabled",
    ),
}

# Settings that the server asked for until a release; from there on it has no value, whatever rows an upgrade left.
_REMOVED = {
    "general.apps.frameworkDevMode": ("Apps run in development mode.", "Apps_Framework_Development_Mode", "6.0"),
    "general.apps.frameworkEnable": ("Apps are in use.", "Apps_Framework_enabled", "6.0"),
    "liveStreamAndBroadcasting.liveStream": ("Live streams are in use.", "Livestream_enabled", "6.0"),
    "liveStreamAndBroadcasting.broadcasting": ("Broadcasting is in use.", "Broadcasting_enabled", "6.0"),
    "webRTC.webRTCEnableChannel": ("WebRTC calls in channels.", "WebRTC_Enable_Channel", "8.0"),
    "webRTC.webRTCEnablePrivate": ("WebRTC calls in private groups.", "WebRTC_Enable_Private", "8.0"),
    "webRTC.webRTCEnableDirect": ("WebRTC calls in direct rooms.", "WebRTC_Enable_Direct", "8.0"),
}


settings.settings(
    *Setting.each(Unit.FLAG, {f"settings.{key}": setting for key, setting in _FLAGS.items()}),
    *(
        Setting(f"settings.{key}", meaning, Unit.FLAG, id_, releases=before(until))
        for key, (meaning, id_, until) in _REMOVED.items()
    ),
    Setting(
        "settings.cannedResponses.cannedResponsesEnabled",
        "Canned responses are in use.",
        Unit.FLAG,
        "Canned_Responses_Enable",
        missing=Absent("the setting Canned_Responses_Enable does not exist"),
    ),
    Setting(
        "settings.otr.otrEnable",
        "Off-the-record conversations are in use.",
        Unit.FLAG,
        "OTR_Enable",
        releases=before("8.0"),
    ),
    Setting(
        "settings.videoConference.bigBlueButton",
        "BigBlueButton is in use.",
        Unit.FLAG,
        "bigbluebutton_Enabled",
        releases=before("6.0"),
    ),
    Setting(
        "settings.videoConference.jitsiEnabled", "Jitsi is in use.", Unit.FLAG, "Jitsi_Enabled", releases=before("6.0")
    ),
    Setting("settings.email.smtp.smtpHost", "The mail server.", Unit.TEXT, "SMTP_Host"),
    Setting("settings.email.smtp.smtpPort", "The mail server's port.", Unit.TEXT, "SMTP_Port"),
    Setting("settings.email.smtp.fromEmail", "The sender of the server's mail.", Unit.TEXT, "From_Email"),
)


settings.always(
    "removed_settings",
    *(
        Statistic(f"settings.{key}", "Always without a value.", Unit.FLAG, releases=since(until))
        for key, (_, _, until) in _REMOVED.items()
    ),
    value=UNDEFINED,
)
