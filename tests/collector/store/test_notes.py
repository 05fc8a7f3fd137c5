"""Notes kept and given out."""

from datetime import timedelta
from typing import Any

import pytest
from pymongo.database import Database

from collector.errors import ParameterError
from collector.store.notes import COLLECTION, MOST_TEXT, Notes
from tests.factories import NOW, hours

Db = Database[dict[str, Any]]


@pytest.fixture
def notes(database: Db) -> Notes:
    return Notes(database)


def texts(notes: Notes, *period: Any) -> list[str]:
    return [note.text for note in notes.of("workspace", *period)]


def test_notes_are_in_the_order_of_their_times(notes: Notes) -> None:
    for age in (1, 3, 2):
        notes.add("workspace", NOW - hours(age), f"age {age}")

    assert texts(notes) == ["age 3", "age 2", "age 1"]
    assert texts(notes, NOW - hours(2)) == ["age 2", "age 1"]
    assert texts(notes, NOW - hours(3), NOW - hours(2)) == ["age 3"]


def test_a_note_is_its_workspaces(notes: Notes) -> None:
    theirs = notes.add("other", NOW, "theirs")

    assert texts(notes) == []
    assert not notes.remove("workspace", theirs.id)
    assert notes.remove("other", theirs.id)
    assert not notes.remove("other", theirs.id)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  two\n lines\t\u00a0and more ", "two lines and more"),
        ("<b>as it is</b> [red]$where", "<b>as it is</b> [red]$where"),
        ("café 👩\u200d💻", "café 👩\u200d💻"),
        ("x" * MOST_TEXT, "x" * MOST_TEXT),
    ],
)
def test_a_note_is_one_line(notes: Notes, given: str, kept: str) -> None:
    assert notes.add("workspace", NOW, given).text == kept
    assert texts(notes) == [kept]


@pytest.mark.parametrize("text", ["", " \n ", "x" * (MOST_TEXT + 1), "\x1b[31mred", "a\0b", "a\u202eb", "\ud800"])
def test_a_text_that_a_terminal_obeys_or_that_is_too_long_is_refused(notes: Notes, text: str) -> None:
    with pytest.raises(ParameterError, match="1 to 1,000 characters"):
        notes.add("workspace", NOW, text)
    assert texts(notes) == []


def test_documents_that_are_no_notes_are_passed_over(notes: Notes, database: Db) -> None:
    odd: list[dict[str, Any]] = [
        {"at": None, "text": "x"},
        {"at": NOW, "text": 1},
        {"at": [NOW], "text": "x"},
        {"at": NOW},
    ]
    database[COLLECTION].insert_many([{"workspace": "workspace"} | one for one in odd])

    assert texts(notes) == texts(notes, NOW - timedelta(days=1), NOW + timedelta(days=1)) == []


def test_the_edition_changes_with_each_note(real_database: Db) -> None:
    notes = Notes(real_database)
    editions = [notes.edition()]
    for text in ("one", "two"):
        added = notes.add("workspace", NOW, text)
        editions.append(notes.edition())
    notes.remove("workspace", added.id)
    editions.append(notes.edition())

    assert len({*editions[1:3], editions[0]}) == 3
    assert editions[3] == editions[1]
