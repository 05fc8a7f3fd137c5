"""Readings run under their limits, and laid out as one document."""

import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import mongomock
import pytest
from pymongo.database import Database

from collector import __version__
from collector.errors import AbandonedError, DatabaseError, UnreachableError
from collector.key_paths import place
from collector.meteor_id import new_id
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.statistics.reading import Cost, Reading, Statistic, Unit
from collector.statistics.releases import ALL, NEWEST, NULLS, Release, Span, before, since
from collector.statistics.reuse import Reuse
from collector.statistics.snapshot import RELEASE_UNKNOWN, Outcome, SnapshotContext, now, take
from collector.statistics.values import UNDEFINED, Absent, Noted, Values
from tests.factories import NOW, some_reading

Db = Database[dict[str, Any]]
ABOUT = SnapshotContext(workspace="w", timezone="Europe/Berlin", slot=NOW, release=Release(8, 6))

SLOW = "function() { sleep(5000); return true; }"


def nowhere() -> Sources:
    return Sources(RocketChat(mongomock.MongoClient()["test"]))


def fails(_: Sources) -> Values:
    raise RuntimeError("secret text of a library")


def gives(**values: Any) -> Reading:
    return some_reading(lambda _: values, *values, name="_".join(values))


def test_a_failed_reading_leaves_its_statistics_out_and_costs_only_itself() -> None:
    broken = some_reading(fails, "a", "b.c", name="broken")

    document = take([broken, gives(fine=1)], nowhere(), ABOUT)

    assert document["fine"] == 1
    assert "a" not in document
    assert "b" not in document
    own = document["collector"]
    assert own["readings"]["fine"]["ok"] is True
    assert own["readings"]["broken"]["ok"] is False
    reason = "the reading broken failed: unexpected RuntimeError"
    assert own["unavailable"] == {"a": reason, "b": {"c": reason}}


def test_the_text_of_an_error_stays_out_of_the_document() -> None:
    document = take([some_reading(fails, "a")], nowhere(), ABOUT)

    assert "secret" not in str(document)


def test_our_text_of_a_database_error_is_in_the_record() -> None:
    def unreachable(_: Sources) -> Values:
        raise DatabaseError("the workspace's MongoDB can't be reached")

    document = take([some_reading(unreachable, "a", name="r")], nowhere(), ABOUT)

    assert document["collector"]["readings"]["r"]["error"] == "the workspace's MongoDB can't be reached"


def test_a_workspace_that_becomes_unreachable_costs_the_whole_snapshot() -> None:
    def gone(_: Sources) -> Values:
        raise UnreachableError("the workspace's MongoDB can't be reached")

    with pytest.raises(UnreachableError):
        take([gives(a=1), some_reading(gone, "b"), gives(c=1)], nowhere(), ABOUT)


def test_a_snapshot_can_be_aborted() -> None:
    asked: list[int] = []

    def ask(_: Sources) -> Values:
        asked.append(1)
        return {"a": 1}

    readings = [some_reading(ask, "a", name=str(n)) for n in range(20)]
    with pytest.raises(AbandonedError):
        take(readings, nowhere(), ABOUT, abandoned=lambda: len(asked) >= 3)
    assert len(asked) <= 4


def test_zero_empty_and_absent_values_are_reused_unchanged() -> None:
    values = {"zero": 0, "off": False, "empty": [], "gone": Absent("there is none")}
    settled = some_reading(lambda _: values, *values, name="settled", unchanged_while=lambda _: {"day": 1})

    first = take([settled], nowhere(), ABOUT)
    second = take([settled], nowhere(), ABOUT, reuse=Reuse(first))

    assert second["collector"]["readings"]["settled"]["carried"] is True
    assert [second[key] for key in ("zero", "off", "empty")] == [0, False, []]
    assert second["collector"]["unavailable"] == {"gone": "there is none"}


def settled(**values: Any) -> Reading:
    """A reading whose values depend on a day, and on nothing else."""
    return some_reading(lambda _: values, *values, name="settled", unchanged_while=lambda _: {"day": 1})


def test_a_note_is_reused_with_its_value() -> None:
    reading = settled(a=Noted([1], "only 1 entry is listed"), b=2)

    first = take([reading], nowhere(), ABOUT)
    second = take([reading], nowhere(), ABOUT, reuse=Reuse(first))

    assert second["collector"]["readings"]["settled"]["carried"] is True
    assert [(one["a"], one["collector"]["notes"]) for one in (first, second)] == [
        ([1], {"a": "only 1 entry is listed"})
    ] * 2


FOREIGN: dict[str, Any] = {
    "no account": {"a": 1},
    "an account that is a list": {"a": 1, "collector": [{"version": __version__}]},
    "readings that are a text": {"a": 1, "collector": {"version": __version__, "readings": "x"}},
    "records that are a text": {"a": 1, "collector": {"version": __version__, "readings": {"settled": "x"}}},
}


@pytest.mark.parametrize("previous", FOREIGN.values(), ids=FOREIGN)
def test_no_values_of_a_foreign_document_are_reused(previous: dict[str, Any]) -> None:
    document = take([settled(a=5)], nowhere(), ABOUT, reuse=Reuse(previous))

    assert (document["a"], document["collector"]["readings"]["settled"]["ok"]) == (5, True)


def test_reused_values_have_the_same_limits() -> None:
    first = take([settled(a=1, b=2)], nowhere(), ABOUT)
    second = take([settled(a=1, b=2)], nowhere(), ABOUT, reuse=Reuse(first | {"a": "x" * 100_000}))

    assert ("a" in second, second["b"]) == (False, 2)
    assert second["collector"]["readings"]["settled"]["ok"] is False


@pytest.mark.parametrize("key", [{"day": "x" * 9_000_000}, {"day": {"a\0b": 1}}, {"day": 2**70}])
def test_a_reading_whose_inputs_cannot_be_stored_is_read_each_time(key: dict[str, Any]) -> None:
    reading = some_reading(lambda _: {"a": 1}, "a", name="settled", unchanged_while=lambda _: key)

    first = take([reading], nowhere(), ABOUT)
    second = take([reading], nowhere(), ABOUT, reuse=Reuse(first))

    assert second["a"] == 1
    assert second["collector"]["readings"]["settled"].keys() == {"ok", "seconds"}


REFUSED: dict[str, tuple[Any, str]] = {
    "a key with NUL": ({"a\0b": 1}, "cannot be stored"),
    "half of a surrogate pair": ("\ud800", "cannot be stored"),
    "an object": ([object()], "cannot be stored"),
    "too large": ("x" * 100_000, "takes 100012 bytes; the limit for all values of its reading is 65536"),
}


@pytest.mark.parametrize(("value", "why"), REFUSED.values(), ids=REFUSED)
def test_a_value_that_cannot_be_stored_is_an_error_and_costs_only_itself(
    value: Any, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    values = {"bad": value, "good": 1}
    document = take([some_reading(lambda _: values, *values, name="mixed"), gives(other=2)], nowhere(), ABOUT)

    own = document["collector"]
    assert (document["good"], document["other"], "bad" in document) == (1, 2, False)
    assert own["unavailable"] == {"bad": f"the value {why}"}
    assert (own["readings"]["mixed"]["ok"], own["readings"]["mixed"]["error"]) == (False, f"bad {why}")
    assert own["readings"]["other"]["ok"] is True
    assert caplog.messages == [f"value refused reading=mixed reason='bad {why}'"]


def test_the_largest_of_values_that_are_too_large_together_are_dropped() -> None:
    values = {f"v{n}": "x" * n * 10_000 for n in (1, 4, 2, 3)}

    document = take([some_reading(lambda _: values, *values)], nowhere(), ABOUT)
    assert [key for key in values if key in document] == ["v1", "v2", "v3"]


def test_numbers_that_bson_and_json_do_not_have_are_replaced_or_absent() -> None:
    inside = {"nan": float("nan"), "large": [2**63, -(2**63)], "plain": 1.5}
    document = take([gives(nan=float("inf"), large=-(2**64), inside=inside)], nowhere(), ABOUT)

    assert document["large"] == -(2.0**64)
    assert document["inside"] == {"nan": None, "large": [2.0**63, -(2**63)], "plain": 1.5}
    assert isinstance(document["inside"]["large"][0], float)
    assert document["collector"]["unavailable"] == {"nan": "the value is not a finite number"}
    assert document["collector"]["readings"]["nan_large_inside"]["ok"] is True


def test_an_absent_value_is_not_a_failure() -> None:
    document = take([gives(here=1, gone=Absent("there is none"))], nowhere(), ABOUT)

    assert document["here"] == 1
    assert "gone" not in document
    assert document["collector"]["unavailable"] == {"gone": "there is none"}
    assert document["collector"]["readings"]["here_gone"]["ok"] is True


def test_a_reading_that_does_not_yield_what_it_declares_fails() -> None:
    forgets = some_reading(lambda _: {"a": 1}, "a", "b", name="forgets")
    adds = some_reading(lambda _: {"c": 1, "d": 2}, "c", name="adds")

    records = take([forgets, adds], nowhere(), ABOUT)["collector"]["readings"]

    assert [records[name]["ok"] for name in ("forgets", "adds")] == [False, False]


def test_values_are_in_the_order_of_the_readings() -> None:
    def slow(_: Sources) -> Values:
        time.sleep(0.2)
        return {"first": 1}

    document = take([some_reading(slow, "first", name="slow"), gives(second=2), gives(third=3)], nowhere(), ABOUT)

    assert list(document) == ["_id", "first", "second", "third", "createdAt", "_updatedAt", "collector"]


def test_key_paths_become_documents() -> None:
    document: dict[str, Any] = {}
    place(document, "os.cpus", [])
    place(document, "os.type", "Linux")

    assert document == {"os": {"cpus": [], "type": "Linux"}}


def test_a_key_below_collector_is_part_of_the_metadata() -> None:
    reading = some_reading(lambda _: {"collector.process": "server"}, "collector.process")

    own = take([reading], nowhere(), ABOUT)["collector"]

    assert own["process"] == "server"
    assert own["workspace"] == "w"


def test_a_snapshot_has_its_provenance() -> None:
    before = now()
    document = take([], nowhere(), ABOUT)
    own = document["collector"]

    assert own["version"] == __version__
    assert (own["workspace"], own["kind"]) == ("w", "collected")
    assert (own["slot"], own["timezone"]) == (NOW, "Europe/Berlin")
    assert before <= own["startedAt"] <= own["finishedAt"] <= now()
    assert document["createdAt"] == document["_updatedAt"] == own["finishedAt"]


def test_a_snapshot_names_the_release_whose_definitions_it_has() -> None:
    own = take([gives(a=1)], nowhere(), ABOUT)["collector"]

    assert own["release"] == "8.6"
    assert "notes" not in own


def test_the_definitions_of_an_unknown_release_are_those_of_the_newest() -> None:
    newest, earlier = (defined(span, "a") for span in (since(str(NEWEST)), before(str(NEWEST))))
    document = take([earlier, newest], nowhere(), SnapshotContext("w", "UTC"))

    own = document["collector"]
    assert (document["a"], own["release"]) == (str(newest.statistics[0].releases), str(NEWEST))
    assert own["notes"] == {"collector": {"release": RELEASE_UNKNOWN}}


def defined(releases: Span, *keys: str, **over: Any) -> Reading:
    """A reading of a span of releases, whose values are that span's text."""
    statistics = tuple(Statistic(key, "Made up.", Unit.TEXT, releases=releases) for key in keys)
    values = dict.fromkeys(keys, over.pop("value", str(releases)))
    return Reading("defined", statistics, "nowhere", Cost.FREE, lambda _: values, **over)


def test_a_document_has_the_statistics_of_its_release_by_their_definition_there() -> None:
    readings = (defined(before("8.0"), "a", "gone"), defined(since("8.0"), "a"), defined(since("8.7"), "late"))

    assert leaves(readings, Release(7, 10)) == {"a": "before 8.0", "gone": "before 8.0"}
    assert leaves(readings, Release(8, 6)) == {"a": "8.0 and newer"}
    assert leaves(readings, Release(8, 7)) == {"a": "8.0 and newer", "late": "8.7 and newer"}


def leaves(readings: Iterable[Reading], release: Release) -> dict[str, Any]:
    """The statistics of a snapshot of a release."""
    document = take(readings, nowhere(), replace(ABOUT, release=release))
    return {key: value for key, value in document.items() if key not in {"_id", "createdAt", "_updatedAt", "collector"}}


def test_a_reading_of_which_a_release_has_nothing_is_not_run() -> None:
    records = take([defined(before("8.0"), "a")], nowhere(), ABOUT)["collector"]["readings"]

    assert records == {}


def test_an_undefined_value_is_null_from_release_7_4_on_and_before_it_only_its_parents_are_there() -> None:
    undefined = defined(ALL, "plain", "above.below", "deep.er.still", value=UNDEFINED)

    assert leaves([undefined], Release(7, 4)) == {
        "plain": None,
        "above": {"below": None},
        "deep": {"er": {"still": None}},
    }
    assert leaves([undefined], Release(7, 3, 9)) == {"above": {}, "deep": {"er": {}}}


@pytest.mark.parametrize(
    ("release", "shown"),
    [
        (Release(7, 4), [{"id": None, "of": {"id": None}, "null": None}, None]),
        (Release(7, 3), [{"of": {}, "null": None}, None]),
    ],
)
def test_undefined_values_within_a_value_are_null_or_without_a_key_too(release: Release, shown: list[Any]) -> None:
    value = [{"id": UNDEFINED, "of": {"id": UNDEFINED}, "null": None}, UNDEFINED]

    assert leaves([defined(ALL, "a", value=value)], release) == {"a": shown}
    assert leaves([defined(ALL, "a", value=Noted(value, "not all"))], release) == {"a": shown}


def test_an_undefined_value_is_neither_unavailable_nor_a_failure() -> None:
    own = take([defined(ALL, "a", value=UNDEFINED)], nowhere(), ABOUT)["collector"]

    assert (own["unavailable"], own["readings"]["defined"]["ok"]) == ({}, True)


@pytest.mark.parametrize("release", [Release(7, 3), Release(8, 6)])
def test_undefined_values_are_reused_as_such(release: Release) -> None:
    about = replace(ABOUT, release=release)
    reading = defined(ALL, "a", "b.c", value=UNDEFINED, unchanged_while=lambda _: {"day": 1})
    first = take([reading], nowhere(), about)
    second = take([reading], nowhere(), about, reuse=Reuse(first))

    assert second["collector"]["readings"]["defined"]["carried"] is True
    assert [one.get("a", "no key") for one in (first, second)] == [None if release >= NULLS else "no key"] * 2
    assert first["b"] == second["b"]


@pytest.mark.parametrize(("release", "is_reused"), [(Release(8, 6), True), (Release(8, 7), False), (None, False)])
def test_values_are_not_reused_across_a_change_of_release(release: Release | None, *, is_reused: bool) -> None:
    first = take([settled(a=1)], nowhere(), ABOUT)
    second = take([settled(a=1)], nowhere(), replace(ABOUT, release=release), reuse=Reuse(first))

    assert second["collector"]["readings"]["settled"]["carried"] is is_reused


def test_a_snapshot_on_demand_has_no_slot() -> None:
    assert "slot" not in take([], nowhere(), SnapshotContext("w", "UTC"))["collector"]


def test_the_metadata_names_the_site_if_the_workspace_has_several() -> None:
    one, other = (take([], nowhere(), SnapshotContext(key, "UTC"))["collector"] for key in ("w", "w@berlin"))

    assert "site" not in one
    assert (other["workspace"], other["site"]) == ("w@berlin", "berlin")


def test_ids_are_17_unambiguous_characters() -> None:
    ids = {new_id() for _ in range(500)}

    assert len(ids) == 500
    assert {len(an_id) for an_id in ids} == {17}
    assert not set("".join(ids)) & set("01IOUVl-_")


def test_dates_have_the_milliseconds_that_bson_can_hold() -> None:
    assert all(now().microsecond % 1000 == 0 for _ in range(100))


def test_readings_know_the_moment_of_the_snapshot() -> None:
    seen: list[datetime] = []

    def look(sources: Sources) -> Values:
        seen.append(sources.now)
        return {"a": 1}

    document = take([some_reading(look, "a")], nowhere(), ABOUT)

    assert seen == [document["collector"]["startedAt"]]


def test_at_most_two_readings_run_at_once() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def count(_: Sources) -> Values:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return {"a": 1}

    take([some_reading(count, "a", name=str(n)) for n in range(8)], nowhere(), ABOUT)

    assert most == 2


def test_progress_is_reported_for_each_reading_in_order() -> None:
    heard: list[Outcome] = []

    take([gives(a=1), some_reading(fails, "b", name="b")], nowhere(), ABOUT, heard.append)

    assert [(o.reading.name, bool(o.error)) for o in heard] == [("a", False), ("b", True)]


def test_a_slow_reading_is_aborted_with_an_error(real_database: Db) -> None:
    real_database[Collection.USERS].insert_one({})

    def dawdle(sources: Sources) -> Values:
        condition = {"$expr": {"$function": {"body": SLOW, "args": [], "lang": "js"}}}
        return {"a": sources.workspace.count(Collection.USERS, condition)}

    slow = some_reading(dawdle, "a", name="slow", cost=Cost.INDEXED, limit=0.3)
    begun = time.monotonic()
    document = take([slow, gives(b=1)], Sources(RocketChat(real_database)), ABOUT)

    assert time.monotonic() - begun < 3
    assert document["b"] == 1
    assert document["collector"]["readings"]["slow"]["error"] == "the workspace's MongoDB did not answer in time"


def test_each_query_names_its_reading_in_a_comment(real_database: Db) -> None:
    real_database.command("profile", 2)
    real_database[Collection.USERS].insert_one({})

    def ask(sources: Sources) -> Values:
        return {"a": sources.workspace.count(Collection.USERS, {"active": True})}

    take([some_reading(ask, "a", name="asking", cost=Cost.INDEXED)], Sources(RocketChat(real_database)), ABOUT)
    real_database.command("profile", 0)

    asked = real_database["system.profile"].find_one({"command.comment": "rcstats asking"})
    assert asked is not None
    assert asked["appName"] == "rcstats"


def test_a_document_reads_back_from_the_database_as_it_was(real_database: Db) -> None:
    document = take(
        [gives(big=2**40, nested={"a": [1.5]}, when=datetime.now(UTC).replace(microsecond=0))], nowhere(), ABOUT
    )
    real_database["kept"].insert_one(document)

    assert real_database["kept"].find_one() == document


def test_null_is_reused_as_null_in_releases_that_leave_undefined_values_out_too() -> None:
    about = replace(ABOUT, release=Release(7, 2))
    reading = settled(room=None, undefined=UNDEFINED)

    first = take([reading], nowhere(), about)
    second = take([reading], nowhere(), about, reuse=Reuse(first))

    assert second["collector"]["readings"]["settled"]["carried"] is True
    assert ["undefined" in one for one in (first, second)] == [False, False]
    assert ["room" in one for one in (first, second)] == [True, True]
