"""What the collections of a sample workspace agree on: who is who, which room is which, who talks where."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import NamedTuple

from collector.demo.sample import accounts, words
from collector.demo.sample.randomness import Chance, WorkingHours, fixed_bytes, meteor_id
from collector.demo.sample.size import Size
from collector.key_paths import Document
from collector.statistics.releases import Release, before

RELEASE = Release(8, 6, 1)
"""The release of Rocket.Chat that the sample workspace runs unless it is told another."""

WITH_CALLS = before("8.0")
"""The releases with omnichannel's own telephone, WebRTC and off-the-record messages."""

FOUNDING = timedelta(days=30)  # before them: people's rooms are made then

_LIVELINESS = {"c": 8, "p": 6, "d": 2, "l": 1, "v": 0.5}
_PRIME = 2_147_483_647


class Room(NamedTuple):
    """What all that concerns a room must know of it. Its members are people's numbers."""

    number: int
    id: str
    kind: str
    discussion: bool
    encrypted: bool
    created: datetime
    members: tuple[int, ...]


class Plan:
    """Follows from size, moment and seed; facts are worked out of a thing's number and not kept, however many."""

    def __init__(self, size: Size, now: datetime, seed: int, release: Release = RELEASE) -> None:
        self.size = size if release in WITH_CALLS else replace(size, calls=0)
        self.release = release
        self.now = now
        self.seed = seed
        self.lively = now - timedelta(days=size.days)
        self.installed = self.lively - FOUNDING
        self.working_hours = WorkingHours(now, size.days)
        self.people = size.users - 1  # all but the first, which is the server's own bot
        self.agents = max(1, size.users // 40)
        self.teams = min(size.teams, size.channels - 1)
        self.person = lru_cache(200_000)(self._person)

    def chance(self, name: str, first: int = 0) -> Chance:
        """The chance of one slice of the documents of this name."""
        return Chance(f"{self.seed} {name} {first}")

    def id_of(self, kind: str, number: int) -> str:
        return meteor_id(fixed_bytes(self.seed, kind, number))

    def _person(self, number: int) -> Document:
        """Id and names of the user with this number, as other documents quote them."""
        if number < len(accounts.FIRST):
            return accounts.FIRST[number]
        fixed = fixed_bytes(self.seed, "user", number)
        first = words.FIRST_NAMES[fixed[17] % len(words.FIRST_NAMES)]
        last = words.LAST_NAMES[fixed[18] % len(words.LAST_NAMES)]
        return {"_id": meteor_id(fixed), "username": f"{first}.{last}.{number}".lower(), "name": f"{first} {last}"}

    def agent(self, which: int) -> int:
        """The number of a user who serves visitors."""
        return min(len(accounts.FIRST) + which % self.agents, self.people)

    def room(self, number: int) -> Room:
        kind, place, discussion = self._kind_of_room(number)
        fixed = fixed_bytes(self.seed, "room", number)
        members = self._pair(place) if kind == "d" else self._members(number, kind, fixed)
        start, end = (self.lively, self.now) if kind in "lv" else (self.installed, self.lively)
        return Room(
            number,
            self._room_id(number, kind, place, fixed),
            kind,
            discussion,
            encrypted=kind in "pd" and not discussion and fixed[20] < 8,
            created=start + (end - start) * (int.from_bytes(fixed[21:25], "big") / 2**32),
            members=members,
        )

    def _kind_of_room(self, number: int) -> tuple[str, int, bool]:
        """The type, the place among its like, and whether it is a discussion."""
        size = self.size
        for kind, count in (("c", size.channels), ("p", size.groups), ("?", size.discussions), ("d", size.directs)):
            if number < count:
                return ("cp"[number % 2], number, True) if kind == "?" else (kind, number, False)
            number -= count
        return ("l", number, False) if number < size.livechats else ("v", number - size.livechats, False)

    def _members(self, number: int, kind: str, fixed: bytes) -> tuple[int, ...]:
        """All different. Of the first channel everybody is a member; here stand those who talk in it."""
        drawn = int.from_bytes(fixed[25:29], "big")
        if kind in "lv":
            return (self.agent(drawn),)
        count = min(self.people, 40 if number == 0 else 2 + fixed[29] * (self.size.members - 2) // 128)
        step = 1 + drawn % max(1, self.people // count)
        return tuple(1 + (drawn + place * step) % self.people for place in range(count))

    def _pair(self, place: int) -> tuple[int, int]:
        """The two people of a direct room: no pair comes twice before all have come."""
        first = scattered(place, self.people)
        return 1 + first, 1 + (first + self._distance(place)) % self.people

    def _distance(self, place: int) -> int:
        return 1 + place // self.people % (self.people - 1)

    def _room_id(self, number: int, kind: str, place: int, fixed: bytes) -> str:
        """A direct room is named by its two people, as long as there are new pairs of them."""
        if number == 0:
            return "GENERAL"
        if kind == "d" and 2 * (1 + place // self.people) < self.people:
            return "".join(sorted(self.person(member)["_id"] for member in self._pair(place)))
        return meteor_id(fixed)

    @cached_property
    def starts(self) -> "array[int]":
        """The number of the first message of each room, and at the end the number of messages.

        Some rooms, and channels above all, are talked in far more than others.
        """
        weights = list(accumulate(self._weight(number) for number in range(self.size.rooms)))
        return array("q", [0, *(int(weight / weights[-1] * self.size.messages) for weight in weights)])

    def _weight(self, number: int) -> float:
        rank = scattered(number, self.size.rooms)
        return float(_LIVELINESS[self._kind_of_room(number)[0]] / (rank + 1) ** 0.8)

    def messages_in(self, number: int) -> int:
        return self.starts[number + 1] - self.starts[number]

    def talk(self, messages: range) -> Iterator[tuple[Room, int]]:
        """The rooms of these messages, and how many of them each room has."""
        number, at = bisect_right(self.starts, messages.start) - 1, messages.start
        while at < messages.stop:
            end = min(self.starts[number + 1], messages.stop)
            if end > at:
                yield self.room(number), end - at
            number, at = number + 1, end


def scattered(number: int, count: int) -> int:
    """The number's place in an order without rhyme or reason; each place is taken once in `count` numbers."""
    return number * _PRIME % count
