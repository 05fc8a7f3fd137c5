"""Accounts: who is counted where."""

from typing import Any

import pytest
from pymongo.database import Database

from collector.sources.collections import Collection
from tests.factories import insert, read, user

Db = Database[dict[str, Any]]


@pytest.fixture
def database(real_database: Db) -> Db:
    """The real one only: mongomock refuses comments on counts by metadata."""
    return real_database


def counts(database: Db) -> tuple[int, int]:
    """Active and deactivated accounts."""
    values = read("active", database)
    return values["activeUsers"], values["nonActiveUsers"]


def test_presence_counts_every_status_and_adds_up(database: Db) -> None:
    statuses = ["online", "online", "away", "busy", "offline", "unknown", None]
    insert(database, Collection.USERS, *(user(status=status) for status in statuses))

    assert read("presence", database) == {
        "totalUsers": 7,
        "onlineUsers": 2,
        "awayUsers": 1,
        "busyUsers": 1,
        "offlineUsers": 3,
        "totalConnectedUsers": 3,
    }


def test_presence_goes_by_status_and_not_by_the_older_status_of_the_connection(database: Db) -> None:
    insert(database, Collection.USERS, user(status="away", statusConnection="online"))

    assert read("presence", database)["onlineUsers"] == 0


def test_an_account_without_active_is_neither_active_nor_deactivated(database: Db) -> None:
    nameless = user()
    del nameless["active"]
    insert(database, Collection.USERS, user(), user(active=False), nameless)

    assert counts(database) == (1, 1)


def test_bots_apps_federated_and_remote_accounts_occupy_no_seat(database: Db) -> None:
    seatless = ({"type": "bot"}, {"type": "app"}, {"federated": True}, {"isRemote": True})
    insert(database, Collection.USERS, user(), *(user(**kind) for kind in seatless))

    assert read("active", database)["activeUsers"] == 1


def test_a_guest_is_an_account_with_the_sole_role_guest(database: Db) -> None:
    insert(database, Collection.USERS, user(roles=["guest"]), user(roles=["guest", "user"]), user(roles=["user"]))

    assert read("active", database)["activeUsers"] == 2


def test_an_account_that_is_guest_and_bot_is_subtracted_once(database: Db) -> None:
    insert(database, Collection.USERS, user(), user(roles=["guest"], type="bot", federated=True))

    assert read("active", database)["activeUsers"] == 1


def test_a_deactivated_bot_takes_nothing_off_the_active(database: Db) -> None:
    insert(database, Collection.USERS, user(), user(type="bot", active=False))

    assert counts(database) == (1, 1)


def test_an_account_without_roles_is_counted(database: Db) -> None:
    insert(database, Collection.USERS, user(roles=None), user(roles=[]))

    assert read("active", database)["activeUsers"] == 2


def test_a_workspace_without_users_has_zeros(database: Db) -> None:
    assert counts(database) == (0, 0)
    assert set(read("presence", database).values()) == {0}


def test_guests_and_apps_are_counted_apart(database: Db) -> None:
    guests = (user(roles=["guest"]), user(roles=["guest"], isRemote=True), user(roles=["guest", "user"]))
    insert(database, Collection.USERS, *guests, user(roles=["guest"], active=False), user(type="app", roles=["guest"]))

    values = read("active", database)
    assert (values["activeGuests"], values["appUsers"]) == (1, 1)


def test_languages_are_counted_and_the_rest_are_none(real_database: Db) -> None:
    languages = ("de", "de", "pt-BR", "", None)
    insert(real_database, Collection.USERS, *(user(language=language) for language in languages), user())

    assert read("languages", real_database) == {"userLanguages": {"de": 2, "pt-BR": 1, "none": 3}}


def test_languages_are_in_an_order_that_does_not_depend_on_counts(real_database: Db) -> None:
    insert(real_database, Collection.USERS, *(user(language=language) for language in ("sv", "sv", "pt-BR", "de", "")))

    assert list(read("languages", real_database)["userLanguages"]) == ["de", "none", "pt-BR", "sv"]


def test_second_factors_count_where_the_account_is_active(database: Db) -> None:
    totp, email = {"totp": {"enabled": True}}, {"email2fa": {"enabled": True}}
    accounts = (user(services=totp | email), user(services=totp, active=False), user(services={"totp": {}}))
    insert(database, Collection.USERS, *accounts)

    assert read("second_factor", database) == {"totalUserTOTP": 1, "totalUserEmail2fa": 1}
