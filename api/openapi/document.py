"""The description of the API in OpenAPI 3.1: routes, parameters, headers, answers and errors, with examples. Pure."""

from typing import Any

from api.access.rate_limit import WINDOW
from api.openapi.schemas import FORMAT, LIST, REFRESH, SCHEMAS, SERIES, TEXT, Schema, ref
from api.rendering.compression import NAMES
from api.rendering.tabular import CSV, NDJSON
from collector import __version__


def _header(text: str, schema: Schema = TEXT) -> Schema:
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
    content = {"schema": ref(schema)} | ({} if example is None else {"example": example})
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
    known = {"name": "If-None-Match", "in": "header", "description": "The ETag of what you have.", "schema": TEXT}
    operation["parameters"] = [*(parameters or []), known]
    return {"get": operation | {"security": [{}, *_LOGIN] if is_open else _LOGIN}}


def _tabular(summary: str, schema: str, parameters: list[Schema]) -> Schema:
    """A route that answers in other forms than JSON too."""
    described = _get(summary, schema, parameters)
    described["get"]["responses"]["200"]["content"] |= {kind: {"schema": TEXT} for kind in (CSV, NDJSON)}
    return described


def _state(summary: str, schema: str, *more: str) -> Schema:
    answers = {status: _answer("How it is.", schema) for status in ("200", *more)}
    return {"get": {"summary": summary, "responses": answers, "security": []}}


_METRICS: Schema = {
    "get": {
        "summary": "The newest snapshot's main figures, and how rcstats does, for Prometheus",
        "description": "For this host itself; for others with the bearer token of `RCSTATS_METRICS_TOKEN`.",
        "responses": {
            "200": {"description": "The figures.", "content": {"text/plain": {"schema": TEXT}}},
            "401": _answer("The bearer token is missing or wrong.", "Failure"),
            "403": _answer("Only this host itself may ask.", "Failure"),
        },
        "security": [{}],
    }
}

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
        "/api/v1/statistics.list": _tabular("Stored snapshots, page by page", "Page", [*LIST, FORMAT]),
        "/api/v1/statistics": _get("The newest snapshot, or a new one", "Newest", [REFRESH]),
        "/api/v1/statistics.series": _tabular("Figures over time", "Series", [*SERIES, FORMAT]),
        "/api/v1/statistics.forecast": _get("Forecast of growth, and anomalies among the newest figures", "Forecast"),
        "/api/v1/statistics.dictionary": _get("What every statistic means", "Dictionary"),
        "/api/info": _get("The server's release", "Info", is_open=True),
        "/metrics": _METRICS,
        "/health": _state("Whether the process lives", "Health"),
        "/ready": _state("Whether it can serve", "Ready", "503"),
    },
    "components": {
        "schemas": SCHEMAS,
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
