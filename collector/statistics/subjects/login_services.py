"""Owns the statistics of login services: their settings, and the active accounts that use them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from collector.key_paths import Document
from collector.sources import Sources
from collector.sources.collections import NATURAL_ORDER, Collection
from collector.sources.expressions import MOST_KINDS, MOST_NAME
from collector.statistics.bounds import keyed
from collector.statistics.reading import Cost, Statistic, Unit
from collector.statistics.releases import ALL, before, since
from collector.statistics.subject import Setting, Subject, changed
from collector.statistics.values import UNDEFINED, Only, Values, noted

login_services = Subject("login_services", "Login services: their settings, and the number of accounts that use each.")

LDAP = {
    "enabled": "LDAP_Enable",
    "loginFallback": "LDAP_Login_Fallback",
    "encryption": "LDAP_Encryption",
    "mergeUsers": "LDAP_Merge_Existing_Users",
    "syncRoles": "LDAP_Sync_User_Data_Roles",
    "syncRolesAutoRemove": "LDAP_Sync_User_Data_Roles_AutoRemove",
    "syncData": "LDAP_Sync_Custom_Fields",
    "syncChannels": "LDAP_Sync_User_Data_Channels",
    "syncAvatar": "LDAP_Sync_User_Avatar",
    "groupFilter": "LDAP_Group_Filter_Enable",
    "backgroundSync.enabled": "LDAP_Background_Sync",
    "backgroundSync.interval": "LDAP_Background_Sync_Interval",
    "backgroundSync.newUsers": "LDAP_Background_Sync_Import_New_Users",
    "backgroundSync.existingUsers": "LDAP_Background_Sync_Keep_Existant_Users_Updated",
    "ee.syncActiveState": "LDAP_Sync_User_Active_State",
    "ee.syncTeams": "LDAP_Enable_LDAP_Groups_To_RC_Teams",
    "ee.syncRoles": "LDAP_Sync_User_Data_Roles",
}
SAML = {
    "enabled": "SAML_Custom_Default",
    "signatureValidationType": "SAML_Custom_Default_signature_validation_type",
    "generateUsername": "SAML_Custom_Default_generate_username",
    "updateSubscriptionsOnLogin": "SAML_Custom_Default_channels_update",
    "syncRoles": "SAML_Custom_Default_role_attribute_sync",
}
CAS = {
    "enabled": "CAS_enabled",
    "allowUserCreation": "CAS_Creation_User_Enabled",
    "alwaysSyncUserData": "CAS_Sync_User_Data_Enabled",
}
_TEXTS = {"encryption", "backgroundSync.interval", "ee.syncActiveState", "signatureValidationType"}  # no flags
# By key below `services.oauth`: the setting, and the name under which an account keeps the service.
OAUTH = {
    "github": ("Accounts_OAuth_Github", "github"),
    "githubEnterprise": ("Accounts_OAuth_GitHub_Enterprise", "github_enterprise"),
} | {
    name.lower(): (f"Accounts_OAuth_{name}", name.lower())
    for name in (
        "Gitlab Google Apple Dolphin Drupal Facebook Linkedin Meteor Nextcloud Tokenpass Twitter Wordpress".split()
    )
}
_UNTIL = {"tokenpass": before("8.0")}  # the releases of a provider that was removed
# Below `services`: the name under which an account keeps the service.
_NAMES = {name: name for name in ("ldap", "saml", "cas")} | {f"oauth.{key}": name for key, (_, name) in OAUTH.items()}
_CUSTOM_PROVIDERS = "Accounts_OAuth_Custom-*"
_CUSTOM = re.compile(r"Accounts_OAuth_Custom-([^-]+)")
_PERSONS = {"active": True, "type": {"$nin": ["app"]}, "roles": {"$ne": ["guest"]}}


def _unit(key: str) -> Unit:
    return Unit.TEXT if key in _TEXTS else Unit.FLAG


login_services.settings(
    *(Setting(f"services.ldap.{key}", f"LDAP setting {id_}.", _unit(key), id_) for key, id_ in LDAP.items()),
    *(Setting(f"services.saml.{key}", f"SAML setting {id_}.", _unit(key), id_) for key, id_ in SAML.items()),
    Setting(
        "services.saml.userDataCustomFieldMap",
        "Whether the map of custom fields was changed.",
        Unit.FLAG,
        "SAML_Custom_Default_user_data_custom_fieldmap",
        changed,
        missing=False,
    ),
    *(Setting(f"services.cas.{key}", f"CAS setting {id_}.", Unit.FLAG, id_) for key, id_ in CAS.items()),
    *(
        Setting(
            f"services.oauth.{key}.enabled",
            "Whether this provider is enabled.",
            Unit.FLAG,
            id_,
            releases=_UNTIL.get(key, ALL),
        )
        for key, (id_, _) in OAUTH.items()
    ),
)


@login_services.reads(
    "services",
    *(
        Statistic(
            f"services.{key}.users",
            f"Active accounts with {key}, apps and plain guests excepted.",
            Unit.USERS,
            releases=_UNTIL.get(name, ALL),
        )
        for key, name in _NAMES.items()
    ),
    Statistic(
        "services.oauth.custom",
        "Custom providers by name, with their accounts; the server numbers them and counts nobody.",
        Unit.DOCUMENT,
    ),
    source="users, one group over the names of services; settings Accounts_OAuth_Custom-…",
    cost=Cost.SCAN,
    reason="No index covers the services; one pass over the active accounts counts all of them.",
    settings=(_CUSTOM_PROVIDERS,),
    lists=1,
)
def accounts(sources: Sources) -> Values:
    settings = sources.settings(_CUSTOM_PROVIDERS)
    names = sorted(match[1] for id_ in settings if (match := _CUSTOM.fullmatch(id_)))
    custom = [name for name in names if len(name.encode()) <= MOST_NAME][:MOST_KINDS]
    users = _users_by_service(sources, [*_NAMES.values(), *custom])
    values: Document = {f"services.{key}.users": users.get(name, 0) for key, name in _NAMES.items()}
    providers = ((name, _provider(settings, name, users.get(name, 0))) for name in custom)
    return values | {"services.oauth.custom": noted(*keyed(providers, more=len(custom) < len(names)))}


# The names of an account's services; of a list, those of its documents, each once.
_DOCUMENTS = {"$filter": {"input": "$services", "cond": {"$eq": [{"$type": "$$this"}, "object"]}}}
_OF_LIST = {
    "$reduce": {
        "input": _DOCUMENTS,
        "initialValue": [],
        "in": {
            "$setUnion": ["$$value", {"$map": {"input": {"$objectToArray": "$$this"}, "as": "own", "in": "$$own.k"}}]
        },
    }
}
_OF_DOCUMENT = {"$map": {"input": {"$objectToArray": "$services"}, "in": "$$this.k"}}
_SERVICES = {"$cond": [{"$isArray": "$services"}, _OF_LIST, _OF_DOCUMENT]}

# What the server itself keeps among an account's services; most accounts have nothing else there.
_BUILT_IN = "password passwordHistory resume email emailCode email2fa totp cloud".split()


def _has_more_than(names: Iterable[str]) -> Document:
    """Matches accounts with other services too; this is cheaper than listing the services of every account."""
    only_these = {"bsonType": "object", "properties": {name: {} for name in names}, "additionalProperties": False}
    return {"$nor": [{"$jsonSchema": {"properties": {"services": only_these}}}]}


def _users_by_service(sources: Sources, services: Sequence[str]) -> dict[str, int]:
    """The number of active accounts with each of these services."""
    ignored = (name for name in _BUILT_IN if name not in services)
    is_object = {"services": {"$type": "object"}}  # also in a list, which a query looks into
    where = _PERSONS | is_object | _has_more_than(ignored)
    rows = sources.workspace.aggregate(
        Collection.USERS,
        [
            {"$match": where},
            {"$group": {"_id": _SERVICES, "users": {"$sum": 1}}},  # few lists of names are many accounts'
            {"$unwind": "$_id"},
            {"$match": {"_id": {"$in": list(services)}}},
            {"$group": {"_id": "$_id", "users": {"$sum": "$users"}}},
        ],
        hint=NATURAL_ORDER,
    )
    return {row["_id"]: row["users"] for row in rows}


def _provider(settings: Mapping[str, Document], name: str, users: int) -> Document:
    """A custom provider, by its settings."""

    def value(aside: str = "") -> Any:
        return settings.get(f"Accounts_OAuth_Custom-{name}{aside}", {}).get("value", UNDEFINED)

    return {
        "enabled": value(),
        "mergeRoles": value("-merge_roles"),
        "users": users,
        "mapChannels": Only(since("8.0"), value("-map_channels")),
        "rolesToSync": Only(since("8.0"), _is_truthy(value("-roles_to_sync"))),
    }


def _is_truthy(value: Any) -> bool:
    return value is not UNDEFINED and bool(value)
