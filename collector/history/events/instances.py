"""Owns the events of instances: a restart, a new one, one that is gone. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from collector.history.events import Kind
from collector.key_paths import Document, at
from collector.plain_text import said

FIELDS = ("id", "kind", "host", "port", "pid", "registeredAt")

_SERVER = "rocket.chat"
_ROUNDING = timedelta(seconds=2)


class Instance(NamedTuple):
    """One process: `id` is its row's, or else its host, port and pid; `name` stays the same over a restart."""

    id: str
    name: str
    registered: datetime | None


def read(snapshot: Document) -> tuple[Instance, ...] | None:
    """The instances of a snapshot; None if it does not know them."""
    found = at(snapshot, "collector.instances")
    return tuple(_instance(row) for row in found if isinstance(row, dict)) if isinstance(found, list) else None


def _instance(row: Document) -> Instance:
    kind, host, port = (said(row[key]) if row.get(key) else "" for key in ("kind", "host", "port"))
    address = ":".join(filter(None, (host, port)))
    name = " ".join(filter(None, ("" if kind == _SERVER else kind, address))) or "on an unknown host"
    registered: Any = row.get("registeredAt")
    own = row.get("id") or f"{name} {row.get('pid')}"
    return Instance(str(own), name, registered if isinstance(registered, datetime) else None)


def told(before: Sequence[Instance], after: Sequence[Instance]) -> Iterator[tuple[Kind, str]]:
    """The events between two lists of instances.

    A process that ended and one that began under the same name are a restart: ids and pids change with it.
    """
    old, new = ({one.id: one for one in some} for some in (before, after))
    gone = Counter(one.name for one in before if one.id not in new)
    begun = Counter(one.name for one in after if one.id not in old)
    again = Counter(one.name for one in after if one.id in old and _is_later(old[one.id], one))
    found = (
        (Kind.RESTART, "restarted", again + (gone & begun)),
        (Kind.INSTANCE, "is new", begun - gone),
        (Kind.INSTANCE, "is gone", gone - begun),
    )
    for kind, what, names in found:
        for name, times in sorted(names.items()):
            yield kind, f"the instance {name} {what}" + (f" ({times} of that name)" if times > 1 else "")


def _is_later(before: Instance, after: Instance) -> bool:
    """Whether the process of a row registered again: it may have the same host, port and pid in a container."""
    if before.registered is None or after.registered is None:
        return False
    return after.registered - before.registered > _ROUNDING
