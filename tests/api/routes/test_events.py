"""statistics.events over stored snapshots and notes."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pymongo.database import Database
from starlette.testclient import TestClient

from api.access.admission import Admission
from api.app import create
from api.caching.editions import Editions
from api.caching.responses import ResponseCache
from api.routes.health import Status
from api.routes.outlook import Outlook
from api.routes.statistics import Statistics
from collector.history.events.timeline import Timeline
from collector.sources.rocketchat import RocketChat
from collector.statistics.snapshot import now
from collector.store.notes import Notes
from collector.store.retention import Retention
from collector.store.snapshots import Store
from tests.api.conftest import ADMIN, PLAIN, done
from tests.collector.history.events.histories import taken
from tests.factories import hours, keep, snapshot

Db = Database[dict[str, Any]]
EVENTS = "/api/v1/statistics.events"


def client(database: Db, **over: Any) -> TestClient:
    """A client of an API that shows the notes, and remembers what it may."""
    store, notes = Store(database), Notes(database)
    answers = ResponseCache(Admission(RocketChat(database), seconds=0), Editions((store, notes)), keep=2**20, seconds=0)
    line = Timeline(store, Retention(None, None, ZoneInfo("UTC")), notes, **over)
    statistics = Statistics(answers, store, lambda: done(snapshot), outlook=Outlook(timeline=line))
    return TestClient(create(answers, statistics, Status({})), headers=ADMIN)


def upgrades(database: Db, *ages: float) -> datetime:
    """An upgrade so many hours ago, each; the present."""
    present = now()
    keep(database, *(taken(present - hours(age), version=f"8.{n}.0") for n, age in enumerate((max(ages) + 1, *ages))))
    return present


def test_events_are_the_newest_first(workspace: Db) -> None:
    present = upgrades(workspace, 3, 2)
    answer = client(workspace).get(EVENTS)

    def moment(age: float) -> str:
        return f"{(present - hours(age)).isoformat(timespec='milliseconds')[:23]}Z"

    assert answer.status_code == 200
    assert answer.json() == {
        "events": [
            {"at": at, "since": since, "kind": "upgrade", "text": f"Rocket.Chat was upgraded from {before} to {after}"}
            for at, since, before, after in (
                (moment(2), moment(3), "8.1.0", "8.2.0"),
                (moment(3), moment(4), "8.0.0", "8.1.0"),
            )
        ],
        "count": 2,
        "offset": 0,
        "total": 2,
        "success": True,
    }


def test_a_page_has_count_offset_and_total(workspace: Db) -> None:
    upgrades(workspace, 5, 4, 3, 2)
    page = client(workspace).get(EVENTS, params={"count": "2", "offset": "1"}).json()

    assert [event["text"][-5:] for event in page["events"]] == ["8.3.0", "8.2.0"]
    assert (page["count"], page["offset"], page["total"]) == (2, 1, 4)


def test_a_note_is_there_at_once_and_gone_at_once(workspace: Db) -> None:
    api, notes, present = client(workspace), Notes(workspace), now()
    assert api.get(EVENTS).json()["events"] == []

    added = notes.add("workspace", present - hours(1), "Moved the <b>uploads</b>")
    (event,) = api.get(EVENTS).json()["events"]
    assert (event["kind"], event["text"], event["id"]) == ("note", "Moved the <b>uploads</b>", added.id)
    assert event["since"] is None

    notes.remove("workspace", added.id)
    assert api.get(EVENTS).json()["events"] == []


def test_an_unchanged_answer_is_not_sent_again(workspace: Db) -> None:
    api = client(workspace)
    tag = api.get(EVENTS).headers["etag"]

    assert api.get(EVENTS, headers={"If-None-Match": tag}).status_code == 304
    Notes(workspace).add("workspace", now(), "new")
    assert api.get(EVENTS, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(("headers", "status"), [(PLAIN, 400), ({"X-User-Id": "", "X-Auth-Token": ""}, 401)])
def test_events_and_notes_are_for_whoever_may_view_statistics(
    workspace: Db, headers: dict[str, str], status: int
) -> None:
    Notes(workspace).add("workspace", now() - hours(1), "secret")
    answer = client(workspace).get(EVENTS, headers=headers)

    assert answer.status_code == status
    assert "secret" not in answer.text


def test_an_invalid_parameter_is_a_400(workspace: Db) -> None:
    answer = client(workspace).get(EVENTS, params={"start": "tomorrow"})

    assert (answer.status_code, answer.json()["errorType"]) == (400, "error-invalid-start")


def test_a_period_with_too_many_snapshots_is_a_400(workspace: Db) -> None:
    upgrades(workspace, 5, 4, 3, 2)
    answer = client(workspace, most=3).get(EVENTS)

    assert answer.status_code == 400
    assert "more than 3 snapshots" in answer.json()["details"]["reason"]


def test_hostile_texts_of_notes_are_one_plain_line(workspace: Db) -> None:
    """Somebody wrote the note into the store without rcstats."""
    text = "\x1b]0;owned\x07\u202e\n<script>" + "x" * 5000
    workspace["notes"].insert_one({"_id": 1, "workspace": "workspace", "at": datetime.now(UTC), "text": text})
    (event,) = client(workspace).get(EVENTS, params={"end": "2100-01-01"}).json()["events"]

    assert event["text"].isprintable()
    assert len(event["text"]) == 1000


def test_events_of_another_workspace_are_not_served(workspace: Db) -> None:
    keep(workspace, *(taken(now() - timedelta(hours=n), version=f"{n}.0.0", collector__workspace="x") for n in (1, 2)))
    Notes(workspace).add("x", now() - hours(1), "theirs")

    assert client(workspace).get(EVENTS).json()["events"] == []
