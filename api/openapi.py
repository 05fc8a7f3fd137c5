"""The description of the API in OpenAPI 3.1: routes, parameters, headers, answers and errors, with examples. Pure."""

from typing import Any

from api.compression import NAMES
from api.filter import LOGICAL, MAX_PATTERN, PATH, REGEX_OPTIONS
from api.limiter import WINDOW
from api.query import MAX_SORT_KEYS, WHOLE
from collector import __version__

Schema = dict[str, Any]

_WHOLE: Schema = {"type": "string", "pattern": WHOLE}
_PATHS: Schema = {"type": "object", "propertyNames": {"pattern": PATH}}
_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_DATE: Schema = {"type": "string", "format": "date-time"}
_TRUE: Schema = {"const": True}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(required: str, **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": required.split()}


_SNAPSHOT: Schema = _object("_id createdAt collector", _id=_TEXT, createdAt=_DATE, _updatedAt=_DATE) | {
    "description": "A statistics document. Its other keys are those of `statistics.dictionary`; what could not be "
    "read is absent, and `collector.unavailable` has the reason at the same path."
}
_SNAPSHOT["properties"]["collector"] = {
    "type": "object",
    "description": "The collector's own account: version, workspace, slot, seconds, the readings, what is unavailable.",
}

# A filter, as api/filter.py reads it; its bounds on depth and size have no words in a schema.
_FILTER: dict[str, Schema] = {
    "Conditions": {
        "type": "object",
        "properties": {
            operator: {"type": "array", "minItems": 1, "items": _ref("Conditions")} for operator in sorted(LOGICAL)
        },
        "patternProperties": {PATH: {"anyOf": [_ref("Plain"), _ref("Date"), _ref("Operators")]}},
        "additionalProperties": False,
    },
    "Plain": {
        "anyOf": [
            {"type": ["string", "number", "boolean", "null"]},
            {"type": "array", "items": {"anyOf": [_ref("Plain"), _ref("Date")]}},
            {
                "type": "object",
                "propertyNames": {"pattern": r"^(?!\$)[^\x00]*$"},
                "additionalProperties": {"anyOf": [_ref("Plain"), _ref("Date")]},
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
            **{name: {"anyOf": [_ref("Plain"), _ref("Date")]} for name in ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte")},
            **{name: {"type": "array", "items": _ref("Plain")} for name in ("$in", "$nin", "$all")},
            "$exists": {"type": "boolean"},
            "$size": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
            "$not": _ref("Operators"),
            "$elemMatch": _ref("Conditions"),
            "$regex": {"type": "string", "format": "regex", "maxLength": MAX_PATTERN},
            "$options": {"type": "string", "pattern": f"^{REGEX_OPTIONS}$"},
        },
        "dependentRequired": {"$options": ["$regex"]},
        "additionalProperties": False,
    },
}

_SCHEMAS: dict[str, Schema] = {
    "Snapshot": _SNAPSHOT,
    "Page": _object(
        "statistics count offset total success",
        statistics={"type": "array", "items": {"type": "object"}, "description": "Snapshots, or the chosen `fields`."},
        count=_COUNT | {"description": "How many there are on this page."},
        offset=_COUNT,
        total=_COUNT | {"description": "How many match in all."},
        success=_TRUE,
    ),
    "Newest": {
        "description": "The newest snapshot's own keys and `success`; only `success` if there is none.",
        **_object("success", success=_TRUE, _id=_TEXT, createdAt=_DATE),
    },
    "Dictionary": _object(
        "statistics count success",
        statistics={
            "type": "array",
            "items": _object(
                "key meaning unit source cost accuracy",
                **dict.fromkeys(("key", "meaning", "unit", "source", "cost", "accuracy"), _TEXT),
            ),
        },
        count=_COUNT,
        success=_TRUE,
    ),
    "Info": _object("success", version=_TEXT, info={"type": "object"}, success=_TRUE)
    | {"description": "The server's release, whole only for who may see statistics; absent while it is not known."},
    "Health": _object("status", status={"const": "ok"}),
    "Ready": _object(
        "ready",
        ready={"type": "boolean"},
        problems={"type": "object", "additionalProperties": _TEXT, "description": "What is wrong, by part."},
    ),
    "NotLoggedIn": _object("status message", status={"const": "error"}, message=_TEXT),
    "Failure": _object("success error", success={"const": False}, error=_TEXT, errorType=_TEXT, details={}),
    **_FILTER,
}

_PARAMETERS: list[Schema] = [
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
            "Which snapshots: MongoDB's query language, held to the operators described here, at any depth.",
            _ref("Conditions"),
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
_REFRESH: Schema = {
    "name": "refresh",
    "in": "query",
    "description": "`true`, and nothing else, takes a new snapshot first.",
    "schema": _TEXT,
    "example": "true",
}


def _header(text: str, schema: Schema = _TEXT) -> Schema:
    return {"description": text, "schema": schema}


_LIMITS = {
    "X-RateLimit-Limit": _header(f"Requests in {WINDOW:g} seconds; these headers are absent where nothing is limited."),
    "X-RateLimit-Remaining": _header("Requests that are left."),
    "X-RateLimit-Reset": _header("When the window ends, in milliseconds since 1970."),
}
_KEPT = {
    "ETag": _header("Of the answer, in whatever encoding; for `If-None-Match`."),
    "Content-Encoding": _header(f"{' or '.join(NAMES)}, where it is accepted and worth it."),
}


def _answer(text: str, schema: str, headers: Schema | None = None, example: Any = None) -> Schema:
    content = {"schema": _ref(schema)} | ({} if example is None else {"example": example})
    answer: Schema = {"description": text, "content": {"application/json": content}}
    return answer | ({"headers": headers} if headers else {})


_DENIED = {
    "401": _answer(
        "No header pair, or one that no user holds.",
        "NotLoggedIn",
        example={"status": "error", "message": "You must be logged in to do this."},
    ),
    "400": _answer(
        "A parameter can't be served, or the user lacks `view-statistics`.",
        "Failure",
        _LIMITS,
        {"success": False, "error": "error-not-allowed"},
    ),
}
_ALWAYS = {
    "429": _answer("Too many requests.", "Failure", _LIMITS),
    "503": _answer("MongoDB is away, or too slow.", "Failure"),
}
_LOGIN: list[Schema] = [{"userId": [], "authToken": []}]


def _get(summary: str, schema: str, parameters: list[Schema] | None = None, *, is_open: bool = False) -> Schema:
    answers = {"200": _answer("The answer.", schema, _KEPT | _LIMITS), "304": {"description": "What you have holds."}}
    operation: Schema = {"summary": summary, "responses": answers | _ALWAYS | ({} if is_open else _DENIED)}
    known = {"name": "If-None-Match", "in": "header", "description": "The ETag of what you have.", "schema": _TEXT}
    operation["parameters"] = [*(parameters or []), known]
    return {"get": operation | {"security": [{}, *_LOGIN] if is_open else _LOGIN}}


def _state(summary: str, schema: str, *more: str) -> Schema:
    answers = {status: _answer("How it is.", schema) for status in ("200", *more)}
    return {"get": {"summary": summary, "responses": answers, "security": []}}


DOCUMENT: Schema = {
    "openapi": "3.1.0",
    "info": {
        "title": "rcstats",
        "version": __version__,
        "description": "Stored statistics of a Rocket.Chat workspace, by Rocket.Chat's own contract.",
        "license": {"name": "MIT", "identifier": "MIT"},
    },
    "servers": [{"url": "/"}],
    "paths": {
        "/api/v1/statistics.list": _get("Stored snapshots, page by page", "Page", _PARAMETERS),
        "/api/v1/statistics": _get("The newest snapshot, or a new one", "Newest", [_REFRESH]),
        "/api/v1/statistics.dictionary": _get("What every statistic means", "Dictionary"),
        "/api/info": _get("The server's release", "Info", is_open=True),
        "/health": _state("Whether the process lives", "Health"),
        "/ready": _state("Whether it can serve", "Ready", "503"),
    },
    "components": {
        "schemas": _SCHEMAS,
        "securitySchemes": {
            "userId": {"type": "apiKey", "in": "header", "name": "X-User-Id"},
            "authToken": {
                "type": "apiKey",
                "in": "header",
                "name": "X-Auth-Token",
                "description": "A login or personal access token of the workspace.",
            },
        },
    },
}
