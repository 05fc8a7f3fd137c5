"""Owns the numbers of accounts by state and language."""

from collections import Counter

from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.expressions import MOST_KINDS, kinds, largest
from collector.statistics.bounds import key, keyed
from collector.statistics.reading import Cost, Statistic, Unit
from collector.statistics.subject import Setting, Subject
from collector.statistics.values import Values, noted

users = Subject("users", "Accounts by state and language.")

# Active accounts that are nobody's seat: plain guests, apps, bots, and people of other servers.
NO_SEAT = (
    {"roles": ["guest"]},
    {"type": {"$in": ["app", "bot"]}},
    {"federated": True},
    {"isRemote": True},
)
NONE = "none"  # the key of all who are not counted by their language
GUESTS = {
    "active": True,
    "type": {"$nin": ["app"]},
    "roles": {"$size": 1, "$eq": "guest"},
    "isRemote": {"$ne": True},
}


@users.reads(
    "presence",
    Statistic(
        "totalUsers",
        "All accounts, including bots, apps, guests and deactivated ones.",
        Unit.USERS,
        estimated=True,
    ),
    Statistic("onlineUsers", "Accounts whose status is online.", Unit.USERS, moves=True),
    Statistic("awayUsers", "Accounts whose status is away.", Unit.USERS, moves=True),
    Statistic("busyUsers", "Accounts whose status is busy.", Unit.USERS, moves=True),
    Statistic(
        "offlineUsers", "Accounts that are neither online, away nor busy.", Unit.USERS, estimated=True, moves=True
    ),
    Statistic("totalConnectedUsers", "Accounts that are online or away; not busy ones.", Unit.USERS, moves=True),
    source="users, metadata and counts over status",
    cost=Cost.INDEX_SCAN,
)
def presence(sources: Sources) -> Values:
    total = sources.estimate(Collection.USERS)
    status = sources.workspace.tally(Collection.USERS, by="status", values=("online", "away", "busy"))
    return {
        "totalUsers": total,
        "onlineUsers": status["online"],
        "awayUsers": status["away"],
        "busyUsers": status["busy"],
        "offlineUsers": total - sum(status.values()),
        "totalConnectedUsers": status["online"] + status["away"],
    }


@users.reads(
    "active",
    Statistic(
        "activeUsers",
        "Accounts that are active, without apps, bots, federated and remote accounts, and accounts whose only role"
        " is guest.",
        Unit.USERS,
    ),
    Statistic("activeGuests", "Active accounts of this server whose only role is guest, apps excepted.", Unit.USERS),
    Statistic(
        "nonActiveUsers", "Accounts that were deactivated; an account without `active` is in neither.", Unit.USERS
    ),
    Statistic("appUsers", "Accounts of apps.", Unit.USERS),
    source="users, counts over active, roles and type",
    cost=Cost.INDEX_SCAN,
)
def active(sources: Sources) -> Values:
    seatless = {"$or": [{"active": True, **kind} for kind in NO_SEAT]}
    wanted = ({"active": True}, seatless, GUESTS, {"active": False}, {"type": "app"})
    active, without_seat, guests, inactive, apps = sources.workspace.counts(
        *((Collection.USERS, one) for one in wanted)
    )
    return {
        "activeUsers": active - without_seat,
        "activeGuests": guests,
        "nonActiveUsers": inactive,
        "appUsers": apps,
    }


@users.reads(
    "languages",
    Statistic("userLanguages", "Accounts by chosen language; `none` for all others.", Unit.DOCUMENT),
    source="users, one group over language, and metadata",
    cost=Cost.INDEX_SCAN,
    lists=1,
)
def languages(sources: Sources) -> Values:
    where, by_language = {"language": {"$gt": ""}}, kinds({"language": "$language"}, speakers={"$sum": 1})
    rows = sources.workspace.aggregate(Collection.USERS, [{"$match": where}, by_language, *largest("speakers")])
    speakers: Counter[str] = Counter()
    for row in rows:
        language = row["_id"].get("language")
        if isinstance(language, str) and language != NONE:
            speakers[key(language)] += row["speakers"]
    spoken, note = keyed(speakers.most_common(), more=len(rows) == MOST_KINDS)
    others = sources.estimate(Collection.USERS) - sum(spoken.values())
    by_name = dict(sorted((spoken | {NONE: others}).items()))  # snapshots compare line by line
    return {"userLanguages": noted(by_name, note)}


@users.reads(
    "second_factor",
    Statistic("totalUserTOTP", "Active accounts with a one-time password app as second factor.", Unit.USERS),
    Statistic("totalUserEmail2fa", "Active accounts with e-mail as second factor.", Unit.USERS),
    source="users, counts over active and the factor's `enabled`",
    cost=Cost.INDEX_SCAN,
)
def second_factor(sources: Sources) -> Values:
    factors = {"totalUserTOTP": "services.totp.enabled", "totalUserEmail2fa": "services.email2fa.enabled"}
    wanted = ((Collection.USERS, {"active": True, enabled: True}) for enabled in factors.values())
    return dict(zip(factors, sources.workspace.counts(*wanted), strict=True))


users.settings(
    Setting("totalManuallyAddedUsers", "Accounts created by administrators.", Unit.USERS, "Manual_Entry_User_Count"),
)
