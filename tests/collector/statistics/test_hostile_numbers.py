"""No number in a workspace costs a sum, or makes it odd."""

from typing import Any

import pytest
from bson import Decimal128
from pymongo.database import Database

from collector.key_paths import Document, at
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.statistics.releases import Release
from tests.factories import NOW, hours, insert, licensed, read, room
from tests.hostile import counted, failed, snapshot_of

Db = Database[Document]


# What may stand where a number belongs, and what it adds.
NUMBERS: dict[str, tuple[Any, float]] = {
    "the largest of 64 bits": (2**63 - 1, 0),
    "1e300": (1e300, 0),
    "NaN": (float("nan"), 0),
    "Infinity": (float("inf"), 0),
    "-Infinity": (float("-inf"), 0),
    "a Decimal128": (Decimal128("5"), 5),
    "NaN as Decimal128": (Decimal128("NaN"), 0),
    "a large Decimal128": (Decimal128("1E+6000"), 0),
    "a text": ("12", 0),
    "a list": ([3], 0),
    "a document": ({"n": 3}, 0),
    "a flag": (True, 0),
    "a date": (NOW, 0),
    "null": (None, 0),
    "a fraction": (0.5, 0.5),
}
SUMS = {
    "totalChannelMessages": (Collection.ROOMS, "msgs"),
    "uploadsTotalSize": (Collection.UPLOADS, "size"),
    "totalLinkInvitationUses": (Collection.INVITES, "uses"),
    "enterprise.voip.total.callsDuration": (Collection.FREESWITCH_CALLS, "duration"),
    "uniqueUsersOfYesterday.data": (Collection.SESSIONS, "time"),
}


@pytest.mark.parametrize(("odd", "adds"), NUMBERS.values(), ids=NUMBERS)
def test_no_number_costs_a_sum_or_makes_it_odd(real_database: Db, odd: Any, adds: float) -> None:
    peaks = ({"createdAt": NOW, "dailyPeakConnections": peak} for peak in (7, odd))
    insert(real_database, Collection.STATISTICS, *peaks)
    insert(real_database, Collection.ANALYTICS, {"type": "seat-request", "count": odd})
    for of, field in SUMS.values():
        insert(real_database, of, *(counted(value) | {field: value} for value in (odd, odd, 2)))

    values = snapshot_of(real_database, release=Release(7, 10), licence=licensed("livechat-enterprise"))
    assert failed(values) == {}
    found = {key: at(values, key) for key in SUMS}
    assert {key: value[0]["time"] if isinstance(value, list) else value for key, value in found.items()} == (
        dict.fromkeys(SUMS, 2 + 2 * adds)
    )
    assert values["enterprise"]["seatRequests"] == adds
    assert values["maxMonthlyPeakConnections"] == max(7, adds)


def test_a_sum_beyond_64_bits_is_a_double(real_database: Db) -> None:
    insert(real_database, Collection.ROOMS, *(room("cpdl"[n % 4], msgs=2**53 - 1) for n in range(4000)))

    document = snapshot_of(real_database)
    assert failed(document) == {}
    assert document["totalMessages"] == pytest.approx(4000 * 2**53)
    assert document["collector"]["messages"]["counted"] == pytest.approx(4000 * 2**53)


def test_sums_over_the_past_leave_out_odd_numbers_too(real_database: Db) -> None:
    sizes = [value for value, _ in NUMBERS.values()]
    insert(real_database, Collection.UPLOADS, *({"uploadedAt": NOW, "size": size} for size in (*sizes, 2)))
    real_database[Collection.UPLOADS].create_index([("uploadedAt", -1)])

    span = (NOW - hours(1), NOW + hours(1))
    workspace = RocketChat(real_database)
    found = workspace.sums_between(Collection.UPLOADS, "uploadedAt", {"uploadedAt": -1}, span, [1, "$size"])
    assert found == [len(sizes) + 1, 7.5]


@pytest.mark.parametrize(("odd", "users"), [([2024], 1), ([2024, "x"], 1), (2024.0, 2), ("2024", 1)])
def test_a_row_with_a_malformed_year_does_not_affect_other_sessions(real_database: Db, odd: Any, users: int) -> None:
    insert(real_database, Collection.SESSIONS, counted(1) | {"year": odd}, counted(1) | {"userId": "bob"})

    assert read("sessions", real_database)["uniqueUsersOfYesterday"]["data"][0]["count"] == users
