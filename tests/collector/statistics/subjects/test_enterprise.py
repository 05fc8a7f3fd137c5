"""What a licence decides."""

from datetime import timedelta
from typing import Any

from pymongo.database import Database

from collector.sources.collections import Collection
from collector.statistics.reading import Absent
from tests.factories import NOW, insert, licensed, read, room

Db = Database[dict[str, Any]]


def test_figures_of_a_module_are_absent_without_its_licence(real_database: Db) -> None:
    licensed(real_database, "auditing")

    values = read("omnichannel_licensed", real_database)
    assert set(values.values()) == {Absent("the licence does not include livechat-enterprise")}
    assert read("licence", real_database) == {"enterprise.modules": ["auditing"], "enterprise.tags": ["x"]}


def test_figures_of_licensed_modules_are_absent_if_the_licence_is_unknown(real_database: Db) -> None:
    assert set(read("abac", real_database).values()) == {Absent("the server has not stored its licence")}


def test_figures_of_licensed_omnichannel(real_database: Db) -> None:
    licensed(real_database, "livechat-enterprise")
    insert(real_database, Collection.DEPARTMENTS, {"type": "u"}, {})
    insert(real_database, Collection.LIVECHAT_TAGS, {})
    rooms = (room("l", priorityId="p", pdfTranscriptRequested=True), room("l", slaId="s", pdfTranscriptFileId="f"))
    insert(real_database, Collection.ROOMS, *rooms)

    values = read("omnichannel_licensed", real_database)
    assert {key.partition(".")[2]: value for key, value in values.items()} == {
        "livechatTags": 1,
        "cannedResponses": 0,
        "slas": 0,
        "businessUnits": 1,
        "livechatMonitors": 0,
        "omnichannelRoomsWithPriorities": 1,
        "omnichannelRoomsWithSlas": 1,
        "omnichannelPdfTranscriptRequested": 1,
        "omnichannelPdfTranscriptSucceeded": 1,
    }


def test_calls_are_counted_by_period_direction_and_success(real_database: Db) -> None:
    licensed(real_database, "livechat-enterprise")
    calls = (("internal", 5, 0.5), ("external_inbound", 4, 3), ("external_outbound", None, 20), ("internal", 100, 60))
    for direction, duration, days in calls:
        row = {"direction": direction, "startedAt": NOW - timedelta(days=days)}
        insert(real_database, Collection.FREESWITCH_CALLS, row | ({"duration": duration} if duration else {}))

    values = read("freeswitch_calls", real_database)
    assert values["enterprise.voip.lastWeek"] == {
        "internalCalls": 1,
        "externalInboundCalls": 1,
        "externalOutboundCalls": 0,
        "callsDuration": 9,
        "externalCalls": 1,
        "successfulCalls": 1,
        "failedCalls": 1,
        "calls": 2,
    }
    assert [values[f"enterprise.voip.{p}"]["calls"] for p in ("total", "lastMonth", "lastWeek", "lastDay")] == [
        4,
        3,
        2,
        1,
    ]


def test_seat_requests_are_found_with_and_without_a_date(real_database: Db) -> None:
    assert read("seat_requests", real_database) == {"enterprise.seatRequests": 0}

    insert(real_database, Collection.ANALYTICS, {"type": "seat-request", "count": 3, "date": 20240315})
    assert read("seat_requests", real_database) == {"enterprise.seatRequests": 3}


def test_abac_counts_values_and_rooms(real_database: Db) -> None:
    licensed(real_database, "abac")
    insert(real_database, Collection.ABAC_ATTRIBUTES, {"values": ["a", "b"]}, {"values": []}, {})
    insert(real_database, Collection.ROOMS, room(abacAttributes=[{"key": "k"}]), room(abacAttributes=[]), room())

    assert list(read("abac", real_database).values()) == [3, 2, 1]
