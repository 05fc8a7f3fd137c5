"""The last of the server's queries, which it awaits one by one; and all of them in their order."""

from datetime import datetime, timedelta
from typing import Any

from collector.key_paths import Document
from collector.sources.collections import Collection
from tests.benchmarks import pipelines
from tests.benchmarks.queries import CHANGEABLE, CONVERSATIONS, LATER, LICENSED, PEOPLE, PLACES, TALK
from tests.benchmarks.query_model import EXISTS, Db, Step, count, setting, size, total

USERS, ROOMS, MESSAGES, ROLES = Collection.USERS, Collection.ROOMS, Collection.MESSAGES, Collection.ROLES
FEDERATED = {"federated": True}


def _peak(database: Db, now: datetime) -> Any:
    begin = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=30)
    order = [("dailyPeakConnections", -1)]
    return (database[Collection.STATISTICS].find_one({"createdAt": {"$gte": begin}}, sort=order) or {}).get(order[0][0])


def _federated_room(key: str, direction: int) -> Step:
    order = [("usersCount", direction)]
    fields = {"name": 1, "fname": 1, "usersCount": 1}

    def run(database: Db, _: datetime) -> Document | None:
        return database[ROOMS].find_one(FEDERATED, fields, sort=order)

    return Step(f"matrixFederation.{key}", run)


AT_LAST = (
    count("totalBroadcastRooms", ROOMS, {"broadcast": True}),
    total("totalRoomsWithStarred", MESSAGES, pipelines.rooms_with({"starred._id": EXISTS})),
    total("totalRoomsWithPinned", MESSAGES, pipelines.rooms_with({"pinned": True})),
    count("totalUserTOTP", USERS, {"active": True, "services.totp.enabled": True}),
    count("totalUserEmail2fa", USERS, {"active": True, "services.email2fa.enabled": True}),
    count("totalPinned", MESSAGES, pipelines.PINNED),
    count("totalStarred", MESSAGES, pipelines.STARRED),
    size("totalLinkInvitation", Collection.INVITES),
    total("totalLinkInvitationUses", Collection.INVITES, [{"$group": {"_id": None, "total": {"$sum": "$uses"}}}]),
    count("totalE2ERooms", ROOMS, {"encrypted": True}),
    count("totalEncryptedMessages", MESSAGES, {"t": "e2e"}),
    count("totalSubscriptionRoles", ROLES, {"scope": "Subscriptions"}),
    count("totalUserRoles", ROLES, {"scope": "Users"}),
    count("totalCustomRoles", ROLES, {"protected": False}),
    *(setting(id_) for id_ in CHANGEABLE),
    Step("maxMonthlyPeakConnections", _peak),
    _federated_room("biggestRoom", -1),
    _federated_room("smallestRoom", 1),
    count("matrixFederation.amountOfExternalUsers", USERS, FEDERATED),
    count("matrixFederation.amountOfFederatedRooms", ROOMS, FEDERATED),
    Step(
        "matrixFederation.externalConnectedServers",
        lambda database, _: database[Collection.MATRIX_BRIDGED_ROOMS].distinct("fromServer"),
    ),
    count("omnichannelWebRTCCalls", ROOMS, {"callStatus": EXISTS}),
)

STEPS = (*PEOPLE, *PLACES, *CONVERSATIONS, *TALK, *LATER, *LICENSED, *AT_LAST)
