"""Which daemon takes a slot: leases in the store, by MongoDB's own clock, that end by themselves."""

from datetime import datetime
from uuid import uuid4

from pymongo import ReadPreference, WriteConcern
from pymongo.collection import ReturnDocument
from pymongo.database import Database

from collector.key_paths import Document
from collector.mongodb.connection import Client, asks

COLLECTION = "claims"

# Seconds that a claim holds unless it is renewed: a daemon that died half-way costs a slot as much.
LEASE = 30.0

_KEEP = 86_400  # seconds after which MongoDB removes an old claim

_asks = asks("the store's")


class LeaseHeldError(Exception):
    """Another daemon is taking the slot; `seconds` until its lease ends, if it does not renew it."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"another daemon takes this slot, for {seconds:.0f} s at least")
        self.seconds = seconds


class Leases:
    """The claims of one daemon. A slot may be claimed again by who holds it."""

    def __init__(self, database: Database[Document], lease: float = LEASE) -> None:
        self._claims = database[COLLECTION].with_options(
            write_concern=WriteConcern(w="majority"), read_preference=ReadPreference.PRIMARY
        )
        self._holder = uuid4().hex
        self._lease_seconds = lease
        self.client: Client = database.client

    @_asks
    def prepare(self) -> None:
        """Makes the index by which MongoDB removes old claims."""
        self._claims.create_index("until", name="old", expireAfterSeconds=_KEEP)

    @_asks
    def claim(self, workspace: str, slot: datetime) -> None:
        """Takes the lease, also one that has ended.

        Raises:
            LeaseHeldError: another daemon has it.
        """
        is_free = {"$or": [{"$lte": [{"$ifNull": ["$until", "$$NOW"]}, "$$NOW"]}, {"$eq": ["$holder", self._holder]}]}
        lease = {name: {"$cond": [is_free, value, f"${name}"]} for name, value in self._lease().items()}
        asked = [{"$set": lease | {"asked": "$$NOW"}}]
        after = ReturnDocument.AFTER
        found = self._claims.find_one_and_update(_of(workspace, slot), asked, upsert=True, return_document=after)
        if found and found["holder"] != self._holder:
            raise LeaseHeldError((found["until"] - found["asked"]).total_seconds())

    @_asks
    def renew(self, workspace: str, slot: datetime) -> None:
        """Lengthens the lease; nothing if it was lost."""
        self._claims.update_one(_of(workspace, slot) | {"holder": self._holder}, [{"$set": self._lease()}])

    @_asks
    def release(self, workspace: str, slot: datetime) -> None:
        """Lets another daemon take the slot at once."""
        self._claims.delete_one(_of(workspace, slot) | {"holder": self._holder})

    def _lease(self) -> Document:
        """The fields of a lease of ours from now on."""
        return {"holder": self._holder, "until": {"$add": ["$$NOW", int(self._lease_seconds * 1000)]}}


def _of(workspace: str, slot: datetime) -> Document:
    return {"_id": {"workspace": workspace, "slot": slot}}
