"""Owns the ids under which the store has the server's own statistics documents, and which documents it lacks."""

from collections.abc import Sequence
from typing import Any

from bson import ObjectId, encode

from collector.meteor_id import derived_id
from collector.sources.rocketchat import RocketChat
from collector.store.snapshots import Store


def missing(ids: Sequence[Any], workspace: RocketChat, store: Store) -> list[Any]:
    """The ids of the documents that the store does not have.

    Raises:
        DatabaseError: workspace or store cannot be reached.
    """
    return [found for found, _ in new(ids, workspace, store, workspace.identity())]


def new(ids: Sequence[Any], workspace: RocketChat, store: Store, name: str) -> list[tuple[Any, str]]:
    """The ids of the documents that the store does not have, each with the id of its snapshot.

    A snapshot keeps an id that is a string; an ObjectId becomes a string unless another document has that string as id.
    Ids of other types get a derived one, so that 1 and "1" remain distinct; so do ids that another workspace has in
    the store.
    """
    hexadecimal = [str(found) for found in ids if isinstance(found, ObjectId)]
    texts = set(workspace.server_statistics_among(hexadecimal)) if hexadecimal else set()
    plain = [_plain_id(found, texts) for found in ids]
    derived = [derived_id(encode({"workspace": name, "_id": found})) for found in ids]
    owners = store.owners([own for own in (*plain, *derived) if own is not None])
    return [
        (found, other if own is None or own in owners else own)
        for found, own, other in zip(ids, plain, derived, strict=True)
        if other not in owners and (own is None or owners.get(own) != name)
    ]


def _plain_id(found: Any, texts: set[Any]) -> str | None:
    if isinstance(found, ObjectId) and str(found) not in texts:
        return str(found)
    return found if isinstance(found, str) else None
