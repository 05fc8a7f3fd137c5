"""Owns who is there in the sample workspace: gives users the states that fit the hour."""

from datetime import datetime
from itertools import islice

from pymongo.database import Database

from collector.demo.sample import accounts
from collector.demo.snapshots.rhythm import Presence
from collector.key_paths import Document
from collector.sources.collections import Collection

_STATES = ("online", "away", "busy")


def follow(database: Database[Document], moment: datetime) -> int:
    """Changes the users' states to those of this moment; how many connections they have."""
    users = database[Collection.USERS]
    presence = Presence.at(moment, users.estimated_document_count())
    people = iter(_people(database))
    there: list[str] = []
    for state in _STATES:
        ids = list(islice(people, getattr(presence, state)))
        users.update_many({"_id": {"$in": ids}, "status": {"$ne": state}}, _state(state))
        there += ids
    users.update_many({"_id": {"$nin": there}, "status": {"$in": _STATES}}, _state("offline"))
    return presence.connections


def _people(database: Database[Document]) -> list[str]:
    """Active users, in an order that stays the same: the known ones first."""
    found = database[Collection.USERS].find({"type": "user", "active": True}, {"_id": 1})
    known = [user["_id"] for user in accounts.FIRST]
    return sorted((row["_id"] for row in found), key=lambda user_id: (user_id not in known, user_id))


def _state(name: str) -> Document:
    return {"$set": {"status": name, "statusConnection": name}}
