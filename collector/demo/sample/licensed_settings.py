"""Which settings of the sample workspace need a licence: the module of each, and its value without that module."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from collector.key_paths import Document
from collector.statistics.releases import ALL, Release, Span, since


class Licensed(NamedTuple):
    """A module, the settings that need it with their values without it, and the releases in which they do."""

    module: str
    without: Mapping[str, Any]
    releases: Span = ALL


_OFF = False
_TABLE = (
    Licensed("abac", {"ABAC_Enabled": _OFF}),
    Licensed("canned-responses", {"Canned_Responses_Enable": _OFF}),
    Licensed(
        "message-read-receipt",
        dict.fromkeys(("Message_Read_Receipt_Enabled", "Message_Read_Receipt_Store_Users"), _OFF),
    ),
    Licensed("push-privacy", {"Push_request_content_from_server": _OFF}),
    Licensed("federation", {"Federation_Matrix_max_size_of_public_rooms_users": _OFF}),
    Licensed(
        "federation",
        {
            "Federation_Service_Domain": "",
            "Federation_Service_Enabled": _OFF,
            "Federation_Service_max_allowed_size_of_public_rooms_to_join": _OFF,
        },
    ),
    Licensed(
        "livechat-enterprise",
        {
            "Livechat_abandoned_rooms_action": "none",
            "Livechat_allow_manual_on_hold": _OFF,
            "Livechat_auto_transfer_chat_timeout": 0,
            "Livechat_last_chatted_agent_routing": _OFF,
            "Omnichannel_contact_manager_routing": _OFF,
        },
    ),
    Licensed(
        "ldap-enterprise",
        {
            "LDAP_Background_Sync": _OFF,
            "LDAP_Background_Sync_Import_New_Users": True,
            "LDAP_Background_Sync_Interval": "every_24_hours",
            "LDAP_Background_Sync_Keep_Existant_Users_Updated": True,
            "LDAP_Enable_LDAP_Groups_To_RC_Teams": _OFF,
            "LDAP_Sync_Custom_Fields": _OFF,
            "LDAP_Sync_User_Active_State": "none",
            "LDAP_Sync_User_Data_Channels": _OFF,
            "LDAP_Sync_User_Data_Roles": _OFF,
            "LDAP_Sync_User_Data_Roles_AutoRemove": _OFF,
        },
    ),
    Licensed("ldap-enterprise", {"LDAP_Enable": _OFF}, since("9.0")),
    Licensed(
        "saml-enterprise",
        {"SAML_Custom_Default_role_attribute_sync": _OFF, "SAML_Custom_Default_user_data_custom_fieldmap": ""},
    ),
    Licensed("saml-enterprise", {"SAML_Custom_Default": _OFF}, since("9.0")),
    Licensed(
        "videoconference-enterprise",
        {f"VideoConf_Enable_{rooms}": True for rooms in ("DMs", "Channels", "Groups", "Teams")},
    ),
    Licensed("oauth-enterprise", {"Accounts_OAuth_Custom-Company": _OFF}, since("9.0")),
)


def licensed(release: Release) -> dict[str, Document]:
    """By setting, what its row says of the licence in this release."""
    return dict(_rows(release))


def _rows(release: Release) -> Iterator[tuple[str, Document]]:
    for module, without, releases in _TABLE:
        if release in releases:
            for name, value in without.items():
                yield name, {"enterprise": True, "modules": [module], "invalidValue": value}
