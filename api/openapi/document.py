"""Owns the OpenAPI 3.1 document: routes, parameters, headers, responses and errors, with examples. Pure."""

from typing import Any

from api.openapi.limits import LIMITS
from api.openapi.primitives import TEXT, Schema, ref
from api.openapi.schemas import EVENTS, FORMAT, LIST, REFRESH, SCHEMAS, SERIES
from api.rendering.compression import NAMES
from api.rendering.tabular import CSV, NDJSON
from collector import __version__


def _header(text: str, schema: Schema = TEXT) -> Schema:
    return {"description": text, "schema": schema}


_LIMITS = {
    "X-RateLimit-Limit": _header("Requests allowed in the window. These headers are absent if no limit applies."),
    "X-RateLimit-Remaining": _header("Requests left in the window."),
    "X-RateLimit-Reset": _header("End of the window, in milliseconds since 1970."),
}
_KEPT = {
    "ETag": _header("Version of the response, independent of its encoding; for `If-None-Match`."),
    "Content-Encoding": _header(f"{' or '.join(NAMES)}, if accepted and worthwhile."),
}


def _answer(text: str, schema: str, headers: Schema | None = None, example: Any = None) -> Schema:
    content = {"schema": ref(schema)} | ({} if example is None else {"example": example})
    answer: Schema = {"description": text, "content": {"application/json": content}}
    return answer | ({"headers": headers} if headers else {})


_DENIED = {
    "401": _answer(
        "The login headers are missing or invalid.",
        "NotLoggedIn",
        example={"status": "error", "message": "You must be logged in to do this."},
    ),
    "400": _answer(
        "A parameter is invalid. Before release 9.0: or the user lacks the permission `view-statistics`.",
        "Failure",
        _LIMITS,
        {"success": False, "error": "error-not-allowed"},
    ),
    "403": _answer(
        "From release 9.0 of Rocket.Chat on: the user lacks the permission `view-statistics`.",
        "Failure",
        _LIMITS,
        {"success": False, "error": "error-not-allowed", "errorType": "error-forbidden"},
    ),
}
_ALWAYS = {
    "429": _answer("Too many requests.", "Failure", _LIMITS),
    "503": _answer("MongoDB is unavailable or too slow.", "Failure"),
}
_LOGIN: list[Schema] = [{"userId": [], "authToken": []}, {"accessToken": []}]


def _get(summary: str, schema: str, parameters: list[Schema] | None = None, *, is_open: bool = False) -> Schema:
    answers = {"200": _answer("Success.", schema, _KEPT | _LIMITS), "304": {"description": "Not modified."}}
    operation: Schema = {"summary": summary, "responses": answers | _ALWAYS | ({} if is_open else _DENIED)}
    known = {"name": "If-None-Match", "in": "header", "description": "ETag of a previous response.", "schema": TEXT}
    operation["parameters"] = [*(parameters or []), known]
    return {"get": operation | {"security": [{}, *_LOGIN] if is_open else _LOGIN}}


def _tabular(summary: str, schema: str, parameters: list[Schema]) -> Schema:
    """A route with CSV and NDJSON responses in addition to JSON."""
    described = _get(summary, schema, parameters)
    described["get"]["responses"]["200"]["content"] |= {kind: {"schema": TEXT} for kind in (CSV, NDJSON)}
    return described


def _state(summary: str, schema: str, *more: str) -> Schema:
    answers = {status: _answer("Current state.", schema) for status in ("200", *more)}
    return {"get": {"summary": summary, "responses": answers, "security": []}}


_METRICS: Schema = {
    "get": {
        "summary": "Main figures of the newest snapshot, and metrics of rcstats, for Prometheus",
        "description": "Requires the bearer token of `RCSTATS_METRICS_TOKEN`, or a local request if that is not set.",
        "responses": {
            "200": {"description": "Metrics.", "content": {"text/plain": {"schema": TEXT}}},
            "401": _answer("The bearer token is missing or wrong.", "Failure"),
            "403": _answer("Only local requests are accepted unless `RCSTATS_METRICS_TOKEN` is set.", "Failure"),
        },
        "security": [{}],
    }
}


def _named(paths: dict[str, Schema]) -> dict[str, Schema]:
    """The routes with an id and a tag each: `statisticsList` of `statistics`, `health` of `operation`."""
    for path, route in paths.items():
        first, *rest = path.rpartition("/")[2].split(".")
        about = {"operationId": first + "".join(map(str.capitalize, rest)), "tags": [_tag(path)]}
        route["get"] = about | route["get"]
    return paths


def _tag(path: str) -> str:
    return "statistics" if path.startswith("/api/v1/") else "operation"


DOCUMENT: Schema = {
    "openapi": "3.1.0",
    "info": {
        "title": "rcstats",
        "version": __version__,
        "description": "Stored statistics of a Rocket.Chat workspace, in Rocket.Chat's own format. Errors are in its "
        "format too: `success` is false and `error` says why, a bad parameter is explained in `details.reason`, and a "
        "request without a login gets `status` and `message`.",
        "license": {"name": "MIT", "identifier": "MIT"},
    },
    "servers": [{"url": "/"}],
    "tags": [
        {"name": "statistics", "description": "The history of the workspace."},
        {"name": "operation", "description": "The state of rcstats, and the release of the server."},
    ],
    "paths": _named(
        {
            "/api/v1/statistics.list": _tabular("List stored snapshots", "Page", [*LIST, FORMAT]),
            "/api/v1/statistics": _get("Get the newest snapshot, or take a new one", "Newest", [REFRESH]),
            "/api/v1/statistics.series": _tabular("Get figures over time", "Series", [*SERIES, FORMAT]),
            "/api/v1/statistics.forecast": _get(
                "Forecast growth, and find anomalies among the newest figures", "Forecast"
            ),
            "/api/v1/statistics.limits": _get("Get the limits of the workspace, the nearest first", "Limits"),
            "/api/v1/statistics.events": _get("Get what happened to the workspace, and notes", "Events", EVENTS),
            "/api/v1/statistics.dictionary": _get("Get the definition of every statistic", "Dictionary"),
            "/api/info": _get("Get the release of the Rocket.Chat server", "Info", is_open=True),
            "/metrics": _METRICS,
            "/health": _state("Check that the process is alive", "Health"),
            "/ready": _state("Check that requests can be served", "Ready", "503"),
        }
    ),
    "components": {
        "schemas": SCHEMAS | LIMITS,
        "securitySchemes": {
            "userId": {"type": "apiKey", "in": "header", "name": "X-User-Id"},
            "authToken": {
                "type": "apiKey",
                "in": "header",
                "name": "X-Auth-Token",
                "description": "A login or personal access token of the workspace.",
            },
            "accessToken": {
                "type": "http",
                "scheme": "bearer",
                "description": "An OAuth access token of the workspace; also as the parameter `access_token`. Counts "
                "only if `X-User-Id` or `X-Auth-Token` is missing.",
            },
        },
    },
}
