"""What is asked, how each server wants to be asked, and how its answer is read."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from collector.demo.sample.workspace import ADMIN

LOGIN = {"X-User-Id": ADMIN.user_id, "X-Auth-Token": ADMIN.token}
NUMBERS = ("totalUsers", "activeUsers", "totalRooms", "totalMessages")
_FIVE = (*NUMBERS, "createdAt")
_EVES_DATE = "%a, %d %b %Y %H:%M:%S GMT"


@dataclass(frozen=True)
class Ask:
    """The newest snapshots: how many, which of their fields (none: all), and of which time."""

    count: int
    fields: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    page: int = 0

    def other(self, number: int) -> "Ask":
        """One like it that no other client has: a later page, or a day that begins some hours before."""
        if self.since and self.until:
            back = timedelta(hours=number)
            return replace(self, since=self.since - back, until=self.until - back)
        return replace(self, page=number)


def asks(newest: datetime) -> Mapping[str, Ask]:
    """All that is measured, by name; the day lies a little back in time."""
    until = newest - timedelta(hours=72)
    return {
        "the newest one": Ask(1),
        "fifty whole": Ask(50),
        "five fields of fifty": Ask(50, _FIVE),
        "one day": Ask(50, (), until - timedelta(days=1), until),
    }


@dataclass(frozen=True)
class Page:
    """An answer: how many snapshots match in all, and of each one here its id and numbers."""

    total: int
    rows: list[tuple[Any, ...]]


@dataclass(frozen=True)
class Dialect:
    """One API: the request target of an ask, and the page in an answer."""

    target: Callable[[Ask], str]
    page: Callable[[Any], Page]


def _as_rocket_chat(ask: Ask) -> str:
    given: dict[str, Any] = {"count": ask.count, "sort": json.dumps({"createdAt": -1})}
    given["offset"] = ask.page * ask.count
    if ask.fields:
        given["fields"] = json.dumps(dict.fromkeys(ask.fields, 1))
    if ask.since and ask.until:
        bounds = {"$gte": {"$date": _iso(ask.since)}, "$lt": {"$date": _iso(ask.until)}}
        given["query"] = json.dumps({"createdAt": bounds})
    return f"/api/v1/statistics.list?{urlencode(given)}"


def _as_eve(ask: Ask) -> str:
    given: dict[str, Any] = {"max_results": ask.count, "sort": "-createdAt", "page": ask.page + 1}
    if ask.fields:
        given["projection"] = json.dumps(dict.fromkeys(ask.fields, 1))
    if ask.since and ask.until:
        bounds = {"$gte": f"{ask.since:{_EVES_DATE}}", "$lt": f"{ask.until:{_EVES_DATE}}"}
        given["where"] = json.dumps({"createdAt": bounds})
    return f"/statistics?{urlencode(given)}"


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.000Z}"


def _from_rocket_chat(answer: Any) -> Page:
    assert answer["success"], answer
    assert answer["count"] == len(answer["statistics"]), answer["count"]
    return Page(answer["total"], _rows(answer["statistics"]))


def _from_eve(answer: Any) -> Page:
    return Page(answer["_meta"]["total"], _rows(answer["_items"]))


def _rows(documents: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [tuple(document[key] for key in ("_id", *NUMBERS)) for document in documents]


ROCKET_CHAT = Dialect(_as_rocket_chat, _from_rocket_chat)
EVE = Dialect(_as_eve, _from_eve)
