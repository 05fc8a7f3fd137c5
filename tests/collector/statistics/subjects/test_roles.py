"""Roles."""

from typing import Any

from pymongo.database import Database

from collector.sources.collections import Collection
from tests.factories import insert, read

Db = Database[dict[str, Any]]


def test_a_role_is_custom_if_it_is_not_protected_and_says_so(real_database: Db) -> None:
    roles = ({"scope": "Users", "protected": True}, {"scope": "Users", "protected": False}, {"scope": "Subscriptions"})
    insert(real_database, Collection.ROLES, *roles)

    assert read("roles", real_database) == {"totalSubscriptionRoles": 1, "totalUserRoles": 2, "totalCustomRoles": 1}
