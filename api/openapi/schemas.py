"""Owns the schemas of the OpenAPI document: snapshots, filters and parameters. Pure."""

from typing import Any

from collector.key_paths import PATH, PATH_BOUNDS
from collector.series.parameters import MOST_BUCKETS, MOST_FIELDS, MOST_VALUES
from collector.series.pipeline import How
from collector.series.widths import WIDTH
from collector.store.filters import LOGICAL, MAX_PATTERN, REGEX_OPTIONS, TYPE_NAMES, TYPE_NUMBERS
from collector.store.parameters import MAX_SORT_KEYS, WHOLE

Schema = dict[str, Any]

_WHOLE: Schema = {"type": "string", "pattern": WHOLE}
_PATHS: Schema = {"type": "object", "propertyNames": {"pattern": PATH}}
TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_DATE: Schema = {"type": "string", "format": "date-time"}
_TRUE: Schema = {"const": True}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def object_(required: str, **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": required.split()}


_SNAPSHOT: Schema = object_("_id createdAt collector", _id=TEXT, createdAt=_DATE, _updatedAt=_DATE) | {
    "description": "A statistics document. `statistics.dictionary` defines its other keys. A value is null "
    "where Rocket.Chat itself has none: a setting that does not exist, or no message yet; before release 7.4 it is "
    "absent. A value that could not be read is absent, and `collector.unavailable` gives the reason at the same path."
}
_SNAPSHOT["properties"]["collector"] = {
    "type": "object",
    "description": "Metadata of the snapshot: version, workspace, slot, duration, readings, reasons of absent values.",
}

_INT64: Schema = {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}
_DIVISOR = _INT64 | {"not": {"const": 0}}

# A filter as accepted by collector/store/filters.py; a schema cannot express its limits on depth and size,
# nor that a date is compared with dates only.
_FILTER: dict[str, Schema] = {
    "Conditions": {
        "type": "object",
        "properties": {
            operator: {"type": "array", "minItems": 1, "items": ref("Conditions")} for operator in sorted(LOGICAL)
        },
        "patternProperties": {PATH: {"anyOf": [ref("Plain"), ref("Date"), ref("Operators")]}},
        "additionalProperties": False,
    },
    "Plain": {
        "anyOf": [
            {"type": ["string", "number", "boolean", "null"]},
            {"type": "array", "items": {"anyOf": [ref("Plain"), ref("Date")]}},
            {
                "type": "object",
                "propertyNames": {"pattern": r"^(?!\$)[^\x00]*$"},
                "additionalProperties": {"anyOf": [ref("Plain"), ref("Date")]},
            },
        ]
    },
    "Date": {
        "type": "object",
        "properties": {"$date": {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 253402300799999}, _DATE]}},
        "required": ["$date"],
        "additionalProperties": False,
        "description": "Milliseconds since 1970, or an ISO 8601 text.",
    },
    "Type": {"enum": [*sorted(TYPE_NAMES), *sorted(TYPE_NUMBERS)]},
    "Operators": {
        "type": "object",
        "minProperties": 1,
        "properties": {
            **{name: {"anyOf": [ref("Plain"), ref("Date")]} for name in ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte")},
            **{name: {"type": "array", "items": ref("Plain")} for name in ("$in", "$nin", "$all")},
            "$exists": {"type": "boolean"},
            "$size": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
            "$type": {
                "anyOf": [
                    ref("Type"),
                    {"type": "array", "minItems": 1, "maxItems": len(TYPE_NAMES), "items": ref("Type")},
                ]
            },
            "$mod": {"type": "array", "minItems": 2, "maxItems": 2, "prefixItems": [_DIVISOR, _INT64]},
            "$not": ref("Operators"),
            "$elemMatch": ref("Conditions"),
            "$regex": {"type": "string", "format": "regex", "maxLength": MAX_PATTERN},
            "$options": {"type": "string", "pattern": f"^{REGEX_OPTIONS}$"},
        },
        "dependentRequired": {"$options": ["$regex"]},
        "additionalProperties": False,
    },
}

SCHEMAS: dict[str, Schema] = {
    "Snapshot": _SNAPSHOT,
    "Page": object_(
        "statistics count offset total success",
        statistics={
            "type": "array",
            "items": {"type": "object"},
            "description": "Snapshots, reduced to `fields` if given.",
        },
        count=_COUNT | {"description": "Number of snapshots on this page."},
        offset=_COUNT,
        total=_COUNT | {"description": "Number of matching snapshots."},
        success=_TRUE,
    ),
    "Newest": {
        "description": "The keys of the newest snapshot and `success`; only `success` if no snapshot exists.",
        **object_("success", success=_TRUE, _id=TEXT, createdAt=_DATE),
    },
    "Series": object_(
        "at series every how timezone start end count success",
        at={"type": "array", "items": _DATE, "description": "Start of each bucket that contains snapshots."},
        series={
            "type": "object",
            "additionalProperties": {"type": "array"},
            "description": "Values by key path, one per bucket.",
        },
        every=TEXT,
        how=TEXT,
        timezone=TEXT,
        start=_DATE,
        end=_DATE,
        count=_COUNT,
        success=_TRUE,
    ),
    "Forecast": object_(
        "growth anomalies success",
        growth={
            "type": "array",
            "items": object_("key now weekly weeks expected", key=TEXT, expected={"type": "array"}),
            "description": "Growth per week, and the 95 % prediction interval if the trend continues. Empty if the "
            "history is too short.",
        },
        anomalies={
            "type": "array",
            "items": object_("key value usual low high weeks text", key=TEXT, text=TEXT),
            "description": "Newest figures far from those at the same hour and weekday; holidays are reported too.",
        },
        success=_TRUE,
    ),
    "Dictionary": object_(
        "statistics count success",
        statistics={
            "type": "array",
            "items": object_(
                "key meaning unit source cost accuracy sites releases",
                **dict.fromkeys(("key", "meaning", "unit", "source", "cost", "accuracy", "sites", "releases"), TEXT),
            ),
        },
        count=_COUNT,
        success=_TRUE,
    ),
    "Info": object_("success", version=TEXT, info={"type": "object"}, success=_TRUE)
    | {"description": "The server's release, in full only for users who may view statistics; absent if unknown."},
    "Health": object_("status", status={"const": "ok"}),
    "Ready": object_(
        "ready",
        ready={"type": "boolean"},
        problems={"type": "object", "additionalProperties": TEXT, "description": "Problems by component."},
    ),
    "NotLoggedIn": object_("status message", status={"const": "error"}, message=TEXT),
    "Failure": object_("success error", success={"const": False}, error=TEXT, errorType=TEXT, details={}),
    **_FILTER,
}


def _parameter(name: str, description: str, schema: Schema, example: Any) -> Schema:
    """A parameter of the query string that is a text."""
    return {"name": name, "in": "query", "description": description, "schema": schema, "example": example}


def _json(name: str, description: str, schema: Schema, example: Any) -> Schema:
    """A parameter of the query string that is JSON."""
    content = {"application/json": {"schema": schema, "example": example}}
    return {"name": name, "in": "query", "description": description, "content": content}


LIST: list[Schema] = [
    _parameter("offset", "Number of snapshots to skip, parsed as by JavaScript's parseInt.", _WHOLE, "0"),
    _parameter(
        "count",
        "Page size, limited by the workspace's `API_Upper_Count_Limit`; 0 returns all, if the workspace allows it.",
        _WHOLE,
        "1",
    ),
    _json(
        "query",
        f"Filter in MongoDB's query language, limited to these operators. A key path has {PATH_BOUNDS}.",
        ref("Conditions"),
        {"createdAt": {"$gte": {"$date": "2018-02-24T14:53:00Z"}}},
    ),
    _json(
        "fields",
        "Keys to include (1) or to exclude (0). If both are given, the exclusions are ignored.",
        _PATHS | {"additionalProperties": {"enum": [0, 1]}},
        {"os": 0, "process": 0},
    ),
    _json(
        "sort",
        "Sort keys in order of precedence: 1 ascending, -1 descending. Default: newest first.",
        _PATHS | {"additionalProperties": {"enum": [1, -1]}, "maxProperties": MAX_SORT_KEYS},
        {"createdAt": -1},
    ),
]
REFRESH = _parameter("refresh", "`true` takes a new snapshot first; any other value has no effect.", TEXT, "true")
FORMAT = _parameter(
    "format",
    "`json`, `csv` or `ndjson`. Default: according to the header `Accept`, else JSON.",
    TEXT | {"enum": ["", "json", "csv", "ndjson"]},
    "json",
)

# Valid examples; a schema cannot express times and time zones.
_TIMES = ["-90d", "now-2w", "2024-03-01", "2024-03-01T10:00:00Z", "1709287200", "1709287200000"]
_TIME = "An ISO 8601 time, seconds or milliseconds since 1970, `now`, or an age such as `-90d` or `now-90d`."
_ZONES = ["", "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]
_PATHS_LISTED = r"^[a-zA-Z][a-zA-Z0-9]{0,30}(\.([a-zA-Z][a-zA-Z0-9]{0,29}|[0-9]{1,9})){0,3}$"
_WIDTH_OF_A_BUCKET = (
    f"Width of a bucket. Default: `1d`. A response has at most {MOST_BUCKETS} buckets and {MOST_VALUES} values: "
    "buckets times `fields`."
)

_FIELDS = f"Up to {MOST_FIELDS} comma-separated key paths; a number is an index of a list. A path has {PATH_BOUNDS}."

SERIES: list[Schema] = [
    *(
        _parameter(name, text, TEXT | schema, example)
        for name, text, schema, example in (
            ("start", f"{_TIME} Default: `-30d`.", {"enum": _TIMES}, "-90d"),
            ("end", "The same. Default: `now`.", {"enum": ["", "now"]}, "now"),
            ("every", _WIDTH_OF_A_BUCKET, {"pattern": f"^(?:{WIDTH})?$"}, "1d"),
            ("how", "Value of a bucket, computed from its snapshots. Default: `last`.", {"enum": ["", *How]}, "last"),
            ("timezone", "Time zone of the buckets. Default: the collector's own.", {"enum": _ZONES}, "UTC"),
        )
    ),
    _parameter("fields", _FIELDS, TEXT | {"pattern": _PATHS_LISTED}, "totalUsers") | {"required": True},
]
