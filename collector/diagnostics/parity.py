"""Owns the comparison of a snapshot with the server's own newest statistics document, and the causes of differences.

Null, an absent key and an empty document are the same: no value. Pure.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import humanize

from collector.diagnostics.deviations import reason_for
from collector.diagnostics.parity_values import can_move, is_close, moment_of, same
from collector.key_paths import SECRET, Document, at, without_nothing
from collector.numbers import is_number
from collector.statistics.reading import Reading, Statistic, of_release
from collector.statistics.releases import NEWEST, Release
from collector.statistics.subject import SETTING

# Maximum age of a server document that should have no other values than the snapshot, but for those that move.
JUST_NOW = timedelta(minutes=1)
# Maximum age of a server document whose values should still be close to ours.
STILL_CLOSE = timedelta(minutes=15)
# Uptime until which a server may not know its licence yet.
JUST_STARTED = 120.0

HIDDEN = "(hidden)"

NO_DATE = "the server's document has no date"
NO_RELEASE = "the server's document does not say its release"
NEWER = "of a newer release than rcstats knows"
LACKING = "not in the server's document, whose computation can end early"
MOVES = "moves by the minute"
CHANGED = "the setting was changed since"
NO_LICENCE_YET = "the server had just started, and did not know its licence yet"

_ORIGINS: Mapping[str, str] = {
    "host": "as it is now: the server runs on this host",
    "instance": "by the server's row in instances, which is newer or of another instance",
    "setting": "as the settings of rcstats say",
}

_NOT_COMPARED = frozenset({"_id", "createdAt", "_updatedAt"})


class Verdict(StrEnum):
    """The result of comparing one statistic."""

    EQUAL = "equal"
    EXPLAINED = "explained"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True)
class Comparison:
    """One statistic in both documents, None where it has no value; `cause` is the known one of a difference."""

    key: str
    verdict: Verdict
    server: Any = None
    ours: Any = None
    cause: str = ""

    @property
    def difference(self) -> str:
        """Ours less the server's, of numbers and dates that differ."""
        if self.verdict is Verdict.EQUAL:
            return ""
        if is_number(self.server) and is_number(self.ours):
            return f"{round(self.ours - self.server, 3):+,}"
        if isinstance(self.ours, datetime) and (moment := moment_of(self.server)):
            return f"{(self.ours - moment).total_seconds():+,.0f} s"
        return ""


@dataclass(frozen=True)
class Settings:
    """Settings of the workspace, by id: those changed since the server's document, and those that need a licence."""

    changed: Collection[str] = ()
    licensed: Collection[str] = ()


def compare(
    ours: Document, server: Document, readings: Iterable[Reading], settings: Settings = Settings()
) -> Iterator[Comparison]:
    """Compares all statistics of the server's release, ours in their order; then those that only the server has."""
    declared = tuple(readings)
    release = Release.parse(server.get("version"))
    known = _by_key(of_release(declared, release or NEWEST))
    both = _Both(ours, server, release, settings)
    for statistic in known.values():
        pair = _value(server, statistic.key), _value(ours, statistic.key)
        if pair != (None, None):
            yield _compared(statistic.key, *pair, "" if same(*pair) else both.cause(statistic, *pair))
    others = {key: other for key, other in _by_key(declared).items() if key not in known}
    for path, value in _leaves(server, known, others):
        shown = HIDDEN if path in SECRET else value
        yield _compared(path, shown, None, both.cause_of_name(path, value, others))


def _by_key(readings: Iterable[Reading]) -> dict[str, Statistic]:
    """The statistics that a server could have too."""
    statistics = (statistic for reading in readings for statistic in reading.statistics)
    return {statistic.key: statistic for statistic in statistics if not statistic.key.startswith("collector.")}


def _value(document: Document, path: str) -> Any:
    """The value at a key path; None also for a document without any value."""
    value = at(document, path)
    return None if without_nothing(value) is None else value


def _compared(key: str, server: Any, ours: Any, cause: str) -> Comparison:
    if same(server, ours):
        return Comparison(key, Verdict.EQUAL, server, ours)
    return Comparison(key, Verdict.EXPLAINED if cause else Verdict.UNEXPLAINED, server, ours, cause)


@dataclass(frozen=True)
class _Both:
    """Both documents, and what is known of their circumstances."""

    ours: Document
    server: Document
    release: Release | None
    settings: Settings

    def cause(self, statistic: Statistic, server: Any, ours: Any) -> str:
        """The known cause of a difference, empty if there is none."""
        return (
            reason_for(statistic.key, server, ours)
            or (ours is None and self._said("unavailable", statistic.key))
            or self._said("notes", statistic.key)
            or self._of_origin(statistic)
            or self._of_setting(statistic)
            or (server is None and self._of_lacking(statistic))
            or self._of_time(statistic, server, ours)
        )

    def cause_of_name(self, path: str, value: Any, others: Mapping[str, Statistic]) -> str:
        """The known cause of a value that only the server has."""
        if reason := reason_for(path, value, None):
            return reason
        if other := others.get(path):
            return f"other releases have it: {other.releases}"
        if self.release is None:
            return NO_RELEASE
        return NEWER if self.release > NEWEST else ""

    def _said(self, where: str, key: str) -> str:
        """The reason or note of the snapshot on this value."""
        found = at(self.ours, f"collector.{where}.{key}")
        return found if isinstance(found, str) else ""

    def _of_origin(self, statistic: Statistic) -> str:
        """Facts about the server that are known from elsewhere than its statistics document, and later."""
        source = at(self.ours, f"collector.origin.{statistic.key.partition('.')[0]}.source")
        return _ORIGINS.get(source, "") if isinstance(source, str) else ""

    def _of_setting(self, statistic: Statistic) -> str:
        setting = statistic.source.removeprefix(SETTING) if statistic.is_setting else ""
        if setting in self.settings.changed:
            return CHANGED
        uptime = at(self.server, "process.uptime")
        is_new = is_number(uptime) and uptime < JUST_STARTED
        return NO_LICENCE_YET if is_new and setting in self.settings.licensed else ""

    def _of_lacking(self, statistic: Statistic) -> str:
        """A setting beside others that the server has would have a value there."""
        if self.release is None:
            return NO_RELEASE
        above, _, last = statistic.key.rpartition(".")
        parent = at(self.server, above) if above else self.server
        is_told = isinstance(parent, dict) and (last in parent or bool(above and statistic.is_setting))
        return "" if is_told else LACKING

    def _of_time(self, statistic: Statistic, server: Any, ours: Any) -> str:
        """The cause of a value that moved since the server's document; texts and flags do not move."""
        taken = self.server.get("createdAt")
        if not isinstance(taken, datetime):
            return NO_DATE
        if not can_move(server, ours) or (server is None and statistic.is_setting):
            return ""
        age = self.ours["createdAt"] - taken
        if age > STILL_CLOSE or (age > JUST_NOW and is_close(server, ours)):
            return f"counted {humanize.naturaldelta(age)} later"
        return MOVES if statistic.moves and is_close(server, ours) else ""


def _leaves(
    document: Document, known: Collection[str], others: Collection[str], above: str = ""
) -> Iterator[tuple[str, Any]]:
    """The paths and values of the server's document that are no statistics of its release; those of `others` whole."""
    for key, value in document.items():
        path = f"{above}{key}"
        if path in known or path in _NOT_COMPARED or without_nothing(value) is None:
            continue
        is_above = path not in others and any(other.startswith(f"{path}.") for other in (*known, *others))
        if isinstance(value, dict) and is_above:
            yield from _leaves(value, known, others, f"{path}.")
        else:
            yield path, value
