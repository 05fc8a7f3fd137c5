"""Owns the dates of last activity."""

from collector.sources.collections import Collection
from collector.statistics.subject import Subject
from collector.statistics.values import UNDEFINED, Absent

last_activity = Subject("last_activity", "Dates of last activity.")

last_activity.newest(
    "lastLogin",
    "Date of the last login; the server has a text.",
    of=Collection.USERS,
    by="lastLogin",
    none=Absent("no account has a date of its last login"),
)
last_activity.newest(
    "lastMessageSentAt",
    "Date of the newest message.",
    of=Collection.MESSAGES,
    by="ts",
    none=UNDEFINED,
)
last_activity.newest(
    "lastSeenSubscription",
    "Date on which a room was last viewed; the server has a text.",
    of=Collection.SUBSCRIPTIONS,
    by="ls",
    none=Absent("no subscription has a date on which its room was seen"),
)
