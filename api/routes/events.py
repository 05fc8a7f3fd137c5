"""Owns the route of events."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from api.access.policy import ApiPolicy
from api.caching.responses import QUERY_WITHIN, Context, Resource
from api.query.events import EventsQuery, parse
from api.query.listing import BadQueryError
from api.rendering import bson_json
from collector.errors import TooLargeError
from collector.history.events import Event
from collector.history.events.timeline import Timeline

_PARAMETERS = frozenset({"start", "end", "count", "offset"})
_SLOW = f"MongoDB needs more than {QUERY_WITHIN:g} seconds for this query; ask for a shorter time"


def resource(timeline: Timeline, zone: str) -> Resource[EventsQuery]:
    """{events: [{at, since, kind, text, and the id of a note}], count, offset, total, success}, newest first."""

    def parsed(given: Mapping[str, str], _: ApiPolicy) -> EventsQuery:
        return parse(given, zone, datetime.now(UTC))

    def render(context: Context, query: EventsQuery) -> Iterator[bytes]:
        found = _found(timeline, context.rules.workspace, query)
        page = [shown(event) for event in found[query.offset : query.offset + query.count]]
        yield bson_json.document({"events": page, "count": len(page), "offset": query.offset, "total": len(found)})

    return Resource(parsed, render, _PARAMETERS, is_hourly=True, slow=_slow)


def shown(event: Event) -> dict[str, Any]:
    """An event as responses have it."""
    return {"at": event.at, "since": event.since, "kind": event.kind.value, "text": event.text} | (
        {"id": event.id} if event.id else {}
    )


def _found(timeline: Timeline, workspace: str, query: EventsQuery) -> list[Event]:
    """Raises: BadQueryError: the period has too many snapshots."""
    try:
        return timeline.between(workspace, query.start, query.end)
    except TooLargeError as error:
        raise BadQueryError("start", query.start.isoformat(), str(error)) from error


def _slow(given: Mapping[str, str], _: EventsQuery) -> BadQueryError:
    return BadQueryError("start", given.get("start", ""), _SLOW)
