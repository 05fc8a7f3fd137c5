"""Login services."""

from typing import Any

from pymongo.database import Database

from collector.sources.collections import Collection
from collector.statistics.releases import Release
from collector.statistics.values import resolved
from tests.factories import insert, read, setting, user

Db = Database[dict[str, Any]]


def test_services_count_active_persons_who_have_them(real_database: Db) -> None:
    insert(
        real_database,
        Collection.USERS,
        user(services={"ldap": {"id": 1}, "google": None, "Company": {}}),
        user(services={"ldap": {}}, roles=["guest"]),
        user(services={"ldap": {}}, type="app"),
        user(services={"ldap": {}}, active=False),
        user(services={"facebook": {}, "github_enterprise": {}}, roles=["guest", "user"]),
        user(services=[{"ldap": {}}]),
        user(services="ldap"),
    )
    custom = "Accounts_OAuth_Custom-Company"
    insert(
        real_database,
        Collection.SETTINGS,
        setting("Accounts_OAuth_Facebook", True),
        setting(custom, True),
        setting(f"{custom}-merge_roles", False),
        setting(f"{custom}-roles_to_sync", "admin"),
    )

    values = read("services", real_database)
    assert (values["services.ldap.users"], values["services.oauth.google.users"]) == (2, 1)
    assert values["services.oauth.githubEnterprise.users"] == values["services.oauth.facebook.users"] == 1
    assert values["services.cas.users"] == 0
    assert values["services.oauth.twitter.users"] == 0
    provider = {"enabled": True, "mergeRoles": False, "users": 1}
    assert resolved(values["services.oauth.custom"], Release(7, 2)) == {"Company": provider}
    newer = provider | {"mapChannels": None, "rolesToSync": True}
    assert resolved(values["services.oauth.custom"], Release(8, 6)) == {"Company": newer}


def test_a_custom_provider_may_have_the_name_of_what_the_server_keeps(real_database: Db) -> None:
    insert(real_database, Collection.USERS, user(services={"password": {}}), user(services={"cloud": {}}))
    insert(real_database, Collection.SETTINGS, setting("Accounts_OAuth_Custom-cloud", True))

    providers = resolved(read("services", real_database)["services.oauth.custom"], Release(8, 6))
    assert providers["cloud"]["users"] == 1


def test_a_provider_that_release_8_removed_is_counted_before_it(real_database: Db) -> None:
    insert(real_database, Collection.USERS, user(services={"tokenpass": {}}))

    assert read("services", real_database, release=Release(7, 13))["services.oauth.tokenpass.users"] == 1
    assert "services.oauth.tokenpass.users" not in read("services", real_database, release=Release(8))
