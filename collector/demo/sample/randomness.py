"""What chance decides in the sample: ids, picks and moments, the same ones for the same seed."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import accumulate
from typing import TypeVar

from collector.meteor_id import ALPHABET, LENGTH

T = TypeVar("T")

_AS_METEOR = bytes(ord(ALPHABET[byte % len(ALPHABET)]) for byte in range(256))


class Chance(random.Random):
    """A source of chance; its picks are quick, as millions are made."""

    def one(self, among: Sequence[T]) -> T:
        return among[int(self.random() * len(among))]

    def id(self) -> str:
        """A new id as Meteor makes them."""
        return self.randbytes(LENGTH).translate(_AS_METEOR).decode()

    def hex(self, length: int = 24) -> str:
        """A new id as newer releases make them, or any other token."""
        return self.randbytes(length // 2).hex()

    def between(self, start: datetime, end: datetime) -> datetime:
        return start + self.random() * (end - start)

    def within(self, share: float) -> bool:
        """True in this share of cases."""
        return self.random() < share


def fixed_bytes(seed: int, kind: str, number: int) -> bytes:
    """32 bytes that belong to the numbered thing: whoever refers to it finds the same ones."""
    return blake2b(f"{seed} {kind} {number}".encode(), digest_size=32).digest()


def meteor_id(given: bytes) -> str:
    return given[:LENGTH].translate(_AS_METEOR).decode()


class WorkingHours:
    """Moments of the days before `now`: mostly on working days, mostly by day, never in the future."""

    def __init__(self, now: datetime, days: int) -> None:
        self._hours = [now - timedelta(hours=back) for back in range(days * 24, 0, -1)]
        self._weights = list(accumulate(map(_liveliness, self._hours)))

    def moments(self, chance: random.Random, count: int) -> list[datetime]:
        hours = chance.choices(self._hours, cum_weights=self._weights, k=count)
        return [hour + timedelta(seconds=chance.random() * 3600) for hour in hours]


def _liveliness(hour: datetime) -> float:
    return (0.1 if hour.weekday() >= 5 else 1) * (1 if 7 <= hour.hour < 18 else 0.1)
