"""The schemas of the API's description: documents, filters and parameters. Pure."""

from typing import Any

from api.query.filters import LOGICAL, MAX_PATTERN, PATH, PATH_BOUNDS, REGEX_OPTIONS
from api.query.listing import MAX_SORT_KEYS, WHOLE
from api.query.series import MOST_BUCKETS, MOST_FIELDS, MOST_VALUES, WIDTH
from collector.series.pipeline import How

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
    "description": "A statistics document. Its other keys are those of `statistics.dictionary`; what could not be "
    "read is absent, and `collector.unavailable` has the reason at the same path."
}
_SNAPSHOT["properties"]["collector"] = {
    "type": "object",
    "description": "The collector's own account: version, workspace, slot, seconds, the readings, what is unavailable.",
}

# A filter, as api/query/filters.py reads it; its bounds on depth and size have no words in a schema.
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
        "properties": {"$date": {"type": "integer", "minimum": 0, "maximum": 253402300799999}},
        "required": ["$date"],
        "additionalProperties": False,
        "description": "Milliseconds since 1970; an ISO 8601 text is read too.",
    },
    "Operators": {
        "type": "object",
        "minProperties": 1,
        "properties": {
            **{name: {"anyOf": [ref("Plain"), ref("Date")]} for name in ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte")},
            **{name: {"type": "array", "items": ref("Plain")} for name in ("$in", "$nin", "$all")},
            "$exists": {"type": "boolean"},
            "$size": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
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
        statistics={"type": "array", "items": {"type": "object"}, "description": "Snapshots, or the chosen `fields`."},
        count=_COUNT | {"description": "How many there are on this page."},
        offset=_COUNT,
        total=_COUNT | {"description": "How many match in all."},
        success=_TRUE,
    ),
    "Newest": {
        "description": "The newest snapshot's own keys and `success`; only `success` if there is none.",
        **object_("success", success=_TRUE, _id=TEXT, createdAt=_DATE),
    },
    "Series": object_(
        "at series every how timezone start end count success",
        at={"type": "array", "items": _DATE, "description": "The beginning of each bucket that has snapshots."},
        series={"type": "object", "additionalProperties": {"type": "array"}, "description": "Values by key path."},
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
                "key meaning unit source cost accuracy",
                **dict.fromkeys(("key", "meaning", "unit", "source", "cost", "accuracy"), TEXT),
            ),
        },
        count=_COUNT,
        success=_TRUE,
    ),
    "Info": object_("success", version=TEXT, info={"type": "object"}, success=_TRUE)
    | {"description": "The server's release, whole only for who may see statistics; absent while it is not known."},
    "Health": object_("status", status={"const": "ok"}),
    "Ready": object_(
        "ready",
        ready={"type": "boolean"},
        problems={"type": "object", "additionalProperties": TEXT, "description": "What is wrong, by part."},
    ),
    "NotLoggedIn": object_("status message", status={"const": "error"}, message=TEXT),
    "Failure": object_("success error", success={"const": False}, error=TEXT, errorType=TEXT, details={}),
    **_FILTER,
}

LIST: list[Schema] = [
    {
        "name": name,
        "in": "query",
        "description": text,
        "schema": _WHOLE,
        "example": example,
    }
    for name, text, example in (
        ("offset", "How many snapshots to skip; read as JavaScript's parseInt reads it.", "0"),
        (
            "count",
            "How many a page has, up to the workspace's `API_Upper_Count_Limit`; 0 for all, if it allows that.",
            "1",
        ),
    )
] + [
    {
        "name": name,
        "in": "query",
        "description": text,
        "content": {"application/json": {"schema": schema, "example": example}},
    }
    for name, text, schema, example in (
        (
            "query",
            f"Which snapshots: MongoDB's query language, held to these operators. A key path has {PATH_BOUNDS}.",
            ref("Conditions"),
            {"createdAt": {"$gte": {"$date": 1519483980312}}},
        ),
        (
            "fields",
            "Which keys: 1 for those to show, or 0 for those to leave out; where both are given the zeros are dropped.",
            _PATHS | {"additionalProperties": {"enum": [0, 1]}},
            {"os": 0, "process": 0},
        ),
        (
            "sort",
            "By which keys, 1 ascending and -1 descending, in this order; the newest first unless given.",
            _PATHS | {"additionalProperties": {"enum": [1, -1]}, "maxProperties": MAX_SORT_KEYS},
            {"createdAt": -1},
        ),
    )
]
REFRESH: Schema = {
    "name": "refresh",
    "in": "query",
    "description": "`true`, and nothing else, takes a new snapshot first.",
    "schema": TEXT,
    "example": "true",
}

FORMAT: Schema = {
    "name": "format",
    "in": "query",
    "description": "`json`, `csv` or `ndjson`; otherwise by the header `Accept`, and JSON unless that says another.",
    "schema": {"type": "string", "enum": ["", "json", "csv", "ndjson"]},
    "example": "json",
}

# Some that pass; times and zones have no words in a schema.
_TIMES = ["", "now", "-90d", "-2w", "2024-03-01", "2024-03-01T10:00:00Z"]
_ZONES = ["", "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]
_PATHS_LISTED = r"^[a-zA-Z][a-zA-Z0-9]{0,30}(\.([a-zA-Z][a-zA-Z0-9]{0,29}|[0-9]{1,9})){0,3}$"
_WIDTH_OF_A_BUCKET = (
    f"The width of a bucket; `1d` unless given. There are at most {MOST_BUCKETS} buckets, and {MOST_VALUES} values in "
    "them: buckets times `fields`."
)

SERIES: list[Schema] = [
    {"name": name, "in": "query", "description": text, "schema": {"type": "string"} | schema, "example": example}
    for name, text, schema, example in (
        ("start", "An ISO 8601 time, `now`, or a time before it; `-30d` unless given.", {"enum": _TIMES[2:]}, "-90d"),
        ("end", "The same; `now` unless given.", {"enum": ["", "now"]}, "now"),
        ("every", _WIDTH_OF_A_BUCKET, {"pattern": f"^(?:{WIDTH})?$"}, "1d"),
        ("how", "What stands for a bucket's snapshots.", {"enum": ["", *How]}, "last"),
        ("timezone", "On whose calendar buckets lie; the collector's own unless given.", {"enum": _ZONES}, "UTC"),
    )
] + [
    {
        "name": "fields",
        "in": "query",
        "required": True,
        "description": f"Up to {MOST_FIELDS} key paths with commas between; a number is a place in a list. A path has "
        f"{PATH_BOUNDS}.",
        "schema": {"type": "string", "pattern": _PATHS_LISTED},
        "example": "totalUsers",
    },
]
