"""The widths that buckets of time can have. Pure."""

import re
from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from typing import Self


class Every(StrEnum):
    """The units of a width by MongoDB's names; each with its letters, about its length, and the most that it can last.

    The most has the hours that a change of the clocks can add.
    """

    _value_: str
    letters: str
    length: timedelta
    longest: timedelta

    MINUTE = "minute", "m", timedelta(minutes=1), timedelta(minutes=1)
    HOUR = "hour", "h", timedelta(hours=1), timedelta(hours=2)
    DAY = "day", "d", timedelta(days=1), timedelta(hours=27)
    WEEK = "week", "w", timedelta(weeks=1), timedelta(days=8)
    MONTH = "month", "mo", timedelta(days=28), timedelta(days=32)
    QUARTER = "quarter", "q", timedelta(days=90), timedelta(days=93)
    YEAR = "year", "y", timedelta(days=365), timedelta(days=367)

    def __new__(cls, name: str, letters: str, length: timedelta, longest: timedelta) -> Self:
        made = str.__new__(cls, name)
        made._value_, made.letters, made.length, made.longest = name, letters, length, longest
        return made


UNITS = {every.letters: every for every in Every}

WIDTH = rf"([1-9][0-9]{{0,3}})({'|'.join(UNITS)})"
_WIDTH = re.compile(WIDTH)


def width(text: str, units: Iterable[Every] = Every) -> tuple[int, Every]:
    """A width such as 1d.

    Raises:
        ValueError: it is not one of a number and one of these units.
    """
    match = _WIDTH.fullmatch(text)
    if not match or UNITS[match[2]] not in units:
        names = ", ".join(every.letters for every in units)
        raise ValueError(f"expected a number and one of {names}, for example 1d")
    return int(match[1]), UNITS[match[2]]
