"""Owns the statistics of teams and their rooms."""

from collector.sources import Sources
from collector.sources.collections import Collection
from collector.statistics.reading import Cost, Statistic, Unit
from collector.statistics.subject import Subject
from collector.statistics.values import Values

teams = Subject("teams", "Teams and their rooms.")

teams.sizes("teams", **{"teams.totalTeams": (Collection.TEAMS, "Teams.", Unit.NUMBER)})


@teams.reads(
    "team_rooms",
    Statistic("teams.totalRoomsInsideTeams", "Rooms of teams, without their main rooms.", Unit.ROOMS),
    Statistic("teams.totalDefaultRoomsInsideTeams", "Rooms of teams that new members join by default.", Unit.ROOMS),
    source="rocketchat_room, one group over teamDefault of those with teamId",
    cost=Cost.INDEX_SCAN,
)
def rooms(sources: Sources) -> Values:
    where = {"teamId": {"$exists": True}, "teamMain": {"$exists": False}}
    is_default = {"$cond": [{"$eq": ["$teamDefault", True]}, 1, 0]}
    rows = sources.workspace.groups(Collection.ROOMS, where, by=None, default=is_default)
    found = rows[0] if rows else {"documents": 0, "default": 0}
    return {
        "teams.totalRoomsInsideTeams": found["documents"],
        "teams.totalDefaultRoomsInsideTeams": found["default"],
    }
