"""Federation by Matrix."""

from typing import Any

from pymongo.database import Database

from collector.sources.collections import Collection
from collector.statistics.releases import Release
from collector.statistics.values import UNDEFINED
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

    external = read("external_servers", real_database, release=Release(7, 10))
    values = {**read("federated_rooms", real_database), **external}
    assert values["matrixFederation.biggestRoom"] == {"_id": big["_id"], "name": "Big", "usersCount": 50}
    assert values["matrixFederation.smallestRoom"] == {"_id": small["_id"], "name": "", "usersCount": 2}
    assert values["matrixFederation.amountOfFederatedRooms"] == 2
    assert values["matrixFederation.externalConnectedServers"] == {"quantity": 2, "servers": ["a", "b"]}


def test_no_server_is_connected_from_release_8_on(real_database: Db) -> None:
    insert(real_database, Collection.MATRIX_BRIDGED_ROOMS, {"fromServer": "a"})

    none = {"quantity": 0, "servers": []}
    assert read("no_external_servers", real_database) == {"matrixFederation.externalConnectedServers": none}


def test_without_federated_rooms_none_is_the_biggest_in_every_release(real_database: Db) -> None:
    for release in (Release(6, 12), Release(8, 6)):
        values = read("federated_rooms", real_database, release=release)
        assert values["matrixFederation.biggestRoom"] is values["matrixFederation.smallestRoom"] is None


def test_the_count_of_a_room_is_undefined_unless_it_is_a_number(real_database: Db) -> None:
    insert(real_database, Collection.ROOMS, room(federated=True, usersCount="many", name="odd"))

    assert read("federated_rooms", real_database)["matrixFederation.biggestRoom"]["usersCount"] is UNDEFINED
