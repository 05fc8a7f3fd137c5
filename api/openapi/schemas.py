"""Owns the schemas of the OpenAPI document's responses, and the parameters. Pure."""

from typing import Any

from api.openapi.filters import FILTER
from api.openapi.primitives import DATE, TEXT, TRUE, Schema, object_, ref
from api.openapi.snapshot import SNAPSHOT
from api.query.events import COUNT, MOST
from collector.history.events import Kind
from collector.key_paths import PATH, PATH_BOUNDS
from collector.series.parameters import MOST_BUCKETS, MOST_FIELDS, MOST_VALUES
from collector.series.pipeline import How
from collector.series.widths import WIDTH
from collector.store.parameters import MAX_SORT_KEYS, WHOLE

_WHOLE: Schema = {"type": "string", "pattern": WHOLE}
_PATHS: Schema = {"type": "object", "propertyNames": {"pattern": PATH}}
_COUNT: Schema = {"type": "integer", "minimum": 0}


_AHEAD: dict[str, Schema] = {key: {"type": "integer"} for key in ("days", "low", "middle", "high")}
_EXPECTATION = object_(" ".join(_AHEAD), **_AHEAD) | {
    "description": "The 95 % prediction interval so many days ahead, if growth goes on as it was."
}

SCHEMAS: dict[str, Schema] = {
    "Snapshot": SNAPSHOT,
    "Page": object_(
        "statistics count offset total success",
        statistics={
            "type": "array",
            "items": ref("Snapshot"),
            "description": "Snapshots, reduced to `fields` if given.",
        },
        count=_COUNT | {"description": "Number of snapshots on this page."},
        offset=_COUNT,
        total=_COUNT | {"description": "Number of matching snapshots."},
        success=TRUE,
    ),
    "Newest": {
        "description": "The keys of the newest snapshot and `success`; only `success` if no snapshot exists.",
        "allOf": [ref("Snapshot")],
        **object_("success", success=TRUE),
    },
    "Series": object_(
        "at series every how timezone start end count success",
        at={"type": "array", "items": DATE, "description": "Start of each bucket that contains snapshots."},
        series={
            "type": "object",
            "additionalProperties": {"type": "array"},
            "description": "Values by key path, one per bucket.",
        },
        every=TEXT,
        how=TEXT,
        timezone=TEXT,
        start=DATE,
        end=DATE,
        count=_COUNT,
        success=TRUE,
    ),
    "Forecast": object_(
        "growth anomalies success",
        growth={
            "type": "array",
            "items": object_(
                "key now weekly weeks expected",
                key=TEXT,
                now={"type": "integer", "description": "Value at the end of yesterday."},
                weekly={"type": "number", "description": "Mean growth in a week."},
                weeks=_COUNT | {"description": "Weeks of history that the forecast is made of."},
                expected={"type": "array", "items": _EXPECTATION},
            ),
            "description": "Growth of users, messages and the size of uploads. Empty if the history is too short.",
        },
        anomalies={
            "type": "array",
            "items": object_("key value usual low high weeks text", key=TEXT, text=TEXT),
            "description": "Newest figures far from those at the same hour and weekday; holidays are reported too.",
        },
        success=TRUE,
    ),
    "Events": object_(
        "events count offset total success",
        events={
            "type": "array",
            "items": object_(
                "at since kind text",
                at=DATE | {"description": "When the snapshot was taken that tells it; of a note, its time."},
                since={
                    "type": ["string", "null"],
                    "format": "date-time",
                    "description": "The snapshot before, after which it happened; null of a note, and without one.",
                },
                kind={"enum": [*Kind]},
                text=TEXT,
                id=TEXT | {"description": "Of a note."},
            ),
            "description": "Newest first.",
        },
        count=_COUNT | {"description": "Number of events on this page."},
        offset=_COUNT,
        total=_COUNT | {"description": "Number of events of the period."},
        success=TRUE,
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
        success=TRUE,
    ),
    "Info": object_("success", version=TEXT, info={"type": "object"}, success=TRUE)
    | {"description": "The server's release, in full only for users who may view statistics; absent if unknown."},
    "Health": object_("status", status={"const": "ok"}),
    "Ready": object_(
        "ready",
        ready={"type": "boolean"},
        problems={"type": "object", "additionalProperties": TEXT, "description": "Problems by component."},
    ),
    "NotLoggedIn": object_("status message", status={"const": "error"}, message=TEXT),
    "Failure": object_("success error", success={"const": False}, error=TEXT, errorType=TEXT, details={}),
    **FILTER,
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

_PERIOD = (
    ("start", f"{_TIME} Default: `-30d`.", {"enum": _TIMES}, "-90d"),
    ("end", "The same. Default: `now`.", {"enum": ["", "now"]}, "now"),
)

EVENTS: list[Schema] = [
    _parameter(name, text, TEXT | schema, example)
    for name, text, schema, example in (
        *_PERIOD,
        ("count", f"Page size, at most {MOST}. Default: {COUNT}.", {"pattern": "^([1-9][0-9]{0,2})?$"}, "20"),
        ("offset", "Number of events to skip.", {"pattern": "^([0-9]{1,6})?$"}, "0"),
    )
]

SERIES: list[Schema] = [
    *(
        _parameter(name, text, TEXT | schema, example)
        for name, text, schema, example in (
            *_PERIOD,
            ("every", _WIDTH_OF_A_BUCKET, {"pattern": f"^(?:{WIDTH})?$"}, "1d"),
            ("how", "Value of a bucket, computed from its snapshots. Default: `last`.", {"enum": ["", *How]}, "last"),
            ("timezone", "Time zone of the buckets. Default: the collector's own.", {"enum": _ZONES}, "UTC"),
        )
    ),
    _parameter("fields", _FIELDS, TEXT | {"pattern": _PATHS_LISTED}, "totalUsers") | {"required": True},
]
