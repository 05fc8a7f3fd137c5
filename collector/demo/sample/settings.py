"""The settings of the sample workspace: those that the server's own statistics speak of, and the API's."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from collector.demo.sample.blueprint import WITH_CALLS, Plan
from collector.demo.sample.licensed_settings import licensed
from collector.key_paths import Document
from collector.statistics.releases import Span, since

_OFF = """
    ABAC_Enabled Accounts_OAuth_Apple Accounts_OAuth_Dolphin Accounts_OAuth_Drupal Accounts_OAuth_Facebook
    Accounts_OAuth_GitHub_Enterprise Accounts_OAuth_Linkedin Accounts_OAuth_Meteor Accounts_OAuth_Nextcloud
    Accounts_OAuth_Tokenpass Accounts_OAuth_Twitter Accounts_OAuth_Wordpress CAS_enabled
    E2E_Enabled_Default_DirectRooms E2E_Enabled_Default_PrivateRooms
    LDAP_Enable_LDAP_Groups_To_RC_Teams LDAP_Group_Filter_Enable LDAP_Sync_Custom_Fields
    LDAP_Sync_User_Data_Channels LDAP_Sync_User_Data_Roles_AutoRemove Livechat_last_chatted_agent_routing
    Federation_Service_Enabled Message_AllowBadWordsFilter Message_AllowUnrecognizedSlashCommand
    Omnichannel_contact_manager_routing Omnichannel_enable_department_removal SAML_Custom_Default
    SAML_Custom_Default_channels_update SAML_Custom_Default_generate_username
    SAML_Custom_Default_role_attribute_sync Search.defaultProvider.GlobalSearchEnabled
    Troubleshoot_Disable_Sessions_Monitor VoIP_Enabled WebRTC_Enable_Channel WebRTC_Enable_Direct
    WebRTC_Enable_Private WebRTC_Enabled Accounts_OAuth_Custom-Company-map_channels
""".split()
_ON = """
    API_Allow_Infinite_Count Accounts_TwoFactorAuthentication_Enabled
    CAS_Creation_User_Enabled CAS_Sync_User_Data_Enabled FileUpload_Enabled
    LDAP_Background_Sync_Import_New_Users LDAP_Background_Sync_Keep_Existant_Users_Updated LDAP_Sync_User_Avatar
    Layout_Show_Home_Button Message_AllowDeleting Message_AllowEditing NPS_survey_enabled OTR_Enable Push_enable
    Push_enable_gateway Push_request_content_from_server Threads_enabled Update_EnableChecker
    VideoConf_Enable_Channels VideoConf_Enable_DMs VideoConf_Enable_Groups VideoConf_Enable_Teams
""".split()
# What else was left as it came.
_UNCHANGED: dict[str, Any] = {
    "API_Default_Count": 50,
    "API_Upper_Count_Limit": 100,
    **dict.fromkeys(("Custom_Script_Logged_In", "Custom_Script_Logged_Out", "Custom_Script_On_Logout"), ""),
    "Federation_Matrix_max_size_of_public_rooms_users": 100,
    "Federation_Service_Domain": "",
    "Federation_Service_max_allowed_size_of_public_rooms_to_join": 100,
    "FileUpload_Storage_Type": "GridFS",
    "LDAP_Background_Sync_Interval": "every_24_hours",
    "LDAP_Sync_User_Active_State": "disable",
    "Layout_Home_Body": "<p>Welcome!</p>",
    "Livechat_abandoned_rooms_action": "none",
    "Livechat_auto_transfer_chat_timeout": 0,
    "Omnichannel_call_provider": "none",
    "Push_gateway": "https://gateway.rocket.chat",
    "SAML_Custom_Default_signature_validation_type": "All",
    "SAML_Custom_Default_user_data_custom_fieldmap": "{}",
}

# What the administrator has switched on, or filled in where it was empty.
_SWITCHED_ON = """
    Accounts_OAuth_Custom-Company Accounts_OAuth_Custom-Company-merge_roles Accounts_OAuth_Github
    Accounts_OAuth_Gitlab Accounts_OAuth_Google Canned_Responses_Enable Deployment_FingerPrint_Verified E2E_Enable
    Federation_Matrix_enabled LDAP_Background_Sync LDAP_Enable LDAP_Login_Fallback LDAP_Merge_Existing_Users
    LDAP_Sync_User_Data_Roles Livechat_allow_manual_on_hold Livechat_enable_business_hours Livechat_enabled
    Message_Read_Receipt_Enabled Message_Read_Receipt_Store_Users Register_Server
""".split()
_FILLED_IN = {
    "Accounts_OAuth_Custom-Company-roles_to_sync": "librarian",
    "Accounts_OAuth_Custom-Company-url": "https://login.example.org",
    "Country": "germany",
    "Federation_Matrix_homeserver_domain": "matrix0.example.net",
    "From_Email": "chat@example.org",
    "Industry": "education",
    "Language": "en",
    "Organization_Type": "community",
    "SMTP_Host": "smtp.example.org",
    "SMTP_Port": "587",
    "Server_Type": "privateTeam",
    "Site_Name": "Example School",
    "Site_Url": "https://chat.example.org",
    "Size": "4",
    "VideoConf_Default_Provider": "jitsi",
    "theme-custom-css": ".logo { width: 8rem; }",
}
# What else has changed: what it is, and what it came as.
_CHANGED: dict[str, tuple[Any, Any]] = {
    "Assets_logo": (
        {"url": "assets/logo.svg", "defaultUrl": "images/logo/logo.svg"},
        {"defaultUrl": "images/logo.svg"},
    ),
    "LDAP_Encryption": ("tls", "plain"),
    "Layout_Home_Title": ("Our chat", "Home"),
    "Livechat_Routing_Method": ("Load_Balancing", "Auto_Selection"),
}
# What the server itself counts in settings, from 0 on.
_COUNTED = {
    "Advanced_Contact_Upsell_Clicks": 1,
    "Advanced_Contact_Upsell_Views": 4,
    "CSV_Importer": 25,
    "Contacts_Importer": 12,
    "Engagement_Dashboard_Load": 17,
    "Hipchat_Enterprise_Importer": 0,
    "Invitation_Email": 31,
    "Jitsi_Click_To_Join": 9,
    "Jitsi_Start_SlashCommands": 2,
    "Manual_Entry_User": 14,
    "Merged_Contacts": 3,
    "Message_Auditing_Apply": 2,
    "Message_Auditing_Panel_Load": 5,
    "OTR": 0,
    "Resolved_Conflicts": 2,
    "Slack_Importer": 120,
    "Slack_Users_Importer": 0,
    "Triggered_Emails": 804,
    "Uncaught_Exceptions": 6,
    "WebRTC_Calls": 0,
}


# What only some releases have.
_RELEASES: dict[str, Span] = {
    **dict.fromkeys(("Accounts_OAuth_Tokenpass", "OTR_Count", "OTR_Enable", "VoIP_Enabled"), WITH_CALLS),
    **dict.fromkeys(("WebRTC_Calls_Count", "WebRTC_Enabled"), WITH_CALLS),
    **{f"WebRTC_Enable_{rooms}": WITH_CALLS for rooms in ("Channel", "Direct", "Private")},
    **{f"{of}_Count": since("7.2") for of in ("Merged_Contacts", "Resolved_Conflicts", "Contacts_Importer")},
    **{f"Advanced_Contact_Upsell_{done}_Count": since("7.2") for done in ("Views", "Clicks")},
    "ABAC_Enabled": since("8.0"),
    "Federation_Service_Domain": since("8.0"),
    "Federation_Service_Enabled": since("8.0"),
    "Federation_Service_max_allowed_size_of_public_rooms_to_join": since("8.0"),
}
_BRIDGE = "Federation_Matrix_enabled"  # off from 8.0 on


def settings(plan: Plan) -> Iterator[Document]:
    """All of them; the workspace's own id comes last, so that it tells that the workspace is whole."""
    unchanged = dict.fromkeys(_OFF, False) | dict.fromkeys(_ON, True) | _UNCHANGED
    own = {"Deployment_FingerPrint_Hash": plan.id_of("fingerprint", 0).lower(), "uniqueID": plan.id_of("workspace", 0)}
    values = {name: (value, value) for name, value in unchanged.items()} | _CHANGED
    values |= dict.fromkeys(_SWITCHED_ON, (True, False))
    values |= {f"{name}_Count": (count, 0) for name, count in _COUNTED.items()}
    values |= {name: (value, "") for name, value in (_FILLED_IN | own).items()}
    values |= {} if plan.release in WITH_CALLS else {_BRIDGE: (False, False)}
    under_licence = licensed(plan.release)
    for name, (value, packaged) in values.items():
        if name not in _RELEASES or plan.release in _RELEASES[name]:
            row = {"_id": name, "value": value, "packageValue": packaged, "createdAt": plan.installed}
            yield row | under_licence.get(name, {}) | {"_updatedAt": plan.installed + timedelta(days=1)}
