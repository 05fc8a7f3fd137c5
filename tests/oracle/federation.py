"""Recounts federation: the federated rooms by size, and the servers on the other side."""

from typing import Any

from collector.key_paths import Document
from collector.sources.collections import Collection
from collector.statistics.releases import NULLS, Release
from tests.oracle.documents import Counts, Stored, is_number, is_true
from tests.oracle.licence import settings, value_of


def recounted(stored: Stored, release: Release) -> Counts:
    rooms = [room for room in stored[Collection.ROOMS] if is_true(room, "federated")]
    by_size = sorted(rooms, key=size)
    servers = other_servers(stored) if release < Release(8) else []  # since 8.0 a stub
    return {
        "matrixFederation.biggestRoom": described(by_size[-1], release) if rooms else None,
        "matrixFederation.smallestRoom": described(by_size[0], release) if rooms else None,
        "matrixFederation.externalConnectedServers.quantity": len(servers),
        "matrixFederation.externalConnectedServers.servers": servers,
    }


def size(room: Document) -> float:
    """A room without a size is smaller than any other."""
    count = room.get("usersCount")
    return count if is_number(count) else float("-inf")


def described(room: Document, release: Release) -> Document:
    name = room.get("fname") or room.get("name") or ""
    return {"_id": room["_id"], "name": name, **defined("usersCount", room.get("usersCount"), release)}


def defined(key: str, value: Any, release: Release) -> Document:
    """An undefined value within a document: null since 7.4, no key before."""
    return {} if value is None and release < NULLS else {key: value}


def other_servers(stored: Stored) -> list[str]:
    ours = value_of(settings(stored), "Federation_Matrix_homeserver_domain")
    bridged = {room["fromServer"] for room in stored[Collection.MATRIX_BRIDGED_ROOMS] if "fromServer" in room}
    return [server for server in bridged if server != ours]
