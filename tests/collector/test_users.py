"""Accounts: who is counted where."""

from typing import Any

from pymongo.database import Database

from collector.sources.rocketchat import Collection
from tests.factories import insert, read, user

Db = Database[dict[str, Any]]


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

    assert read("active", database) == {"activeUsers": 1, "nonActiveUsers": 1}


def test_bots_apps_federated_and_remote_accounts_are_nobodys_seat(database: Db) -> None:
    seatless = ({"type": "bot"}, {"type": "app"}, {"federated": True}, {"isRemote": True})
    insert(database, Collection.USERS, user(), *(user(**kind) for kind in seatless))

    assert read("active", database)["activeUsers"] == 1


def test_only_whose_sole_role_is_guest_is_a_guest(database: Db) -> None:
    insert(database, Collection.USERS, user(roles=["guest"]), user(roles=["guest", "user"]), user(roles=["user"]))

    assert read("active", database)["activeUsers"] == 2


def test_who_is_guest_and_bot_at_once_is_taken_off_once(database: Db) -> None:
    insert(database, Collection.USERS, user(), user(roles=["guest"], type="bot", federated=True))

    assert read("active", database)["activeUsers"] == 1


def test_a_deactivated_bot_takes_nothing_off_the_active(database: Db) -> None:
    insert(database, Collection.USERS, user(), user(type="bot", active=False))

    assert read("active", database) == {"activeUsers": 1, "nonActiveUsers": 1}


def test_an_account_without_roles_is_counted(database: Db) -> None:
    insert(database, Collection.USERS, user(roles=None), user(roles=[]))

    assert read("active", database)["activeUsers"] == 2


def test_a_workspace_without_users_has_zeros(database: Db) -> None:
    assert read("active", database) == {"activeUsers": 0, "nonActiveUsers": 0}
    assert set(read("presence", database).values()) == {0}
