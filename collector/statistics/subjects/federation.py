"""Owns the statistics of federation with other servers, by Matrix and by its predecessor."""

from collector.key_paths import Document
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.expressions import finite, kinds, largest, name
from collector.statistics.bounds import listed
from collector.statistics.reading import Cost, Statistic, Unit
from collector.statistics.releases import before, since
from collector.statistics.subject import Setting, Subject
from collector.statistics.values import UNDEFINED, Values, noted

federation = Subject("federation", "Federation with other servers, by Matrix and by its predecessor.")

_HOME = "Federation_Matrix_homeserver_domain"
_ROOM = {
    "usersCount": finite("$usersCount", None),
    "_id": "$_id",
    "name": {"$cond": [{"$gt": [name("$fname"), ""]}, name("$fname"), {"$ifNull": [name("$name"), ""]}]},
}

federation.settings(
    Setting(
        "matrixFederation.enabled", "Whether federation by Matrix is enabled.", Unit.FLAG, "Federation_Matrix_enabled"
    ),
    Setting(
        "matrixFederation.maximumSizeOfPublicRoomsUsers",
        "Maximum number of users of a public room that can be joined.",
        Unit.NUMBER,
        "Federation_Matrix_max_size_of_public_rooms_users",
    ),
)


@federation.reads(
    "federated_rooms",
    Statistic(
        "matrixFederation.biggestRoom", "The federated room with the most users: _id, name, usersCount.", Unit.DOCUMENT
    ),
    Statistic("matrixFederation.smallestRoom", "The federated room with the fewest users.", Unit.DOCUMENT),
    Statistic("matrixFederation.amountOfFederatedRooms", "Federated rooms.", Unit.ROOMS),
    source="rocketchat_room, one group over those with federated",
    cost=Cost.INDEX_SCAN,
)
def rooms(sources: Sources) -> Values:
    group = {"_id": None, "rooms": {"$sum": 1}, "biggest": {"$max": _ROOM}, "smallest": {"$min": _ROOM}}
    rows = sources.workspace.aggregate(Collection.ROOMS, [{"$match": {"federated": True}}, {"$group": group}])
    found: Document = rows[0] if rows else {"rooms": 0}
    return {
        "matrixFederation.biggestRoom": _room(found.get("biggest")),
        "matrixFederation.smallestRoom": _room(found.get("smallest")),
        "matrixFederation.amountOfFederatedRooms": found["rooms"],
    }


@federation.reads(
    "external_servers",
    Statistic(
        "matrixFederation.externalConnectedServers",
        "Other servers: quantity and names.",
        Unit.DOCUMENT,
        releases=before("8.0"),
    ),
    source="rocketchat_matrix_bridged_rooms, distinct fromServer",
    cost=Cost.SCAN,
    reason="No index covers fromServer; there are as many bridged rooms as federated rooms.",
    settings=(_HOME,),
    lists=1,
)
def external(sources: Sources) -> Values:
    where = {"fromServer": {"$exists": True, "$ne": sources.settings(_HOME).get(_HOME, {}).get("value")}}
    facets = {"servers": largest("rooms"), "quantity": [{"$count": "servers"}]}
    (found,) = sources.workspace.aggregate(
        Collection.MATRIX_BRIDGED_ROOMS,
        [{"$match": where}, kinds({"server": "$fromServer"}, rooms={"$sum": 1}), {"$facet": facets}],
    )
    quantity = found["quantity"][0]["servers"] if found["quantity"] else 0
    servers = sorted(str(row["_id"].get("server")) for row in found["servers"])
    listing, note = listed(servers, more=len(servers) < quantity)
    return {"matrixFederation.externalConnectedServers": noted({"quantity": quantity, "servers": listing}, note)}


federation.always(
    "no_external_servers",
    Statistic(
        "matrixFederation.externalConnectedServers",
        "Always none: the server does not count them; bridged rooms of an earlier release do not matter.",
        Unit.DOCUMENT,
        releases=since("8.0"),
    ),
    value={"quantity": 0, "servers": []},
)


federation.count(
    "matrixFederation.amountOfExternalUsers",
    "Accounts of users on other servers.",
    Unit.USERS,
    of=Collection.USERS,
    where={"federated": True},
)


@federation.reads(
    "earlier_federation",
    Statistic(
        "federatedServers",
        "Servers known by the protocol before Matrix.",
        Unit.SERVERS,
        estimated=True,
        releases=before("8.0"),
    ),
    Statistic(
        "federatedUsers",
        "Accounts of users on servers known by the protocol before Matrix.",
        Unit.USERS,
        releases=before("8.0"),
    ),
    source="rocketchat_federation_servers, metadata; users, count over isRemote",
    cost=Cost.INDEX_SCAN,
)
def earlier(sources: Sources) -> Values:
    return {
        "federatedServers": sources.workspace.estimate(Collection.FEDERATION_SERVERS),
        "federatedUsers": sources.workspace.count(Collection.USERS, {"isRemote": True}),
    }


def _room(found: Document | None) -> Document | None:
    """The server's document of a room; null without one, in every release."""
    if found is None:
        return None
    count = found.get("usersCount")
    return {"_id": found["_id"], "name": found["name"], "usersCount": UNDEFINED if count is None else count}
