"""Odd data of every kind, put into a random workspace where a plain value belongs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

import bson
from bson import Decimal128, Int64
from bson.raw_bson import RawBSONDocument

from collector.key_paths import Document
from collector.sources.collections import Collection
from tests.oracle.randomness import MISSING

BROKEN = "BR0KEN"
"""Is written as bytes that are not UTF-8."""


def deep(levels: int = 60) -> Any:
    value: Any = "deep"
    for _ in range(levels):
        value = {"a": value}
    return value


TEXTS: tuple[Any, ...] = ("12", "", BROKEN, f"a {BROKEN}")
NUMBERS: tuple[Any, ...] = (0.5, -1, 7.0, 1e300, 2**62, Int64(2**63 - 1), Decimal128("5"), Decimal128("NaN"))
NO_NUMBERS: tuple[Any, ...] = (float("nan"), float("inf"), float("-inf"), None, True, datetime(2024, 1, 1, tzinfo=UTC))
DOCUMENTS: tuple[Any, ...] = ({"a.b": 1}, {"$where": "x"}, {}, deep())
LISTS: tuple[Any, ...] = ([], ["a", "b"], [3], [[1]])
SCALARS: tuple[Any, ...] = (*TEXTS, *NUMBERS, *NO_NUMBERS)
ANYTHING: tuple[Any, ...] = (*SCALARS, *DOCUMENTS, *LISTS)
NO_DATES: tuple[Any, ...] = ("today", BROKEN, 1_700_000_000_000, 1.7e12, Decimal128("1700000000000"), None, MISSING)

# By collection and field, what may stand there; a list is matched by its elements only where the server counts it so.
ODD: Mapping[Collection, Mapping[str, Sequence[Any]]] = {
    Collection.USERS: {
        "status": (["online"], ["away", "busy"], *ANYTHING),
        "language": (["de", "en"], "none", "de.x", *ANYTHING),
        "lastLogin": NO_DATES,
        "services": ([{"ldap": {}}], [{"github": None}, {"saml": 1}], {"ldap.x": 1, "a.b": {}}, *TEXTS, None, deep()),
        "roles": (*TEXTS, [BROKEN], None, deep()),
        "type": (*TEXTS, *NUMBERS, None, {"a.b": 1}),
        "active": (*TEXTS, 1, 1.0, Decimal128("1"), None),
        "federated": (*TEXTS, 1, None),
    },
    Collection.ROOMS: {
        "msgs": ANYTHING,
        "usersCount": (MISSING, 0.5, 1_000_000.5),
        "fname": ("", BROKEN, None, MISSING),
        "source": (None, "widget", 7, {"type": BROKEN}, {"type": "widget", "label": deep()}, {"type": "app", "a.b": 1}),
        "v": (None, "v1", {}, {"activity": None}, {"a.b": 1}),
        "ts": NO_DATES,
        "departmentId": ANYTHING,
        "priorityId": ANYTHING,
        "abacAttributes": ANYTHING,
        "teamMain": (*SCALARS, *DOCUMENTS),
        "broadcast": (*SCALARS, *DOCUMENTS),
    },
    Collection.MESSAGES: {
        "ts": NO_DATES,
        "tcount": (*SCALARS, *DOCUMENTS),
        "pinned": (*TEXTS, *NUMBERS, None, *DOCUMENTS),
        "starred": (*TEXTS, *NUMBERS, None, deep(), [None], ["a"]),
        "_hidden": (*TEXTS, 1, None),
        "t": (*TEXTS, *NUMBERS, None, {"a.b": 1}),
    },
    Collection.SUBSCRIPTIONS: {"ls": NO_DATES},
    Collection.UPLOADS: {"size": ANYTHING},
    Collection.INVITES: {"uses": ANYTHING},
    Collection.SESSIONS: {
        "sessions": ANYTHING,
        "time": ANYTHING,
        "mostImportantRole": (None, MISSING, BROKEN, ""),
        "userId": (None, MISSING),
        "devices": (
            {"sessions": 1, "time": 5, "device": {"type": "browser"}},
            "browser",
            None,
            ["a"],
            [None],
            [deep()],
        ),
        "year": ("2024", None, {"a.b": 1}),
    },
    Collection.VIDEO_CONFERENCES: {
        "type": (["direct"], ["livechat", "videoconference"], *SCALARS, *DOCUMENTS),
        "status": ([3], [0, 1], 3.0, Int64(1), Decimal128("3"), *SCALARS, *DOCUMENTS),
    },
    Collection.ROLES: {
        "scope": (["Users"], ["Users", "Subscriptions"], *SCALARS, *DOCUMENTS),
        "protected": ([False], [True, False], *SCALARS, *DOCUMENTS),
    },
    Collection.CONTACTS: {
        "channels": ({"blocked": True}, {"verified": True}, ["a"], [None], *SCALARS, deep()),
        "conflictingFields": ANYTHING,
        "unknown": (*TEXTS, *NUMBERS, None),
    },
    Collection.DEPARTMENTS: {"archived": (*SCALARS, *DOCUMENTS), "type": (*SCALARS, *DOCUMENTS)},
    Collection.CUSTOM_FIELDS: {"public": (*SCALARS, *DOCUMENTS)},
    Collection.INTEGRATIONS: {"type": (*SCALARS, *DOCUMENTS), "enabled": (*SCALARS, *DOCUMENTS)},
    Collection.APPS: {"status": (*SCALARS, *DOCUMENTS), "installationSource": (*SCALARS, *DOCUMENTS)},
    Collection.FREESWITCH_CALLS: {"duration": (*SCALARS, *DOCUMENTS), "startedAt": NO_DATES, "direction": TEXTS},
    Collection.ABAC_ATTRIBUTES: {"values": ANYTHING},
    Collection.SETTINGS: {"value": ANYTHING},
}
SHARE = 0.25
"""Of the fields that can be odd."""


def spoil(random: Random, workspace: dict[Collection, list[Document]]) -> None:
    """Makes some fields of some documents odd."""
    for collection, fields in ODD.items():
        for document in workspace.get(collection, []):
            for field, values in fields.items():
                if random.random() < SHARE and may_be_odd(collection, document):
                    put(document, field, random.choice(values))
    only_one_is_without_size(workspace.get(Collection.ROOMS, []))


def may_be_odd(collection: Collection, document: Document) -> bool:
    """The providers that the workspace added are compared by their names, entry by entry: they stay plain."""
    return collection != Collection.SETTINGS or "OAuth_Custom" not in document["_id"]


def put(document: Document, field: str, value: Any) -> None:
    if value is MISSING:
        document.pop(field, None)
    else:
        document[field] = value


def only_one_is_without_size(rooms: Iterable[Document]) -> None:
    """Of rooms of the same size the server takes any."""
    sizes: list[float | None] = []
    for place, room in enumerate(rooms):
        if room.get("usersCount") in sizes or ("usersCount" not in room and None in sizes):
            room["usersCount"] = 1000 + place
        sizes.append(room.get("usersCount"))


def stored(document: Document) -> Any:
    """The document as it is written: a copy, with broken texts where it says so."""
    raw = bson.encode(document)
    return RawBSONDocument(raw.replace(BROKEN.encode(), b"\xff" * len(BROKEN)))
