"""Federation by Matrix."""

from typing import Any

from pymongo.database import Database

from collector.sources.collections import Collection
from tests.factories import insert, read, room, setting

Db = Database[dict[str, Any]]


def test_federation_by_matrix(real_database: Db) -> None:
    big = room(federated=True, usersCount=50, fname="Big", name="big")
    small = room(federated=True, usersCount=2)
    insert(real_database, Collection.ROOMS, big, small, room(federated=False, usersCount=99))
    insert(real_database, Collection.SETTINGS, setting("Federation_Matrix_homeserver_domain", "home"))
    insert(
        real_database, Collection.MATRIX_BRIDGED_ROOMS, *({"fromServer": name} for name in ("b", "a", "b", "home")), {}
    )

    values = {**read("federated_rooms", real_database), **read("external_servers", real_database)}
    assert values["matrixFederation.biggestRoom"] == {"_id": big["_id"], "name": "Big", "usersCount": 50}
    assert values["matrixFederation.smallestRoom"] == {"_id": small["_id"], "name": "", "usersCount": 2}
    assert values["matrixFederation.amountOfFederatedRooms"] == 2
    assert values["matrixFederation.externalConnectedServers"] == {"quantity": 2, "servers": ["a", "b"]}
