"""Owns the differences between two snapshots, the largest relative ones first. Pure."""

import re
from dataclasses import dataclass
from typing import Any

from collector.key_paths import Document, at, flatten, without_nothing
from collector.numbers import is_figure, is_number

_LEFT_OUT = {"_id", "createdAt", "_updatedAt", "totlalLivechat"}  # the last is an alias of totalLivechat
_PART_OF_A_DATE = re.compile(r".+\.(year|month|day)")  # such as uniqueUsersOfYesterday.day


@dataclass(frozen=True)
class Change:
    """A key path whose values differ; None if absent."""

    path: str
    before: Any
    after: Any

    @property
    def difference(self) -> float | None:
        """The difference, if both values are numbers and not those of a date."""
        if _PART_OF_A_DATE.fullmatch(self.path):
            return None
        both = (self.before, self.after)
        return self.after - self.before if all(is_number(value) and is_figure(value) for value in both) else None

    @property
    def weight(self) -> float:
        """The difference relative to the larger number; 0 if the values are not numbers."""
        if self.difference is None:
            return 0.0
        return float(abs(self.difference) / max(abs(self.before), abs(self.after)))


def changes(before: Document, after: Document) -> list[Change]:
    """All key paths with different values: numbers first, by relative difference."""
    old, new = _compared(before), _compared(after)
    found = [Change(path, old.get(path), new.get(path)) for path in dict.fromkeys((*old, *new))]
    differing = [change for change in found if not _same(change.before, change.after)]
    return sorted(differing, key=lambda change: (change.difference is None, -change.weight, change.path))


def _compared(snapshot: Document) -> dict[str, Any]:
    """All values by key path; of the metadata only counts."""
    messages = at(snapshot, "collector.messages")
    own = {} if messages is None else {"messages": messages}
    whole = {key: value for key, value in snapshot.items() if key not in _LEFT_OUT} | {"collector": own}
    return dict(flatten(whole))


def _same(before: Any, after: Any) -> bool:
    """Equality in which NaN equals NaN, and null inside a list is as absent."""
    is_nan = [isinstance(value, float) and value != value for value in (before, after)]  # noqa: PLR0124  only NaN
    return all(is_nan) or bool(without_nothing(before) == without_nothing(after))
