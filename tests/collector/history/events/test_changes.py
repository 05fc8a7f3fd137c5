"""What changed from one snapshot to the next."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from bson import DatetimeMS, Decimal128

from collector.history.events import Event, Kind
from collector.history.events.changes import changes, considered
from collector.history.events.facts import FACTS, FIELDS
from collector.history.events.instances import FIELDS as ROW
from collector.key_paths import Document, place
from tests.collector.history.events.histories import START, instance, taken
from tests.factories import NOW, hours


def found(*snapshots: Document) -> list[Event]:
    """Each snapshot is a run of its own."""
    return list(changes(considered((one, [one["createdAt"]]) for one in snapshots)))


def told(*snapshots: dict[str, Any]) -> list[tuple[str, str]]:
    return [(event.kind.value, event.text) for event in found(*snapshots)]


def after(**over: Any) -> list[tuple[str, str]]:
    """The events of one snapshot after another that has other values."""
    return told(taken(NOW - hours(1)), taken(NOW, **over))


LIMITS = [{"name": "seats", "allowed": 150}, {"name": "licence", "date": NOW + timedelta(days=300)}]
LONGER = [{"name": "licence", "date": datetime(2030, 1, 2, tzinfo=NOW.tzinfo)}]


@pytest.mark.parametrize(
    ("over", "kind", "text"),
    [
        ({"version": "8.6.1"}, "upgrade", "Rocket.Chat was upgraded from 8.5.0 to 8.6.1"),
        ({"version": "8.4.2"}, "upgrade", "Rocket.Chat was downgraded from 8.5.0 to 8.4.2"),
        ({"migration__version": 304}, "migration", "the database was migrated from version 300 to 304"),
        (
            {"enterprise__modules": ["scalability", "abac"]},
            "licence",
            "the modules of the licence changed: added abac, scalability; removed auditing",
        ),
        ({"collector__limits": LIMITS}, "licence", "the licence allows 150 seats instead of 100"),
        ({"collector__limits": LONGER}, "licence", "the licence ends on 2030-01-02 instead of 2025-01-09"),
        ({"livechatEnabled": False}, "setting", "livechatEnabled changed from true to false"),
        (
            {"collector__timezone": "Europe/Berlin"},
            "setting",
            "collector.timezone changed from UTC to Europe/Berlin",
        ),
        ({"collector__version": "1.1"}, "definition", "rcstats 1.1 replaced 1.0; definitions of statistics may differ"),
        ({"collector__origin__os__source": "host"}, "definition", "the source of os is host instead of instance"),
        ({"collector__instances": [instance(1), instance(2)]}, "instance", "the instance 10.0.0.2:3000 is new"),
        ({"collector__instances": []}, "instance", "the instance 10.0.0.1:3000 is gone"),
        (
            {"collector__instances": [instance(id="other row", pid=7)]},
            "restart",
            "the instance 10.0.0.1:3000 restarted",
        ),
        ({"collector__instances": [instance(registeredAt=NOW)]}, "restart", "the instance 10.0.0.1:3000 restarted"),
    ],
)
def test_each_cause_is_one_event(over: dict[str, Any], kind: str, text: str) -> None:
    assert after(**over) == [(kind, text)]


def test_an_event_happened_between_its_snapshot_and_the_one_before() -> None:
    before = [taken(NOW - hours(age)) for age in (3, 2, 1)]

    assert found(*before, taken(version="8.6.0")) == [
        Event(NOW, NOW - hours(1), Kind.UPGRADE, "Rocket.Chat was upgraded from 8.5.0 to 8.6.0")
    ]


def test_a_release_with_other_definitions_names_the_statistics() -> None:
    ((kind, text),) = told(taken(NOW - hours(1), collector__release="7.10"), taken(collector__release="8.0"))

    assert kind == "definition"
    assert text.startswith("statistics have the definitions of release 8.0: ")
    assert "oplogEnabled" in text


def test_what_a_snapshot_does_not_know_is_compared_with_the_last_one_that_does() -> None:
    unknown = taken(NOW - hours(1))
    for key in ("version", "migration", "enterprise", "livechatEnabled"):
        del unknown[key]
    for key in ("instances", "limits", "origin", "version", "release", "timezone"):
        del unknown["collector"][key]

    (event,) = found(taken(NOW - hours(2)), unknown, taken(version="8.6.0"))
    assert event.since == NOW - hours(2)


def test_imported_and_reconstructed_snapshots_tell_where_they_begin_and_end() -> None:
    kinds = ["imported", "imported", "reconstructed", "collected", "collected"]
    days = [taken(START + timedelta(days=day), collector__kind=kind) for day, kind in enumerate(kinds)]

    assert told(*days) == [
        ("import", "from here on, snapshots are reconstructed; before, they were imported"),
        ("backfill", "from here on, snapshots are collected; before, they were reconstructed"),
    ]


def test_imported_snapshots_among_collected_ones_tell_nothing() -> None:
    """The server's document of each day, where rcstats took its own every twelve hours."""
    kinds = ["collected", "imported", "collected"] * 5

    assert told(*[taken(START + hours(12 * n), collector__kind=kind) for n, kind in enumerate(kinds)]) == []


def test_snapshots_that_were_made_by_another_version_do_not_redefine_anything() -> None:
    made = taken(NOW - hours(1), collector__kind="imported", collector__version="0.1", collector__release="7.0")

    assert {kind for kind, _ in told(made, taken())} == {"import"}


def test_instances_under_one_name_are_counted() -> None:
    pods = [instance(n, host="localhost") for n in range(3)]
    others = [instance(n, host="localhost") for n in range(10, 12)]

    assert told(taken(NOW - hours(1), collector__instances=pods), taken(collector__instances=others)) == [
        ("restart", "the instance localhost:3000 restarted (2 of that name)"),
        ("instance", "the instance localhost:3000 is gone"),
    ]


def test_an_instance_without_an_id_is_known_by_host_port_and_pid() -> None:
    old, new = ({key: value for key, value in instance(pid=pid).items() if key != "id"} for pid in (1, 2))
    before = taken(NOW - hours(1), collector__instances=[old])

    assert told(before, taken(collector__instances=[old])) == []
    assert told(before, taken(collector__instances=[new])) == [("restart", "the instance 10.0.0.1:3000 restarted")]


ODD: list[Any] = [None, 1, -1.5, float("nan"), 2**70, [], {}, [None], [[1]], {"a": 1}, Decimal128("1"), b"x", NOW]
WHOLES = ("migration", "enterprise", *(f"collector.{name}" for name in ("origin", "origin.os", "limits", "instances")))
ROWS = [("limits", name) for name in ("name", "allowed", "date")] + [("instances", name) for name in ROW]


def odd(value: Any) -> Iterator[Document]:
    """Snapshots with the value at one of the places that events are made of."""
    plain = [path for path in FIELDS if not path.startswith(("_id", "createdAt", "collector.limits", "collector.inst"))]
    for path in (*plain, *WHOLES):
        one = taken()
        place(one, path, value)
        yield one
    for name, key in ROWS:
        (*_, row) = taken()["collector"][name]
        one = taken()
        one["collector"][name] = [row | {key: value}, value]
        yield one


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_an_odd_value_costs_nothing_but_itself(value: Any) -> None:
    for number, strange in enumerate(odd(value)):
        strange["createdAt"] = NOW - hours(1)
        events = told(taken(NOW - hours(2), version="8.4.0"), strange, taken())
        assert ("upgrade", "Rocket.Chat was upgraded from 8.4.0 to 8.5.0") in events, number


def test_nan_that_stays_nan_is_no_change() -> None:
    strange = [taken(NOW - hours(n), migration__version=float("nan")) for n in (2, 1)]

    assert told(*strange) == []


@pytest.mark.parametrize(
    "over",
    [
        {"createdAt": None},
        {"createdAt": [NOW]},
        {"createdAt": "yesterday"},
        {"createdAt": DatetimeMS(10**15)},
        {"createdAt": datetime(1, 1, 1, tzinfo=NOW.tzinfo)},
        {"collector": ["workspace"]},
        {"collector": None},
    ],
)
def test_a_strangers_document_is_passed_over(over: dict[str, Any]) -> None:
    stranger = taken(NOW - hours(1), version="1.0") | over

    assert told(taken(NOW - hours(2)), stranger, taken()) == []


def test_hostile_texts_are_brief_and_plain() -> None:
    hostile = "\x1b[31m\u202e\n" + "x" * 10_000
    events = after(
        version=hostile, fileStoreType=hostile, enterprise__modules=[hostile] * 2 + list(map(str, range(99)))
    )
    events += after(collector__instances=[instance(2, host=hostile, port=hostile, kind=hostile)])

    assert [kind for kind, _ in events] == ["upgrade", "licence", "setting", "instance", "instance"]
    for _, text in events:
        assert text.isprintable()
        assert len(text) < 1000


def test_the_projection_has_every_field_that_a_fact_reads() -> None:
    whole = taken(abacEnabled=True, collector__scheduleTimezone="UTC")
    shown = {key: whole[key] for key in whole if any(path.split(".")[0] == key for path in FIELDS)}

    assert [fact.read(shown) for fact in FACTS] == [fact.read(whole) for fact in FACTS]
