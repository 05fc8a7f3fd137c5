"""Which daemon takes a slot: leases in the store that expire by MongoDB's clock."""

from datetime import datetime
from uuid import uuid4

from pymongo import ReadPreference, WriteConcern
from pymongo.collection import ReturnDocument
from pymongo.database import Database

from collector.key_paths import Document
from collector.mongodb.connection import Client, asks

COLLECTION = "leases"

# Seconds after which a lease expires unless it is renewed: as long as a daemon that was killed delays its slot.
LEASE = 30.0

_KEEP = 86_400  # seconds after which MongoDB removes an old lease

_asks = asks("the store's")


class LeaseHeldError(Exception):
    """Another daemon is taking the slot; its lease expires in so many `seconds` unless it is renewed."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"another daemon is taking this slot; its lease expires in {seconds:.0f} s unless it is renewed"
        )
        self.seconds = seconds


class Leases:
    """The leases of one daemon, which holds one at a time."""

    def __init__(self, database: Database[Document], seconds: float = LEASE) -> None:
        self._leases = database[COLLECTION].with_options(
            write_concern=WriteConcern(w="majority"), read_preference=ReadPreference.PRIMARY
        )
        self._holder = uuid4().hex
        self._seconds = seconds
        self._held: Document | None = None
        self.client: Client = database.client

    @_asks
    def prepare(self) -> None:
        """Makes the index by which MongoDB removes old leases."""
        self._leases.create_index("until", name="old", expireAfterSeconds=_KEEP)

    @_asks
    def acquire(self, workspace: str, slot: datetime) -> None:
        """Acquires the lease of a slot that no other daemon holds; one that has expired is free.

        Raises:
            LeaseHeldError: another daemon holds it.
        """
        lease_id = {"_id": {"workspace": workspace, "slot": slot}}
        is_free = {"$or": [{"$lte": [{"$ifNull": ["$until", "$$NOW"]}, "$$NOW"]}, {"$eq": ["$holder", self._holder]}]}
        lease = {name: {"$cond": [is_free, value, f"${name}"]} for name, value in self._lease().items()}
        asked = [{"$set": lease | {"asked": "$$NOW"}}]
        found = self._leases.find_one_and_update(lease_id, asked, upsert=True, return_document=ReturnDocument.AFTER)
        if found and found["holder"] != self._holder:
            raise LeaseHeldError((found["until"] - found["asked"]).total_seconds())
        self._held = lease_id | {"holder": self._holder}

    @_asks
    def renew(self) -> None:
        """Lengthens the lease that is held, from another thread too; nothing if it was lost."""
        if held := self._held:
            self._leases.update_one(held, [{"$set": self._lease()}])

    @_asks
    def release(self) -> None:
        """Lets another daemon acquire the lease at once."""
        if held := self._held:
            self._leases.delete_one(held)

    def let_expire(self) -> None:
        """Renews the lease no more: its slot is settled, or another daemon may try it."""
        self._held = None

    def _lease(self) -> Document:
        """The fields of a lease of ours from now on."""
        return {"holder": self._holder, "until": {"$add": ["$$NOW", int(self._seconds * 1000)]}}
