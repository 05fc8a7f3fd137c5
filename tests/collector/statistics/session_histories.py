"""Random histories of days of sessions: each night the server's job, and what may happen beside it; and odd rows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from bson import Decimal128, Int64

from collector.key_paths import Document

ROLES = ("admin", "user", "user", "guest", "custom-role", "")
ODD_ROLES = (None, 7, True, "x" * 300, ["admin"], {"a": 1}, 1.5)
ODD_NUMBERS = (1.0, 2.5, "3", None, float("nan"), -4, 2**60, [5])
SYSTEMS: tuple[Any, ...] = (
    {"name": "iOS", "version": "17"},
    {"name": "iOS"},
    {},
    None,
    {"name": None},
    {"version": "1"},
)
ODD_ROWS: tuple[Document, ...] = (
    {"devices": None},
    {"devices": [1, {}, {"time": 5}]},
    {"devices": [[{"sessions": 1, "time": 2, "device": {"name": "x", "os": {"name": "y"}}}]]},
    {
        "devices": [
            {"sessions": 1.0, "time": Int64(5), "device": {"name": "x" * 300, "type": ["a"], "version": {"a": 1}}}
        ]
    },
    {"devices": [{"sessions": True, "time": "3", "device": {"os": [{"name": "X"}]}}]},
    {"devices": [{"sessions": Decimal128("2"), "time": 1, "device": {"name": "x"}}]},
    {"devices": [{"sessions": -2, "time": 2**60, "device": None}, {"sessions": 0.5, "time": float("nan")}]},
    {"devices": [{"sessions": 1, "time": 1, "device": {"name": "x", "os": {"name": ["y"], "version": 3}}}]},
    {"devices": {"sessions": 1, "time": 1, "device": {"name": "x", "os": {"name": "y"}}}},
    {"sessions": "3", "time": None},
    {"sessions": [3], "time": float("inf")},
    {"sessions": True, "time": 2**60},
    {"mostImportantRole": "x" * 300},
    {"mostImportantRole": ["admin"]},
    {"month": [3, 2]},
    {"userId": ["user1"]},
    {"_computedAt": "today"},
)
USERS = 12


@dataclass
class History:
    """The rows of a workspace, by id; `written` are those in the database, `odd` is the probability of an odd row."""

    random: Random
    zone: ZoneInfo
    odd: float = 0.0
    rows: dict[str, Document] = field(default_factory=dict)
    written: dict[str, Document] = field(default_factory=dict)

    def night(self, today: date) -> None:
        """What the job does at two o'clock: the rows of yesterday, and at times those of up to three days before."""
        computed = datetime.combine(today, time(2, 5), self.zone).astimezone(UTC)
        if self.random.random() < 0.1:
            return  # the server was down
        self.compute(today - timedelta(days=1), computed, USERS)
        self.compute(today, computed, 1)
        for ago in (2, 3):
            if self.random.random() < 0.2:
                self.compute(today - timedelta(days=ago), computed, 2)
        self.end(computed + timedelta(minutes=1))

    def end(self, computed: datetime) -> None:
        """The job marks the rows of single sessions at its end."""
        self.rows["session"] = {"_id": "session", "type": "computed-session", "_computedAt": computed}

    def compute(self, day: date, computed: datetime, most: int) -> None:
        for user in self.random.sample(range(USERS), self.random.randint(0, most)):
            row = self.row(f"user{user}", day, computed)
            self.rows[row["_id"]] = row

    def row(self, user: str, day: date, computed: datetime) -> Document:
        chance = self.random
        row: Document = {"_id": f"{user}-{day}", "type": "user_daily", "userId": user, "_computedAt": computed}
        row |= {"year": day.year, "month": day.month, "day": day.day}
        row |= {"sessions": chance.randint(1, 5), "time": chance.choice((chance.randint(1, 9000), 60.0))}
        row["devices"] = [self.use() for _ in range(chance.randint(0, 3))]
        if chance.random() < 0.9:
            row["mostImportantRole"] = chance.choice(ROLES)
        return row | (dict(self.oddities(row)) if chance.random() < self.odd else {})

    def use(self) -> Document:
        chance = self.random
        device: Document = {"type": chance.choice(("browser", "mobile-app")), "name": chance.choice(("A", "B"))}
        if chance.random() < 0.8:
            device["version"] = chance.choice(("1", "2"))
        if (system := chance.choice(SYSTEMS)) is not None:
            device["os"] = system
        return {"sessions": chance.randint(1, 3), "time": chance.randint(1, 5000), "device": device}

    def oddities(self, row: Document) -> Iterator[tuple[str, Any]]:
        """Some fields otherwise than the server writes them; as another user's second row of the day at times."""
        chance = self.random
        kind = chance.randrange(10)
        if kind == 0:
            yield "mostImportantRole", chance.choice(ODD_ROLES)
        elif kind == 1:
            yield chance.choice(("sessions", "time")), chance.choice(ODD_NUMBERS)
        elif kind == 2:
            yield "userId", chance.choice((None, 5, "", ["user1"]))
        elif kind == 3:
            yield "devices", chance.choice((None, {}, "x", [1], [{"device": {"name": 5, "os": {"name": "y" * 300}}}]))
        elif kind == 4:
            yield "day", chance.choice((float(row["day"]), row["day"] + 0.5, str(row["day"])))
        elif kind == 5:
            yield "_computedAt", chance.choice((row["_computedAt"], None))
        elif kind == 6:
            yield "_id", f"{row['_id']}-again"
            yield "userId", "user1"
        elif kind == 7:
            yield "devices", [{"sessions": chance.choice(ODD_NUMBERS), "time": chance.choice(ODD_NUMBERS)}]
        elif kind == 8:
            yield "devices", [self.use() | {"device": {"type": "browser", "version": None, "os": {"name": None}}}]
        else:
            yield "year", float(row["year"])
