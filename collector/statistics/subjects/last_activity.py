"""When something last happened."""

from collector.sources.collections import Collection
from collector.statistics.reading import Subject

last_activity = Subject("last_activity", "When something last happened.")

last_activity.newest(
    "lastLogin",
    "When an account last logged in.",
    of=Collection.USERS,
    by="lastLogin",
    none="no account has a date of its last login",
)
last_activity.newest(
    "lastMessageSentAt",
    "The date of the newest message.",
    of=Collection.MESSAGES,
    by="ts",
    none="no message has a date",
)
last_activity.newest(
    "lastSeenSubscription",
    "When somebody last looked into a room.",
    of=Collection.SUBSCRIPTIONS,
    by="ls",
    none="no subscription has a date on which its room was seen",
)
