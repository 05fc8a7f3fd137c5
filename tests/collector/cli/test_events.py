"""The commands on events and notes."""

import json
from typing import Any

import pytest
from pymongo.database import Database

from collector.statistics.snapshot import now
from collector.store.notes import Notes
from tests.collector.history.events.histories import taken
from tests.factories import hours, keep, with_id
from tests.processes import rcstats

Db = Database[dict[str, Any]]


@pytest.fixture
def urls(real_database: Db, mongod_url: str) -> dict[str, str]:
    """A workspace that is its own store, with an upgrade two hours ago and a setting an hour ago."""
    with_id(real_database)
    present = now()
    keep(
        real_database,
        taken(present - hours(3), _id="first"),
        taken(present - hours(2), version="8.6.1"),
        taken(present - hours(1), version="8.6.1", livechatEnabled=False),
    )
    url = mongod_url.replace("/?", f"/{real_database.name}?")
    return {"mongo_url": url, "store_url": url, "timezone": "UTC"}


def test_events_are_one_line_each_the_newest_first(urls: dict[str, str]) -> None:
    shown = rcstats("events", **urls)

    assert shown.returncode == 0, shown.stderr
    assert [line.split(maxsplit=3)[2:] for line in shown.stdout.splitlines()] == [
        ["setting", "livechatEnabled changed from true to false"],
        ["upgrade", "Rocket.Chat was upgraded from 8.5.0 to 8.6.1"],
    ]


def test_events_are_chosen_by_time_and_kind(urls: dict[str, str]) -> None:
    some = rcstats("events", "--kind", "upgrade", "--kind", "note", **urls).stdout
    none = rcstats("events", "--since", "-30m", **urls).stdout

    assert [line.split()[2] for line in some.splitlines()] == ["upgrade"]
    assert none == ""


def test_json_has_the_events_as_the_api_does(urls: dict[str, str]) -> None:
    (event,) = json.loads(rcstats("events", "--json", "--kind", "upgrade", **urls).stdout)["events"]

    assert list(event) == ["at", "since", "kind", "text"]


def test_a_note_is_added_shown_listed_and_removed(urls: dict[str, str]) -> None:
    added = rcstats("note", "add", "-2m", 'Moved "the uploads" [red]to S3', **urls)
    assert added.returncode == 0, added.stderr
    own = added.stdout.split()[1]

    for shown in (rcstats("note", "list", **urls).stdout, rcstats("events", "--kind", "note", **urls).stdout):
        assert shown.endswith(f'note        Moved "the uploads" [red]to S3 ({own})\n')
    assert rcstats("note", "remove", own, **urls).stdout == f"note {own} removed\n"
    assert rcstats("note", "list", **urls).stdout == ""


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["-12h", "half a day ago"], "half a day ago"),
        (["-2m", "- with a dash"], "- with a dash"),
        (["-2m", "--", "-x"], "-x"),
    ],
)
def test_an_age_and_a_text_may_begin_as_an_option(arguments: list[str], text: str, urls: dict[str, str]) -> None:
    added = rcstats("note", "add", *arguments, **urls)

    assert (added.returncode, added.stderr) == (0, "")
    assert rcstats("note", "list", **urls).stdout.rstrip().partition(" (")[0].endswith(text)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["events", "--kind", "upgrades"], "rcstats: --kind: upgrades is not one of upgrade, migration, "),
        (["events", "--since", "soon"], "rcstats: --since: expected an ISO 8601 time, now, or an age such as -30d"),
        (["events", "--since", "-1d", "--until", "-2d"], "rcstats: --since must be earlier than --until\n"),
        (["note", "add", "soon", "x"], "rcstats: TIME: expected an ISO 8601 time, now, or an age such as -30d"),
        (["note", "add", "now", "\x1b[31m"], "rcstats: TEXT: expected 1 to 1,000 characters, and no control"),
        (["note", "remove", "nonsense"], "rcstats: no such note: nonsense\n"),
    ],
)
def test_an_invalid_argument_is_one_error_line(urls: dict[str, str], arguments: list[str], error: str) -> None:
    ended = rcstats(*arguments, **urls)

    assert ended.returncode == 2
    assert ended.stderr.startswith(error)
    assert ended.stderr.count("\n") == 1


def test_diff_names_the_events_between_its_snapshots(urls: dict[str, str], real_database: Db) -> None:
    Notes(real_database).add("workspace", now() - hours(2.5), "Planned work")
    whole, after = rcstats("diff", "first", **urls).stdout, rcstats("diff", "-90m", **urls).stdout

    _, _, between = whole.partition("Between them:\n")
    assert [line.split()[2] for line in between.splitlines()] == ["setting", "upgrade", "note"]
    assert [line.split()[2] for line in after.partition("Between them:\n")[2].splitlines()] == ["setting"]
    assert "Between them" not in rcstats("diff", "-0m", "now", **urls).stdout


def test_diff_names_the_newest_of_many_events_and_counts_the_rest(urls: dict[str, str], real_database: Db) -> None:
    for number in range(25):
        Notes(real_database).add("workspace", now() - hours(2.5), f"note {number}")
    shown = rcstats("diff", "first", **urls).stdout.partition("Between them:\n")[2].splitlines()

    assert (len(shown), shown[-1]) == (21, "and 7 more; rcstats events lists them")


@pytest.mark.parametrize("command", [["events"], ["note"], ["note", "add"], ["note", "list"], ["note", "remove"]])
def test_help_explains(command: list[str]) -> None:
    shown = rcstats(*command, "--help")

    assert shown.returncode == 0
    assert "Usage: " in shown.stdout
