"""Invitations by link."""

from typing import Any

from pymongo.database import Database

from collector.sources.collections import Collection
from tests.factories import insert, read

Db = Database[dict[str, Any]]


def test_invitations_add_up_their_uses(real_database: Db) -> None:
    insert(real_database, Collection.INVITES, {"uses": 3}, {"uses": 0}, {}, {"uses": "many"})

    assert read("invites", real_database) == {"totalLinkInvitation": 4, "totalLinkInvitationUses": 3}
