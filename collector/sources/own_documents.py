"""Owns the dates of the server's own statistics documents: of its last report to the vendor, and of their deletion."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from collector.sources import json_web_token
from collector.sources.collections import Collection, Pipeline
from collector.sources.queries import DATES
from collector.sources.rocketchat import RocketChat

_TOKEN = "statsToken"  # noqa: S105  a name
_MOST_SECONDS = 2**31


def last_report(workspace: RocketChat, since: datetime) -> datetime | None:
    """The date in the newest receipt of the vendor since then; None without any. Only the date is read.

    Raises:
        ValueError: the newest receipt cannot be read.
    """
    where = {"createdAt": {"$gte": since}, _TOKEN: {"$exists": True}}
    newest: Pipeline = [{"$match": where}, {"$sort": {"createdAt": -1}}, {"$limit": 1}, {"$project": {_TOKEN: 1}}]
    receipts = workspace.aggregate(Collection.STATISTICS, newest)
    if not receipts:
        return None
    if (found := json_web_token.date(json_web_token.payload(receipts[0][_TOKEN]).get("timestamp"))) is None:
        raise ValueError("the newest statsToken cannot be read")
    return found


def time_to_live(workspace: RocketChat) -> timedelta | None:
    """After which time MongoDB deletes a document; None if it deletes none.

    Raises:
        NotAuthorizedError: this login may not list the indexes.
    """
    seconds = workspace.time_to_live(Collection.STATISTICS, "createdAt")
    return timedelta(seconds=seconds) if seconds and seconds < _MOST_SECONDS else None


def oldest(workspace: RocketChat, before: datetime, count: int) -> Sequence[tuple[Any, datetime]]:
    """The ids and dates of the oldest documents before a moment, in order of time."""
    shown: Pipeline = [{"$sort": {"createdAt": 1}}, {"$limit": count}, {"$project": {"createdAt": 1}}]
    rows = workspace.aggregate(Collection.STATISTICS, [{"$match": {"createdAt": DATES | {"$lt": before}}}, *shown])
    return [(row["_id"], row["createdAt"]) for row in rows]
