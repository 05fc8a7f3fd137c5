"""What a licence decides."""

from datetime import timedelta
from typing import Any

from pymongo.database import Database

from collector.sources.collections import Collection
from collector.statistics.releases import Release
from collector.statistics.values import Absent
from tests.factories import NOW, insert, licensed, read, room, setting

Db = Database[dict[str, Any]]

OMNICHANNEL = licensed("livechat-enterprise")
BEFORE_8 = Release(7, 10)


def test_figures_of_a_module_are_absent_without_its_licence(real_database: Db) -> None:
    values = read("omnichannel_licensed", real_database, licence=licensed("auditing"))
    assert set(values.values()) == {Absent("the licence does not include livechat-enterprise")}


def test_modules_and_tags_are_those_of_the_servers_newest_document(real_database: Db) -> None:
    licence = {"modules": ["auditing"], "tags": ["x"]}
    insert(real_database, Collection.STATISTICS, {"createdAt": NOW, "enterprise": licence})

    assert read("licence", real_database) == {"enterprise.modules": ["auditing"], "enterprise.tags": ["x"]}


def test_figures_of_licensed_modules_are_absent_if_the_licence_is_unknown(real_database: Db) -> None:
    assert set(read("abac", real_database).values()) == {Absent("the server has not stored its licence")}


def test_figures_of_licensed_omnichannel(real_database: Db) -> None:
    insert(real_database, Collection.DEPARTMENTS, {"type": "u"}, {})
    insert(real_database, Collection.LIVECHAT_TAGS, {})
    rooms = (room("l", priorityId="p", pdfTranscriptRequested=True), room("l", slaId="s", pdfTranscriptFileId="f"))
    insert(real_database, Collection.ROOMS, *rooms)

    values = read("omnichannel_licensed", real_database, release=BEFORE_8, licence=OMNICHANNEL)
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
    calls = (("internal", 5, 0.5), ("external_inbound", 4, 3), ("external_outbound", None, 20), ("internal", 100, 60))
    for direction, duration, days in calls:
        row = {"direction": direction, "startedAt": NOW - timedelta(days=days)}
        insert(real_database, Collection.FREESWITCH_CALLS, row | ({"duration": duration} if duration else {}))

    values = read("freeswitch_calls", real_database, release=BEFORE_8, licence=OMNICHANNEL)
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


def test_only_a_duration_of_a_number_is_a_success_and_only_without_one_a_call_failed(real_database: Db) -> None:
    assert "callsDuration" not in calls_of(real_database)

    rows: tuple[dict[str, Any], ...] = ({"duration": 5}, {"duration": 4.9}, {"duration": None}, {"duration": "9"}, {})
    insert(real_database, Collection.FREESWITCH_CALLS, *({"direction": "internal"} | row for row in rows))
    found = calls_of(real_database)
    assert (found["internalCalls"], found["successfulCalls"], found["failedCalls"], found["calls"]) == (5, 1, 2, 3)


def calls_of(database: Db) -> dict[str, Any]:
    """All calls that a workspace has had."""
    found = read("freeswitch_calls", database, release=BEFORE_8, licence=OMNICHANNEL)["enterprise.voip.total"]
    assert isinstance(found, dict)
    return found


def test_seat_requests_are_found_with_and_without_a_date(real_database: Db) -> None:
    assert read("seat_requests", real_database) == {"enterprise.seatRequests": 0}

    insert(real_database, Collection.ANALYTICS, {"type": "seat-request", "count": 3, "date": 20240315})
    assert read("seat_requests", real_database) == {"enterprise.seatRequests": 3}


def test_abac_counts_values_and_rooms_that_are_not_archived(real_database: Db) -> None:
    insert(real_database, Collection.ABAC_ATTRIBUTES, {"values": ["a", "b"]}, {"values": []}, {})
    rooms = (room(abacAttributes=[{"key": "k"}]), room(abacAttributes=[]), room(abacAttributes=[], archived=True))
    insert(real_database, Collection.ROOMS, *rooms, room())

    insert(real_database, Collection.SETTINGS, setting("ABAC_Enabled", True))

    assert list(read("abac", real_database, licence=licensed("abac")).values()) == [True, 3, 2, 2]
