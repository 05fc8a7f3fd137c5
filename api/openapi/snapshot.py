"""Owns the schema of a snapshot, made of the dictionary of statistics. Pure."""

from collections.abc import Iterable

from api.openapi.primitives import DATE, TEXT, Schema
from collector.statistics import catalog
from collector.statistics.reading import Statistic, Unit

_NUMBER: Schema = {"type": "number"}
_OBJECT: Schema = {"type": "object"}

# The schemas of units; all others are numbers.
_UNITS: dict[Unit, Schema] = {
    Unit.FLAG: {"type": "boolean"},
    Unit.TEXT: TEXT,
    Unit.DATE: DATE,
    Unit.DOCUMENT: _OBJECT,
    Unit.LIST: {"type": "array"},
}

# True, or an empty text, as the server writes it.
_FLAG_OR_EMPTY = "BusinessHours.strategy"

# The metadata of a snapshot that is not a statistic.
_OWN: dict[str, Schema] = {
    **dict.fromkeys(("version", "workspace", "site", "kind", "release", "timezone"), TEXT),
    **dict.fromkeys(("slot", "startedAt", "finishedAt"), DATE),
    "seconds": _NUMBER | {"description": "Duration of the snapshot."},
    "readings": _OBJECT | {"description": "By reading: whether it succeeded, and how many seconds it took."},
    "unavailable": _OBJECT | {"description": "At the path of an absent value, the reason for its absence."},
    "notes": _OBJECT | {"description": "At the path of a value, what limits it."},
}


def schema(statistics: Iterable[Statistic]) -> Schema:
    """The schema of a snapshot with these statistics; no key is required, as `fields` and releases leave some out."""
    root: Schema = {
        **_OBJECT,
        "description": "A statistics document. A value is null where Rocket.Chat itself has none: a setting that does "
        "not exist, or no message yet; before release 7.4 it is absent. A value that could not be read is absent, and "
        "`collector.unavailable` gives the reason at the same path.",
        "properties": {"_id": TEXT, "createdAt": DATE, "_updatedAt": DATE},
    }
    for statistic in statistics:
        _place(root, statistic.key.split("."), _value(statistic))
    own = root["properties"].setdefault("collector", dict(_OBJECT))
    own["properties"] = _OWN | own.get("properties", {})
    return root


def _value(statistic: Statistic) -> Schema:
    described = _UNITS.get(statistic.unit, _NUMBER)
    types = [described["type"], "null", *(["boolean"] if statistic.key == _FLAG_OR_EMPTY else [])]
    return described | {"type": types, "description": statistic.meaning}


def _place(above: Schema, path: list[str], value: Schema) -> None:
    name, *rest = path
    properties = above.setdefault("properties", {})
    if rest:
        _place(properties.setdefault(name, dict(_OBJECT)), rest, value)
    else:
        properties[name] = value


SNAPSHOT = schema(catalog.STATISTICS)
