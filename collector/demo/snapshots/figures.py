"""Owns the workspace's figures at earlier moments, by those of the first real snapshot. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from collector.demo.sample import sessions
from collector.demo.sample.blueprint import Plan
from collector.demo.sample.randomness import Chance
from collector.demo.snapshots.rhythm import Activity, Presence, liveliness
from collector.key_paths import Document

# What grows as people write, as people join, and as rooms are made.
_MESSAGES = (
    *("totalChannelMessages", "totalPrivateGroupMessages", "totalDirectMessages"),
    *("totalDiscussionsMessages", "totalLivechatMessages"),
)
_WRITTEN = (
    *(*_MESSAGES, "totalThreads", "totalPinned", "totalStarred", "totalEncryptedMessages", "uploadsTotal"),
    *("uploadsTotalSize", "totalLivechat", "totlalLivechat", "totalLivechatVisitors", "totalTriggeredEmails"),
)
_JOINED = ("totalUsers", "activeUsers", "nonActiveUsers", "activeGuests", "totalUserTOTP", "totalUserEmail2fa")
_MADE = ("totalChannels", "totalPrivateGroups", "totalDirect", "totalDiscussions")
_COUNTS_OF_JOINED = ("userLanguages", "contactVerification", "uniqueContactsOfLastMonth")

_SESSIONS = tuple(f"unique{of}Of{ago}" for of in ("Users", "Devices", "OS") for ago in sessions.PERIODS)
_ROOMS_AT_FIRST = 0.3  # the share of the rooms that the installation began with
_GIB = 2**30


class Figures:
    """Of each moment since the workspace was installed."""

    def __init__(self, first: Document, plan: Plan) -> None:
        self._first = first
        self._plan = plan
        self._activity = Activity(plan.lively, plan.now)
        self._of_sessions = cache(self._sessions)
        self._there = cache(self._mean_of_days)

    def at(self, moment: datetime, presence: Presence) -> Document:
        """Those that differ from the first snapshot's."""
        written, joined = self._activity.until(moment), self._joined(moment)
        values: Document = self._scaled(_WRITTEN, written) | self._scaled(_JOINED, joined)
        values |= self._scaled(_MADE, _ROOMS_AT_FIRST + (1 - _ROOMS_AT_FIRST) * joined)
        values["totalMessages"] = sum(values[key] for key in _MESSAGES)
        values["totalRooms"] = sum(values[key] for key in _MADE[:3]) + values["totalLivechat"]
        values |= {key: _counts(self._first[key], joined) for key in _COUNTS_OF_JOINED if key in self._first}
        values |= _states(values["totalUsers"], presence) | self._of_sessions(moment.astimezone().date())
        last = moment - timedelta(minutes=2)
        dates = dict.fromkeys(("lastLogin", "lastMessageSentAt", "lastSeenSubscription"), last)
        return values | dates | {"os": self._host(moment, joined)}

    def users(self, moment: datetime) -> int:
        return self._scaled(("totalUsers",), self._joined(moment))["totalUsers"]

    def messages(self, counted: int) -> Document:
        """`collector.messages`: all of them, and what the rooms' counters add up to."""
        difference = self._first["collector"]["messages"]["difference"]
        return {"documents": counted - difference, "counted": counted, "difference": difference}

    def _joined(self, moment: datetime) -> float:
        """The share of the users who had joined: as many on each day."""
        return sessions.joined(self._plan, moment)

    def _scaled(self, keys: tuple[str, ...], share: float) -> dict[str, int]:
        return {key: round(self._first[key] * share) for key in keys if key in self._first}

    def _sessions(self, today: date) -> Document:
        return {key: self._session(self._first[key], key, today) for key in _SESSIONS if key in self._first}

    def _session(self, now: Document, key: str, today: date) -> Document:
        """One of the nine documents: its counts follow the number of users who were there."""
        days = next(days for name, days in sessions.PERIODS.items() if key.endswith(name))
        there, there_now = (self._there(day, days) for day in (today, self._plan.now.astimezone().date()))
        yesterday = today - timedelta(days=1)
        ended = {"year": yesterday.year, "month": yesterday.month, "day": yesterday.day}
        return {"data": [_counts(row, there / there_now) for row in now["data"]]} | ended

    def _mean_of_days(self, today: date, days: int) -> float:
        """Of the users who were there on each of so many days until yesterday."""
        return sum(sessions.there_on(self._plan, today - timedelta(days=back)) for back in range(1, days + 1)) / days

    def _host(self, moment: datetime, joined: float) -> Document:
        chance = Chance(f"host {moment:%Y%m%d%H}")
        load = 0.1 + joined * liveliness(moment) * 1.6 + chance.random() / 5
        free = (5.2 - joined * liveliness(moment) * 2 - chance.random() / 4) * _GIB
        up = (moment - self._plan.installed).total_seconds() + 300
        now: Document = self._first["os"]
        return now | {"loadavg": [round(load * part, 2) for part in (1, 0.9, 0.8)], "freemem": free // 1, "uptime": up}


def _counts(values: Mapping[str, Any], share: float) -> Document:
    """The same document with its counts multiplied."""
    return {key: _count(value, share) for key, value in values.items()}


def _count(value: Any, share: float) -> Any:
    if isinstance(value, list):
        return [_counts(row, share) for row in value]
    return round(value * share) if type(value) is int else value


def _states(users: int, presence: Presence) -> Document:
    there = presence.online + presence.away
    return {
        "onlineUsers": presence.online,
        "awayUsers": presence.away,
        "busyUsers": presence.busy,
        "offlineUsers": users - there - presence.busy,
        "totalConnectedUsers": there,
    }
