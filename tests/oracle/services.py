"""Recounts who can sign in by which service; whether a service is enabled is copied from its setting."""

import re

from collector.key_paths import Document
from collector.sources.collections import Collection
from tests.oracle.documents import Counts, Stored, has, how_many
from tests.oracle.settings import by_id, is_truthy, value_of
from tests.oracle.users import signs_in

PROVIDERS = {  # as they are called in the statistics: their setting, their key among a user's services
    "github": ("Accounts_OAuth_Github", "github"),
    "githubEnterprise": ("Accounts_OAuth_GitHub_Enterprise", "github_enterprise"),
    "gitlab": ("Accounts_OAuth_Gitlab", "gitlab"),
    "google": ("Accounts_OAuth_Google", "google"),
}
OLDER_PROVIDERS = {
    name: (f"Accounts_OAuth_{name.capitalize()}", name)
    for name in "apple dolphin drupal facebook linkedin meteor nextcloud tokenpass twitter wordpress".split()
}
CUSTOM = re.compile(r"Accounts_OAuth_Custom-([^-]+)")


def recounted(stored: Stored) -> Counts:
    users, rows = stored[Collection.USERS], by_id(stored)
    counts: Counts = {f"services.{name}.users": with_service(users, name) for name in ("ldap", "saml", "cas")}
    older = {name: provider for name, provider in OLDER_PROVIDERS.items() if provider[0] in rows}
    for name, (setting, key) in (PROVIDERS | older).items():
        counts[f"services.oauth.{name}.users"] = with_service(users, key)
        counts |= copied(rows, setting, f"services.oauth.{name}.enabled")
    return counts | {"services.oauth.custom": custom(users, rows)}


def with_service(users: list[Document], name: str) -> int:
    return how_many(users, lambda user: signs_in(user) and has(user, f"services.{name}"))


def copied(rows: dict[str, Document], setting: str, key: str) -> Counts:
    """{key: the setting's value}, {} if it has none."""
    value = value_of(rows, setting)
    return {} if value is None else {key: value}


def custom(users: list[Document], rows: dict[str, Document]) -> dict[str, Counts]:
    """{name: {enabled, mergeRoles, mapChannels, rolesToSync, users}} of the workspace's own providers."""
    found = [match for match in map(CUSTOM.fullmatch, rows) if match]
    return {match[1]: custom_provider(users, rows, match[1], match[0]) for match in found}


def custom_provider(users: list[Document], rows: dict[str, Document], name: str, setting: str) -> Counts:
    return {
        **copied(rows, setting, "enabled"),
        **copied(rows, f"{setting}-merge_roles", "mergeRoles"),
        **copied(rows, f"{setting}-map_channels", "mapChannels"),
        "rolesToSync": is_truthy(value_of(rows, f"{setting}-roles_to_sync")),
        "users": with_service(users, name),
    }
