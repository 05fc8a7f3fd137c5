"""Owns the condensing of a day's rows of sessions: their names and sums as MongoDB's expressions have them. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from bson import Decimal128, Int64

from collector.key_paths import Document
from collector.sources.expressions import EXACT, MOST_NAME
from collector.statistics.session_days import Day, OddDayError, Table, packed

_LARGEST = 2**46  # a month of such sums is exact
_REMEMBERED = 2**16  # users whose hash is not made again for the next day
_NUMBERS = frozenset((int, Int64, float))

Hash = Callable[[Any], int]
Lists = tuple[list[int], list[int], list[int]]
"""Hashes, sessions and seconds of users, in the same order."""


def user_hash(key: bytes) -> Hash:
    """Hashes of users' ids: as random as these, and of no use without the key.

    The function raises OddDayError for an id that is not a text, and TypeError for a list or document.
    """
    begun = blake2b(key=key, digest_size=8)

    @lru_cache(_REMEMBERED)
    def hashed(user: Any) -> int:
        if not _is_plain(user):
            raise OddDayError("the id of a user is not a text")
        one = begun.copy()
        one.update(user.encode())
        return int.from_bytes(one.digest(), "little")

    return hashed


def condensed(groups: Iterable[Document], hashed: Hash) -> Day:
    """A day from the groups of its pipeline.

    Raises:
        OddDayError: it would not be exact.
    """
    users, devices, systems = dict[str | None, Lists](), Table(), Table()
    for group in groups:
        if group["odd"]:
            raise OddDayError("a row belongs to other days too, or has no date")
        lists = users.setdefault(_named(group["_id"], "role").get("role"), ([], [], []))
        for all_users, found in zip(lists, _users(group, hashed), strict=True):
            all_users.extend(found)
        _use(group, devices, systems)
    _must_differ([user for lists in users.values() for user in lists[0]])
    parts = [{"role": role, "packed": packed(*lists)} for role, lists in users.items()]
    return Day(parts, _plain(devices), _plain(systems))


def _users(group: Document, hashed: Hash) -> Lists:
    try:
        hashes = list(map(hashed, group["ids"]))
    except TypeError as error:
        raise OddDayError("the id of a user is not a text") from error
    lists = hashes, _whole(group["sessions"]), _whole(group["time"])
    if len(set(map(len, lists))) > 1:
        raise OddDayError("a row lacks a sum or the id of its user")
    return lists


def _must_differ(users: Sequence[int]) -> None:
    if len(set(users)) < len(users):
        raise OddDayError("a user has two rows")


def _use(group: Document, devices: Table, systems: Table) -> None:
    """Adds the devices of a group's rows, and their systems if one is known."""
    if not (used := group["_id"].get("devices")):
        return
    has_system = any(_has_system(device) for device in used)
    for device, count, time in zip(used, _columns(group["uses"]), _columns(group["seconds"]), strict=True):
        devices.add(_named(device, "type", "name", "version"), count=count, time=time)
        if has_system:
            systems.add(_named(_system(device), "name", "version"), count=count, time=time)


def _columns(rows: Iterable[list[Any]]) -> Iterator[int]:
    """The sum of each column."""
    return (sum(_whole(list(column))) for column in zip(*rows, strict=True))


def _whole(values: list[Any]) -> list[int]:
    """The values as integers; what is not a finite, exact number counts as 0, as with `finite`."""
    types = set(map(type, values))
    if types == {int}:
        return values
    if Decimal128 in types:
        raise OddDayError("a sum is not a plain number")
    exact = [value if type(value) in _NUMBERS and -EXACT < value < EXACT else 0 for value in values]
    whole = list(map(int, exact))
    if whole != exact:
        raise OddDayError("a sum is not a plain number")
    return whole


def _plain(table: Table) -> list[Document]:
    if any(max(abs(row["count"]), abs(row["time"])) >= _LARGEST for row in table.rows):
        raise OddDayError("a sum is not a plain number")
    return table.rows


def _system(device: Any) -> Any:
    """The operating system of a device."""
    system = device.get("os") if isinstance(device, dict) else None
    if isinstance(device, list) or isinstance(system, list):
        raise OddDayError("a list of devices in a device")  # into which a query looks, but not a name
    return system


def _has_system(device: Any) -> bool:
    system = _system(device)
    return isinstance(system, dict) and "name" in system


def _named(holder: Any, *names: str) -> Document:
    """Those of the fields that can be names, as with `name`, if Python tells them apart as MongoDB does."""
    found = holder if isinstance(holder, dict) else {}
    return {name: found[name] for name in names if name in found and _is_name(found[name])}


def _is_name(value: Any) -> bool:
    if isinstance(value, list | dict):
        return False
    if value is not None and not _is_plain(value):
        raise OddDayError("a name is not a text")
    return value is None or len(value.encode()) <= MOST_NAME


def _is_plain(value: Any) -> bool:
    """Whether it is a text that was valid UTF-8: else different ones could look the same."""
    return isinstance(value, str) and "\N{REPLACEMENT CHARACTER}" not in value
