"""Owns the session statistics: users, devices and operating systems of yesterday, and of the week and month until then.

The server stores one row per user and day, created by its job at two o'clock in the next night. All nine sub-documents
come from the rows of the month: MongoDB groups them finely, and this module combines the groups. Each day is read once
where the store keeps the groups of days, else the month is read in one pass.
"""

from collector.key_paths import Document
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.expressions import MOST_KINDS, number
from collector.statistics.bounds import listed
from collector.statistics.reading import Cost, Sites, Statistic, Unit
from collector.statistics.session_cache import by_days
from collector.statistics.session_periods import Periods
from collector.statistics.session_pipelines import RANKS, of_month
from collector.statistics.subject import Subject
from collector.statistics.values import Values, noted

sessions = Subject(
    "sessions", "Users, devices and operating systems of yesterday, and of the week and month that end then.", Sites.ADD
)

_USERS = "users in all and by their most important role, with number and seconds of their sessions"
_DEVICES = "kinds of device, with number and seconds of their sessions"
_SYSTEMS = "operating systems, with number and seconds of their sessions"


def _inputs(sources: Sources) -> Document:
    """The periods end yesterday, and their rows change only when the nightly job computes new ones."""
    computed = sources.workspace.newest_date(Collection.SESSIONS, "_computedAt")
    return {"yesterday": str(Periods.of(sources.today).yesterday), "computedAt": computed}


@sessions.reads(
    "sessions",
    Statistic("uniqueUsersOfYesterday", f"Yesterday: {_USERS}.", Unit.DOCUMENT, sites=Sites.ADD_SESSIONS),
    Statistic(
        "uniqueUsersOfLastWeek", f"The 7 days until yesterday: {_USERS}.", Unit.DOCUMENT, sites=Sites.ADD_SESSIONS
    ),
    Statistic(
        "uniqueUsersOfLastMonth", f"The month until yesterday: {_USERS}.", Unit.DOCUMENT, sites=Sites.ADD_SESSIONS
    ),
    Statistic("uniqueDevicesOfYesterday", f"Yesterday: {_DEVICES}.", Unit.DOCUMENT),
    Statistic("uniqueDevicesOfLastWeek", f"The 7 days until yesterday: {_DEVICES}.", Unit.DOCUMENT),
    Statistic("uniqueDevicesOfLastMonth", f"The month until yesterday: {_DEVICES}.", Unit.DOCUMENT),
    Statistic("uniqueOSOfYesterday", f"Yesterday: {_SYSTEMS}.", Unit.DOCUMENT),
    Statistic("uniqueOSOfLastWeek", f"The 7 days until yesterday: {_SYSTEMS}.", Unit.DOCUMENT),
    Statistic("uniqueOSOfLastMonth", f"The month until yesterday: {_SYSTEMS}.", Unit.DOCUMENT),
    source="rocketchat_sessions, rows of type user_daily, each day read once",
    cost=Cost.INDEX_SCAN,
    unchanged_while=_inputs,
    lists=9,
    limit=120.0,  # the month of a very large workspace, once a day
)
def session_statistics(sources: Sources) -> Values:
    periods = Periods.of(sources.today)
    found = by_days(sources, periods) or sources.workspace.aggregate(Collection.SESSIONS, of_month(periods))[0]
    more = {name for name, rows in found.items() if len(rows) == MOST_KINDS}
    values: Document = {}
    for name, rank in RANKS.items():
        data = {
            f"uniqueUsersOf{name}": _users(found[name], more=name in more),
            f"uniqueDevicesOf{name}": _merged(found["devices"], rank, more="devices" in more),
            f"uniqueOSOf{name}": _merged(found["systems"], rank, more="systems" in more),
        }
        values |= {key: noted(periods.document() | {"data": rows}, note) for key, (rows, note) in data.items()}
    return values


def _users(rows: list[Document], *, more: bool) -> tuple[list[Document], str]:
    """At most one document: all users of the period, and the users by role, the most active first."""
    sums = ("count", "sessions", "time")
    roles = [row["_id"] | {name: number(row[name]) for name in sums} for row in rows]
    kept, note = listed(roles, more=more)
    whole = {name: sum(role[name] for role in roles) for name in sums}
    return ([whole | {"roles": kept}] if roles else []), note


def _merged(rows: list[Document], rank: int, *, more: bool) -> tuple[list[Document], str]:
    """The rows of this rank and higher ones, summed by name; those with the most time first."""
    found: dict[str, Document] = {}
    for row in rows:
        if row["_id"]["rank"] >= rank:
            names = {name: value for name, value in row["_id"].items() if name != "rank"}
            one = found.setdefault(repr(names), names | {"count": 0, "time": 0})
            one["count"] += number(row["count"])
            one["time"] += number(row["time"])
    by_time = sorted(found, key=lambda names: (-found[names]["time"], names))
    return listed([found[names] for names in by_time], more=more)
