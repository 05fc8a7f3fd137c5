"""Integrations."""

from typing import Any

from pymongo.database import Database

from collector.sources.collections import Collection
from tests.factories import insert, read

Db = Database[dict[str, Any]]


def test_integrations_are_counted_by_type_and_state(real_database: Db) -> None:
    incoming, outgoing = {"type": "webhook-incoming"}, {"type": "webhook-outgoing"}
    rows = (incoming | {"enabled": True, "scriptEnabled": True}, incoming | {"enabled": 1}, outgoing, {"type": "other"})
    insert(real_database, Collection.INTEGRATIONS, *rows)

    values = read("integrations", real_database)
    assert {key.partition(".")[2]: value for key, value in values.items()} == {
        "totalIntegrations": 4,
        "totalIncoming": 2,
        "totalIncomingActive": 1,
        "totalOutgoing": 1,
        "totalOutgoingActive": 0,
        "totalWithScriptEnabled": 1,
    }
