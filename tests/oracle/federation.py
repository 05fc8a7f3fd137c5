"""Recounts federation: the federated rooms by size, and the servers on the other side."""

from collector.key_paths import Document
from collector.sources.collections import Collection
from tests.oracle.documents import Counts, Stored
from tests.oracle.settings import by_id, value_of


def recounted(stored: Stored) -> Counts:
    rooms = [room for room in stored[Collection.ROOMS] if room.get("federated") is True]
    by_size = sorted(rooms, key=lambda room: room["usersCount"])
    servers = other_servers(stored)
    return {
        "matrixFederation.biggestRoom": described(by_size[-1]) if rooms else None,
        "matrixFederation.smallestRoom": described(by_size[0]) if rooms else None,
        "matrixFederation.externalConnectedServers.quantity": len(servers),
        "matrixFederation.externalConnectedServers.servers": servers,
    }


def described(room: Document) -> Document:
    name = room.get("fname") or room.get("name") or ""
    return {"_id": room["_id"], "name": name, "usersCount": room["usersCount"]}


def other_servers(stored: Stored) -> list[str]:
    ours = value_of(by_id(stored), "Federation_Matrix_homeserver_domain")
    bridged = {room["fromServer"] for room in stored[Collection.MATRIX_BRIDGED_ROOMS] if "fromServer" in room}
    return [server for server in bridged if server != ours]
