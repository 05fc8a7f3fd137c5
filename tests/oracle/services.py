"""Recounts who can sign in by which service; whether a service is enabled is copied from its setting."""

import re
from typing import Any

from collector.key_paths import Document
from collector.sources.collections import Collection
from collector.statistics.releases import NULLS, Release
from tests.oracle.documents import UNDEFINED, Counts, Stored, has, how_many, is_truthy
from tests.oracle.licence import settings, value_of
from tests.oracle.settings import copy
from tests.oracle.users import signs_in

PROVIDERS = {  # as they are called in the statistics: their setting, their key among a user's services
    "github": ("Accounts_OAuth_Github", "github"),
    "githubEnterprise": ("Accounts_OAuth_GitHub_Enterprise", "github_enterprise"),
    **{
        name: (f"Accounts_OAuth_{name.capitalize()}", name)
        for name in (
            "gitlab google apple dolphin drupal facebook linkedin meteor nextcloud tokenpass twitter wordpress".split()
        )
    },
}
CUSTOM = re.compile(r"Accounts_OAuth_Custom-([^-]+)")


def recounted(stored: Stored, release: Release) -> Counts:
    users, rows = stored[Collection.USERS], settings(stored)
    counts: Counts = {f"services.{name}.users": with_service(users, name) for name in ("ldap", "saml", "cas")}
    for name, (setting, key) in PROVIDERS.items():
        counts[f"services.oauth.{name}.users"] = with_service(users, key)
        counts[f"services.oauth.{name}.enabled"] = copy(value_of(rows, setting))
    return counts | {"services.oauth.custom": custom(users, rows, release)}


def with_service(users: list[Document], name: str) -> int:
    return how_many(users, lambda user: signs_in(user) and has(user, f"services.{name}"))


def custom(users: list[Document], rows: dict[str, Document], release: Release) -> dict[str, Counts]:
    """Ours, by name: {enabled, mergeRoles, users}, and mapChannels and rolesToSync since 8.0."""
    found = [match for match in map(CUSTOM.fullmatch, rows) if match]
    return {match[1]: custom_provider(users, rows, match, release) for match in found}


def custom_provider(users: list[Document], rows: dict[str, Document], match: re.Match[str], release: Release) -> Counts:
    setting, name = match[0], match[1]
    values = {"enabled": value_of(rows, setting), "mergeRoles": value_of(rows, f"{setting}-merge_roles")}
    if release >= Release(8):
        values["mapChannels"] = value_of(rows, f"{setting}-map_channels")
        values["rolesToSync"] = is_truthy(value_of(rows, f"{setting}-roles_to_sync"))
    return {**defined(values, release), "users": with_service(users, name)}


def defined(values: dict[str, Any], release: Release) -> Counts:
    """Undefined values are null since 7.4, and left out before."""
    filled = {key: None if value is UNDEFINED else value for key, value in values.items()}
    return filled if release >= NULLS else {key: value for key, value in filled.items() if value is not None}
