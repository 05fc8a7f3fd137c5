"""How many accounts there are, and in which state."""

from collector.reading import Cost, Statistic, Subject, Unit, Values
from collector.sources import Sources
from collector.sources.rocketchat import Collection

users = Subject("users", "How many accounts there are, and in which state.")

# Active accounts that are nobody's seat: plain guests, apps, bots, and people of other servers.
NO_SEAT = (
    {"roles": ["guest"]},
    {"type": {"$in": ["app", "bot"]}},
    {"federated": True},
    {"isRemote": True},
)


@users.reads(
    "active",
    Statistic(
        "activeUsers",
        "Accounts that are active, without apps, bots, federated and remote accounts, and accounts whose only role"
        " is guest.",
        Unit.USERS,
    ),
    Statistic(
        "nonActiveUsers",
        "Accounts that were deactivated; an account without `active` is in neither.",
        Unit.USERS,
    ),
    source="users, counts over active, less those that are nobody's seat",
    cost=Cost.INDEXED,
)
def active(sources: Sources) -> Values:
    count = sources.workspace.count
    seatless = count(Collection.USERS, {"$or": [{"active": True, **kind} for kind in NO_SEAT]})
    return {
        "activeUsers": count(Collection.USERS, {"active": True}) - seatless,
        "nonActiveUsers": count(Collection.USERS, {"active": False}),
    }


@users.reads(
    "presence",
    Statistic(
        "totalUsers",
        "All accounts: people, bots, apps, guests, deactivated and federated ones. From metadata.",
        Unit.USERS,
    ),
    Statistic("onlineUsers", "Accounts whose status is online.", Unit.USERS),
    Statistic("awayUsers", "Accounts whose status is away.", Unit.USERS),
    Statistic("busyUsers", "Accounts whose status is busy.", Unit.USERS),
    Statistic("offlineUsers", "All accounts that are neither online, away nor busy.", Unit.USERS),
    Statistic("totalConnectedUsers", "Accounts that are online or away; busy ones are not added.", Unit.USERS),
    source="users, metadata and one group over status",
    cost=Cost.INDEXED,
)
def presence(sources: Sources) -> Values:
    total = sources.workspace.estimate(Collection.USERS)
    status = sources.workspace.tally(Collection.USERS, by="status", among=("online", "away", "busy"))
    return {
        "totalUsers": total,
        "onlineUsers": status["online"],
        "awayUsers": status["away"],
        "busyUsers": status["busy"],
        "offlineUsers": total - sum(status.values()),
        "totalConnectedUsers": status["online"] + status["away"],
    }
