"""The JSON of stored snapshots, which never change: made once for each projection, and kept in memory.

A page then needs only the ids of its snapshots from MongoDB, once for each edition of the store.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from api.caching.etag import tag_of
from api.caching.memory import Memory
from api.rendering import bson_json
from collector.store.parameters import ListQuery
from collector.store.snapshots import Store

# Snapshots that are read at once, and so are in memory at the same time.
AT_ONCE = 16
# The largest page whose ids are asked for; a larger one is streamed from MongoDB, and not kept.
MOST_IDS = 1_000


@dataclass(frozen=True)
class _Ids:
    """The ids of a page."""

    ids: Sequence[Any]

    def __len__(self) -> int:
        """The bytes that they take, about."""
        return 100 * len(self.ids)


class SnapshotJson:
    """The snapshots of a store as JSON, kept in a `memory` that others share."""

    def __init__(self, store: Store, memory: Memory[Any]) -> None:
        self._store = store
        self._memory = memory

    def page(self, workspace: str, query: ListQuery, edition: str) -> Iterator[bytes]:
        """The snapshots of a page, each as a JSON object; `edition` is the store's."""
        if self._memory.most and 0 < query.count <= MOST_IDS and query.fields.get("_id", 1):
            ids = self._ids(workspace, query, edition)
            if all(isinstance(one, str) for one in ids):  # a stranger's id can be of another type
                yield from self._by_ids(workspace, ids, query.fields)
                return
        yield from map(bson_json.item, self._store.page(workspace, query))

    def _ids(self, workspace: str, query: ListQuery, edition: str) -> Sequence[Any]:
        name = tag_of(repr((edition, workspace, query)).encode())
        if (kept := self._memory.get(name)) is None:
            kept = _Ids(self._store.ids(workspace, query))
            self._memory.put(name, kept)
        return kept.ids

    def _by_ids(self, workspace: str, ids: Sequence[str], fields: Mapping[str, int]) -> Iterator[bytes]:
        projection = tuple(fields.items())
        rest = iter(ids)
        while some := list(islice(rest, AT_ONCE)):
            found = {one: item for one in some if (item := self._memory.get((one, projection)))}
            if missing := [one for one in some if one not in found]:
                found |= self._made(workspace, missing, fields, projection)
            yield from (found[one] for one in some if one in found)  # one may have been removed since

    def _made(
        self, workspace: str, ids: Sequence[str], fields: Mapping[str, int], projection: Hashable
    ) -> dict[str, bytes]:
        made = {}
        for stored in self._store.of_ids(workspace, ids, fields):
            shown = bson_json.shown(stored)
            item = made[shown["_id"]] = bson_json.encoded(shown)
            self._memory.put((shown["_id"], projection), item)
        return made
