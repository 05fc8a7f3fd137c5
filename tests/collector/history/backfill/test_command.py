"""The command backfill."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from collector.sources.collections import Collection
from tests.collector.history.backfill.two_weeks import (
    DAYS,
    Db,
    backfill,
    on,
    stored,
)
from tests.factories import insert, snapshot, user
from tests.processes import environment, rcstats
from tests.waiting import eventually


@pytest.fixture
def urls(past: Db, mongod_url: str) -> dict[str, str]:
    url = mongod_url.replace("/?", f"/{past.name}?")
    return {"mongo_url": url, "store_url": url, "timezone": "UTC"}


UNTIL_NOW = ("--since", "2024-02-01", "--until", "2024-03-15")


def test_the_command_says_what_it_did(urls: dict[str, str], past: Db) -> None:
    past["statistics"].insert_one(snapshot(at=on(3)))
    planned = rcstats("backfill", *UNTIL_NOW, "--dry-run", **urls)
    assert len(stored(past)) == 1
    first, second = rcstats("backfill", *UNTIL_NOW, **urls), rcstats("backfill", *UNTIL_NOW, **urls)

    taken = ", 1 left out for snapshots that were taken or imported\n"
    lines = planned.stdout.splitlines(keepends=True)
    assert lines[0] == f"13 snapshots would be reconstructed from 2024-03-01 23:59 UTC to 2024-03-14 23:59 UTC{taken}"
    assert "rocketchat_message: at most 105 keys and 0 documents examined\n" in lines
    assert (first.stdout, first.stderr, first.returncode) == (f"13 snapshots reconstructed{taken}", "", 0)
    assert second.stdout == f"0 snapshots reconstructed, 13 were there already{taken}"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--since", "2024-03-02", "--until", "2024-03-01"], "--since must be earlier than --until"),
        (
            ["--since", "2024-03-01", "--every", "often"],
            "--every: expected a number and one of h, d, w, mo, for example 1d",
        ),
        (["--since", "then"], "--since: expected an ISO 8601 time, now, or an age such as -30d"),
        (["--since", "-99999y"], "--since: expected an ISO 8601 time, now, or an age such as -30d"),
        (["--since", "2015-01-01", "--every", "1h"], "--every: about "),
    ],
)
def test_what_can_not_be_done_is_one_line(urls: dict[str, str], past: Db, arguments: list[str], error: str) -> None:
    insert(past, Collection.USERS, user(createdAt=datetime(2015, 1, 1, tzinfo=UTC), username="old"))
    ended = rcstats("backfill", *arguments, **urls)

    assert ended.returncode == 2
    assert ended.stderr.startswith(f"rcstats: {error}")
    assert ended.stderr.count("\n") == 1


def test_killed_half_way_it_goes_on_to_what_an_uninterrupted_run_makes(urls: dict[str, str], past: Db) -> None:
    often = [sys.executable, "-m", "collector", "backfill", *UNTIL_NOW, "--every", "2h"]
    with subprocess.Popen(often, env=environment(**urls), stdout=subprocess.DEVNULL) as process:
        eventually(lambda: past["statistics"].count_documents({}) >= 20 or process.poll() is not None, 20)
        os.kill(process.pid, signal.SIGKILL)
    made, now = len(stored(past)), datetime.now(UTC)
    assert 20 <= made < 12 * DAYS - 4
    assert backfill(past, every="2h", until=on(15, 0), now=now).run() == 12 * DAYS - 4 - made
    resumed = stored(past)
    past["statistics"].drop()
    backfill(past, every="2h", until=on(15, 0), now=now).run()

    assert stored(past) == resumed
