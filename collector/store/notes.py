"""The collection of notes: what people write about a time of the workspace's history."""

from datetime import datetime
from typing import Any, NamedTuple

from pymongo import ASCENDING, DESCENDING, ReadPreference, WriteConcern
from pymongo.database import Database

from collector.errors import NotAuthorizedError, ParameterError
from collector.key_paths import Document
from collector.meteor_id import new_id
from collector.mongodb.connection import Client, asks
from collector.plain_text import is_plain

COLLECTION = "notes"

MOST_TEXT = 1_000  # characters
MOST = 10_000  # notes of a workspace: so few need no index

_asks = asks("the store's")


class Note(NamedTuple):
    """A text about a moment."""

    id: str
    at: datetime
    text: str


class Notes:
    """Notes of one or several workspaces. A note never changes."""

    def __init__(self, database: Database[Document]) -> None:
        self._notes = database[COLLECTION].with_options(
            write_concern=WriteConcern(w="majority"), read_preference=ReadPreference.PRIMARY_PREFERRED
        )
        self.client: Client = database.client

    @_asks
    def add(self, workspace: str, at: datetime, text: str) -> Note:
        """Raises: ParameterError: the text is not one of a note, or there are too many notes."""
        note = Note(new_id(), at, plain(text))
        if self._notes.count_documents({"workspace": workspace}, limit=MOST) == MOST:
            raise ParameterError("note", f"the workspace has {MOST:,} notes: remove some first")
        self._notes.insert_one({"_id": note.id, "workspace": workspace, "at": note.at, "text": note.text})
        return note

    @_asks
    def of(self, workspace: str, start: datetime | None = None, end: datetime | None = None) -> list[Note]:
        """The notes from `start` until before `end`, oldest first; documents that are no notes are passed over."""
        bounds = {"$gte": start, "$lt": end}
        within = {operator: moment for operator, moment in bounds.items() if moment}
        where = {"workspace": workspace} | ({"at": within} if within else {})
        found = (_note(row) for row in self._notes.find(where, sort=[("at", ASCENDING)], limit=MOST))
        return [note for note in found if note]

    @_asks
    def remove(self, workspace: str, note_id: str) -> bool:
        """Whether the workspace had a note of this id."""
        return self._notes.delete_one({"_id": note_id, "workspace": workspace}).deleted_count > 0

    def edition(self) -> str:
        """Changes with every note that is added or removed; '' if the login may not read them."""
        try:
            return self._edition()
        except NotAuthorizedError:
            return ""

    @_asks
    def _edition(self) -> str:
        last = self._notes.find_one({}, {"_id": 1}, sort=[("$natural", DESCENDING)]) or {}
        return f"{self._notes.estimated_document_count()} {last.get('_id')}"


def plain(text: str) -> str:
    """The text in one line.

    Raises:
        ParameterError: it is empty, too long, or has control characters.
    """
    line = " ".join(text.split())
    if not 0 < len(line) <= MOST_TEXT or not is_plain(line):
        raise ParameterError("note", f"expected 1 to {MOST_TEXT:,} characters, and no control characters")
    return line


def _note(row: Document) -> Note | None:
    own: Any = row.get("_id")
    at, text = row.get("at"), row.get("text")
    return Note(str(own), at, text) if isinstance(at, datetime) and isinstance(text, str) else None
