"""The sample workspace: believable documents of any size, the same ones for the same seed and moment."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from pymongo.database import Database

from collector.connection import Document
from collector.demo import indexes, names
from collector.sources.rocketchat import Collection, hash_token

DAYS = 90
BATCH = 5_000
RELEASE = "7.10.0"

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz"

_LIVELINESS = {"c": 8, "p": 6, "d": 2, "l": 1}

Progress = Callable[[Collection, int], None]


@dataclass(frozen=True)
class Login:
    """A user with an API token."""

    user_id: str
    token: str
    username: str
    roles: tuple[str, ...]


# Known to everybody, so that the README's requests work as printed: the demo listens on loopback only.
ADMIN = Login("demoAdmin23456789", "demo-admin-token-demo-admin-token-demo-admi", "admin", ("user", "admin"))
PLAIN = Login("demoPlain23456789", "demo-plain-token-demo-plain-token-demo-plai", "plain", ("user",))


@dataclass(frozen=True)
class Size:
    """How many there are of what."""

    users: int = 320
    channels: int = 90
    groups: int = 60
    discussions: int = 25
    directs: int = 240
    livechats: int = 80
    messages: int = 9_000


def is_filled(database: Database[Document]) -> bool:
    return database[Collection.SETTINGS].find_one({"_id": "uniqueID"}) is not None


def fill(
    database: Database[Document],
    now: datetime,
    size: Size | None = None,
    seed: int = 1,
    progress: Progress | None = None,
) -> None:
    """Writes the whole workspace, as of `now`, and Rocket.Chat's indexes; the settings come last."""
    sample = Sample(size or Size(), now, seed)
    indexes.make(database)
    for collection, documents in sample.collections():
        for batch in _batches(documents):
            database[collection].insert_many(batch, ordered=False)
            if progress:
                progress(collection, len(batch))


class Sample:
    """The documents of one workspace; those of a later collection refer to those of an earlier one."""

    def __init__(self, size: Size, now: datetime, seed: int) -> None:
        self._size = size
        self._now = now
        self._random = random.Random(seed)
        self._installed = now - timedelta(days=DAYS + 30)
        self._people: list[Document] = []
        self._rooms: list[Document] = []

    def collections(self) -> Iterator[tuple[Collection, Iterable[Document]]]:
        """Each collection with its documents, in the order in which they are to be made."""
        users = list(self.users())
        self._people = [{"_id": u["_id"], "username": u["username"]} for u in users if u["type"] == "user"]
        self._rooms = list(self.rooms())
        messages = list(self._message_plan())
        self._count_messages(messages)
        yield Collection.USERS, users
        yield Collection.ROOMS, self._rooms
        yield Collection.MESSAGES, self.messages(messages)
        yield Collection.SUBSCRIPTIONS, self.subscriptions()
        yield Collection.PERMISSIONS, [{"_id": "view-statistics", "roles": ["admin"], "_updatedAt": self._installed}]
        yield Collection.MIGRATIONS, [self.migration()]
        yield Collection.STATISTICS, [self.own_statistics()]
        yield Collection.SETTINGS, self.settings()

    def users(self) -> Iterator[Document]:
        yield self._user("rocket.cat", "rocket.cat", "Rocket.Cat") | {
            "type": "bot",
            "roles": ["bot"],
            "status": "online",
        }
        for login in (ADMIN, PLAIN):
            token = {"hashedToken": hash_token(login.token), "type": "personalAccessToken", "name": "demo"}
            user = self._user(login.user_id, login.username, login.username.title())
            user["services"]["resume"] = {"loginTokens": [token | {"createdAt": self._installed}]}
            yield user | {"roles": list(login.roles), "status": "online"}
        for number in range(self._size.users - 3):
            yield self._somebody(number)

    def _somebody(self, number: int) -> Document:
        first, last = self._random.choice(names.FIRST_NAMES), self._random.choice(names.LAST_NAMES)
        user = self._user(self._id(), f"{first}.{last}.{number}".lower(), f"{first} {last}")
        kind = self._random.random()
        if kind < 0.03:
            return user | {"roles": ["guest"]}
        if kind < 0.05:
            return user | {"type": "bot", "roles": ["bot"]}
        if kind < 0.06:
            return user | {"type": "app", "roles": ["app"]}
        if kind < 0.08:
            return user | {"federated": True}
        if kind < 0.12:
            return user | {"active": False, "status": "offline"}
        return user

    def _user(self, user_id: str, username: str, name: str) -> Document:
        created = self._between(self._installed, self._now - timedelta(days=1))
        language = self._random.choice(names.LANGUAGES)
        status = self._random.choices(("offline", "online", "away", "busy"), (76, 15, 6, 3))[0]
        user = {
            "_id": user_id,
            "createdAt": created,
            "username": username,
            "name": name,
            "emails": [{"address": f"{username}@example.org", "verified": True}],
            "services": {"password": {}},
            "type": "user",
            "active": True,
            "roles": ["user"],
            "status": status,
            "statusConnection": status,
            "utcOffset": 1,
            "_updatedAt": self._now,
        }
        if self._random.random() < 0.95:
            user["lastLogin"] = self._between(created, self._now)
        return user | ({"language": language} if language else {})

    def rooms(self) -> Iterator[Document]:
        yield self._room("c") | {"_id": "GENERAL", "name": "general", "default": True}
        for number in range(self._size.channels - 1):
            yield self._room("c") | {"name": f"{self._random.choice(names.TOPICS)}-{number}"}
        for number in range(self._size.groups):
            yield self._room("p") | {"name": f"team-{self._random.choice(names.TOPICS)}-{number}"}
        for number in range(self._size.discussions):
            kind = self._random.choice("cp")
            yield self._room(kind) | {"name": self._id(), "fname": f"About item {number}", "prid": "GENERAL"}
        for _ in range(self._size.directs):
            pair = self._random.sample(self._people, 2)
            yield self._room("d") | {"uids": [u["_id"] for u in pair], "usernames": [u["username"] for u in pair]}
        for _ in range(self._size.livechats):
            visitor = {"_id": self._id(), "token": self._id(), "status": "offline"}
            yield self._room("l") | {"v": visitor, "source": {"type": "widget"}, "open": self._random.random() < 0.2}

    def _room(self, kind: str) -> Document:
        owner = self._random.choice(self._people)
        created = self._between(self._installed, self._now)
        return {
            "_id": self._id(),
            "t": kind,
            "msgs": 0,
            "usersCount": 2,
            "u": owner,
            "ts": created,
            "_updatedAt": created,
        }

    def _message_plan(self) -> Iterator[Document]:
        """Rooms of the messages: some rooms, and channels above all, are talked in far more than others."""
        order = self._random.sample(self._rooms, len(self._rooms))
        weights = [_LIVELINESS[room["t"]] / (rank + 1) ** 0.8 for rank, room in enumerate(order)]
        yield from self._random.choices(order, weights, k=self._size.messages)

    def _count_messages(self, plan: list[Document]) -> None:
        """The rooms' counters; a few have drifted, as counters of old workspaces have."""
        counts = Counter(room["_id"] for room in plan)
        for room in self._rooms:
            drift = self._random.randint(1, 9) if self._random.random() < 0.05 else 0
            room["msgs"] = counts[room["_id"]] + drift

    def messages(self, plan: list[Document]) -> Iterator[Document]:
        for room in plan:
            moment = self._working_moment()
            yield {
                "_id": self._id(),
                "rid": room["_id"],
                "msg": self._random.choice(names.SENTENCES),
                "ts": moment,
                "u": self._random.choice(self._people),
                "_updatedAt": moment,
            }

    def subscriptions(self) -> Iterator[Document]:
        for room in self._rooms:
            for user in self._random.sample(self._people, min(4, len(self._people))):
                seen = self._between(self._installed, self._now)
                yield {
                    "_id": self._id(),
                    "rid": room["_id"],
                    "u": user,
                    "t": room["t"],
                    "name": room.get("name", ""),
                    "open": True,
                    "unread": 0,
                    "ts": self._installed,
                    "ls": seen,
                    "_updatedAt": seen,
                }

    def migration(self) -> Document:
        return {"_id": "control", "version": 332, "locked": False, "lockedAt": self._installed}

    def own_statistics(self) -> Document:
        """What the server itself stored last: only the fields that we take from it."""
        build = {"version": RELEASE, "tag": RELEASE, "branch": "HEAD"}
        moment = self._now - timedelta(hours=7)
        return {"_id": self._id(), "createdAt": moment, **build, "_updatedAt": moment}

    def settings(self) -> Iterator[Document]:
        yield from (
            {"_id": name, "value": value, "packageValue": value, "createdAt": self._installed}
            for name, value in {
                "API_Default_Count": 50,
                "API_Upper_Count_Limit": 100,
                "API_Allow_Infinite_Count": True,
                "uniqueID": self._id(),
            }.items()
        )

    def _id(self) -> str:
        return "".join(self._random.choices(_ALPHABET, k=17))

    def _between(self, start: datetime, end: datetime) -> datetime:
        return start + self._random.random() * (end - start)

    def _working_moment(self) -> datetime:
        """A moment of the last ninety days: mostly on working days, mostly by day, never in the future."""
        while True:
            moment = self._now - timedelta(days=self._random.random() * DAYS)
            weight = (0.1 if moment.weekday() >= 5 else 1) * (1 if 7 <= moment.hour < 18 else 0.1)
            if self._random.random() < weight:
                return moment


def _batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    iterator = iter(documents)
    while batch := list(islice(iterator, BATCH)):
        yield batch
