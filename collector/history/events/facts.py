"""Owns the facts of a snapshot whose change is an event, and the sentences for it. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from collector.history.events import Kind
from collector.history.events import instances as instances_
from collector.key_paths import Document, at
from collector.numbers import is_figure, is_number
from collector.plain_text import said
from collector.statistics import catalog
from collector.statistics.reading import of_release
from collector.statistics.releases import Release

Told = Iterator[tuple[Kind, str]]

# The kinds of snapshots that rcstats did not take itself, and the events of their first and last ones.
MADE = {"imported": Kind.IMPORT, "reconstructed": Kind.BACKFILL}

# They decide whether, or by which days, other statistics count.
SETTINGS = (
    *("collector.timezone", "collector.scheduleTimezone", "msEnabled", "livechatEnabled", "voipEnabled"),
    *("abacEnabled", "matrixFederation.enabled", "fileStoreType", "services.ldap.enabled", "services.saml.enabled"),
    *("settings.threads.threadsEnabled", "settings.fileUpload.fileUploadEnable", "settings.e2ee.e2e"),
    "settings.message.readReceiptEnabled",
)
_ORIGINS = ("os", "process", "deploy")

# Of `collector.limits`: those that the licence sets, in words.
_LICENSED = {
    "seats": "seats",
    "guests": "guests",
    "contacts": "monthly active contacts",
    "privateApps": "private apps",
    "marketplaceApps": "marketplace apps",
}
_MOST_NAMES = 8  # of modules or statistics in one sentence


@dataclass(frozen=True)
class Fact:
    """`read` gives its value, None where a snapshot does not know it; `told` the events of a change."""

    read: Callable[[Document], Any]
    told: Callable[[Any, Any], Told]


def kind_of(snapshot: Document) -> str:
    kind = at(snapshot, "collector.kind")
    return kind if isinstance(kind, str) and kind in MADE else "collected"


def _made(before: str, after: str) -> Told:
    kinds = {MADE[kind] for kind in (before, after) if kind in MADE}
    kind = Kind.IMPORT if Kind.IMPORT in kinds else Kind.BACKFILL
    yield kind, f"from here on, snapshots are {after}; before, they were {before}"


def _text(path: str, snapshot: Document) -> str | None:
    value = at(snapshot, path)
    return value if isinstance(value, str) and value else None


def _upgraded(before: str, after: str) -> Told:
    older, newer = Release.parse(before), Release.parse(after)
    way = "downgraded" if older and newer and newer < older else "upgraded"
    yield Kind.UPGRADE, f"Rocket.Chat was {way} from {said(before)} to {said(after)}"


def _migration(snapshot: Document) -> Any:
    return _number(at(snapshot, "migration.version"))


def _number(value: Any) -> Any:
    return value if is_number(value) and is_figure(value) else None


def _migrated(before: Any, after: Any) -> Told:
    yield Kind.MIGRATION, f"the database was migrated from version {before} to {after}"


def _modules(snapshot: Document) -> frozenset[str] | None:
    found = at(snapshot, "enterprise.modules")
    return frozenset(one for one in found if isinstance(one, str)) if isinstance(found, list) else None


def _licensed(before: frozenset[str], after: frozenset[str]) -> Told:
    changed = {"added": after - before, "removed": before - after}
    told = "; ".join(f"{what} {_names(sorted(names))}" for what, names in changed.items() if names)
    yield Kind.LICENCE, f"the modules of the licence changed: {told}"


def _limit(name: str, key: str, snapshot: Document) -> Any:
    found = at(snapshot, "collector.limits")
    rows = found if isinstance(found, list) else []
    value = next((row.get(key) for row in rows if isinstance(row, dict) and row.get("name") == name), None)
    return value if isinstance(value, datetime) else _number(value)


def _allowed(words: str, before: Any, after: Any) -> Told:
    yield Kind.LICENCE, f"the licence allows {after:,} {words} instead of {before:,}"


def _prolonged(before: Any, after: Any) -> Told:
    yield Kind.LICENCE, f"the licence ends on {said(after)[:10]} instead of {said(before)[:10]}"


def _scalar(path: str, snapshot: Document) -> Any:
    value = at(snapshot, path)
    return value if isinstance(value, bool | int | str) else None


def _set(path: str, before: Any, after: Any) -> Told:
    yield Kind.SETTING, f"{path} changed from {_value(before)} to {_value(after)}"


def _value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else said(value) or '""'


def _updated(before: str, after: str) -> Told:
    yield Kind.DEFINITION, f"rcstats {said(after)} replaced {said(before)}; definitions of statistics may differ"


def _redefined(before: str, after: str) -> Told:
    old, new = _meanings(before), _meanings(after)
    if names := sorted(key for key in old.keys() & new.keys() if old[key] != new[key]):
        yield Kind.DEFINITION, f"statistics have the definitions of release {said(after)}: {_names(names)}"


@lru_cache(maxsize=16)
def _meanings(release: str) -> Mapping[str, str]:
    """The definitions of a release, by key; none of a text that is not a release."""
    found = Release.parse(release)
    readings = of_release(catalog.READINGS, found) if found else []
    return {statistic.key: statistic.meaning for reading in readings for statistic in reading.statistics}


def _moved(name: str, before: str, after: str) -> Told:
    yield Kind.DEFINITION, f"the source of {name} is {said(after)} instead of {said(before)}"


def _names(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(map(said, names[:_MOST_NAMES])) + more


def _taken(read: Callable[[Document], Any]) -> Callable[[Document], Any]:
    """`read` for snapshots that rcstats took itself."""
    return lambda snapshot: read(snapshot) if kind_of(snapshot) not in MADE else None


FACTS = (
    Fact(kind_of, _made),
    Fact(partial(_text, "version"), _upgraded),
    Fact(_migration, _migrated),
    Fact(_taken(partial(_text, "collector.release")), _redefined),
    Fact(_taken(partial(_text, "collector.version")), _updated),
    *(Fact(_taken(partial(_text, f"collector.origin.{name}.source")), partial(_moved, name)) for name in _ORIGINS),
    Fact(_modules, _licensed),
    *(Fact(partial(_limit, name, "allowed"), partial(_allowed, words)) for name, words in _LICENSED.items()),
    Fact(partial(_limit, "licence", "date"), _prolonged),
    *(Fact(partial(_scalar, path), partial(_set, path)) for path in SETTINGS),
    Fact(instances_.read, instances_.told),
)

FIELDS: Mapping[str, int] = {
    **dict.fromkeys(("version", "migration.version", "enterprise.modules"), 1),
    **dict.fromkeys((f"collector.{name}" for name in ("kind", "release", "version")), 1),
    **dict.fromkeys((f"collector.origin.{name}.source" for name in _ORIGINS), 1),
    **dict.fromkeys((f"collector.limits.{name}" for name in ("name", "allowed", "date")), 1),
    **dict.fromkeys((f"collector.instances.{name}" for name in instances_.FIELDS), 1),
    **dict.fromkeys(SETTINGS, 1),
}
"""The projection of the fields that events are made of."""
