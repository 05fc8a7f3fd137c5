"""Teams."""

from typing import Any

from pymongo.database import Database

from collector.sources.collections import Collection
from tests.factories import insert, read, room

Db = Database[dict[str, Any]]


def test_rooms_of_teams_leave_out_main_rooms(real_database: Db) -> None:
    insert(real_database, Collection.TEAMS, {}, {})
    inside = {"teamId": "t"}
    rooms = (room(**inside), room(**inside, teamDefault=True), room(**inside, teamMain=True), room())
    insert(real_database, Collection.ROOMS, *rooms)

    assert read("teams", real_database) == {"teams.totalTeams": 2}
    assert read("team_rooms", real_database) == {
        "teams.totalRoomsInsideTeams": 2,
        "teams.totalDefaultRoomsInsideTeams": 1,
    }
