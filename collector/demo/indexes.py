"""The indexes that Rocket.Chat keeps on the collections we read, so that costs here are costs there."""

from collections.abc import Mapping, Sequence

from pymongo import ASCENDING as UP
from pymongo import DESCENDING as DOWN
from pymongo import IndexModel
from pymongo.database import Database

from collector.connection import Document
from collector.sources.rocketchat import Collection


def _plain(*keys: str) -> list[IndexModel]:
    return [IndexModel([(key, UP)]) for key in keys]


def _sparse(*keys: str) -> list[IndexModel]:
    return [IndexModel([(key, UP)], sparse=True) for key in keys]


INDEXES: Mapping[Collection, Sequence[IndexModel]] = {
    Collection.USERS: [
        *_plain("name", "createdAt", "lastLogin", "status", "type"),
        *_sparse("__rooms", "roles", "nickname", "statusConnection", "appId", "federated", "federation", "isRemote"),
        *_sparse("statusLivechat", "language", "importIds", "services.resume.loginTokens.when"),
        IndexModel([("username", UP)], unique=True, sparse=True),
        IndexModel([("services.resume.loginTokens.hashedToken", UP)], unique=True, sparse=True),
        IndexModel([("active", UP), ("services.email2fa.enabled", UP)], sparse=True),
        IndexModel([("active", UP), ("services.totp.enabled", UP)], sparse=True),
        IndexModel(
            [("active", UP), ("lastLogin", UP)],
            partialFilterExpression={"active": True, "lastLogin": {"$exists": True}},
        ),
    ],
    Collection.ROOMS: [
        *_plain("u._id", "ts"),
        *_sparse("default", "featured", "muted", "prid", "fname", "uids", "createdOTR", "encrypted", "broadcast"),
        *_sparse("federated", "open", "departmentId", "closedAt", "servedBy", "v._id", "source"),
        *_sparse("departmentAncestors", "pdfTranscriptFileId", "priorityId", "slaId"),
        IndexModel([("name", UP)], unique=True, sparse=True),
        IndexModel([("teamId", UP), ("teamDefault", UP)], sparse=True),
        IndexModel([("t", UP), ("ts", UP)]),
        IndexModel([("servedBy._id", UP), ("departmentId", UP), ("t", UP), ("open", UP), ("ts", DOWN)]),
    ],
    Collection.MESSAGES: [
        *_plain("ts", "u._id"),
        *_sparse("editedAt", "editedBy._id", "file._id", "files._id", "mentions.username", "pinned", "unread"),
        *_sparse("pinnedBy._id", "starred._id", "drid", "tmid", "t"),
        IndexModel([("rid", UP), ("ts", UP), ("_updatedAt", UP)]),
        IndexModel([("rid", UP), ("t", UP), ("u._id", UP)]),
        IndexModel([("tcount", UP), ("tlm", UP)], sparse=True),
        IndexModel([("rid", UP), ("tcount", UP)]),
    ],
    Collection.SUBSCRIPTIONS: [
        *_plain("open", "alert", "ts", "ls", "rid"),
        *_sparse("prid"),
        IndexModel([("rid", UP), ("u._id", UP)], unique=True),
        IndexModel([("u._id", UP), ("name", UP), ("t", UP)]),
    ],
    Collection.STATISTICS: [IndexModel([("createdAt", DOWN)])],
    Collection.INSTANCES: [IndexModel([("_updatedAt", UP)], expireAfterSeconds=60)],
}


def make(database: Database[Document]) -> None:
    """Makes them all; collections without documents come to be."""
    for collection, indexes in INDEXES.items():
        database[collection].create_indexes(list(indexes))
