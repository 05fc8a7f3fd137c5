"""What piles up in a workspace: uploads, calls, invitations, analytics, and notifications that wait."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from collector.demo.sample import words
from collector.demo.sample.blueprint import Plan
from collector.key_paths import Document


def uploads(plan: Plan, numbers: range) -> Iterator[Document]:
    chance = plan.chance("uploads", numbers.start)
    for moment in plan.working_hours.moments(chance, len(numbers)):
        kind, group, ending = chance.one(words.FILES)
        room = plan.room(chance.randrange(plan.size.rooms))
        thumbnail = {"typeGroup": "thumb", "originalFileId": chance.hex()} if chance.within(0.2) else {}
        yield {
            "_id": chance.hex(),
            "name": f"{chance.one(words.TOPICS)}.{ending}",
            "size": int(2_000 * 1.0004 ** chance.randrange(20_000)),
            "type": kind,
            "typeGroup": group,
            "extension": ending,
            "rid": room.id,
            "userId": plan.person(room.members[0])["_id"],
            "uploadedAt": moment,
            "_updatedAt": moment,
            **thumbnail,
        }


def conferences(plan: Plan, numbers: range) -> Iterator[Document]:
    """Status: 0 calling, 1 started, 2 expired, 3 ended, 4 declined."""
    chance = plan.chance("conferences", numbers.start)
    for moment in plan.working_hours.moments(chance, len(numbers)):
        room = plan.room(chance.randrange(plan.size.rooms))
        kind = {"d": "direct", "l": "livechat"}.get(room.kind, "videoconference")
        status = chance.one((0, 1, 2, 3, 3, 3, 3, 4) if kind == "direct" else (1, 2, 3, 3, 3))
        yield {
            "_id": chance.hex(),
            "type": kind,
            "rid": room.id,
            "status": status,
            "messages": {"started": chance.id()},
            "createdBy": plan.person(room.members[0]),
            "createdAt": moment,
            **({"endedAt": moment + timedelta(minutes=chance.randint(1, 60))} if status == 3 else {}),
            "_updatedAt": moment,
        }


def telephone(plan: Plan, numbers: range) -> Iterator[Document]:
    """Calls between extensions; a call that was not taken has no duration."""
    chance = plan.chance("telephone", numbers.start)
    for moment in plan.working_hours.moments(chance, len(numbers)):
        yield {
            "_id": chance.hex(),
            "UUID": str(UUID(bytes=chance.randbytes(16), version=4)),
            "channels": [chance.hex(), chance.hex()],
            "direction": chance.one(("internal", "internal", "external_inbound", "external_outbound")),
            "startedAt": moment,
            **({"duration": chance.randint(1, 900)} if chance.within(0.85) else {}),
            "_updatedAt": moment,
        }


def invites(plan: Plan, numbers: range) -> Iterator[Document]:
    chance = plan.chance("invites", numbers.start)
    for _ in numbers:
        yield {
            "inviteToken": chance.id()[:6] + chance.hex(8),
            "_id": str(UUID(bytes=chance.randbytes(16), version=4)),
            "rid": plan.room(chance.randrange(plan.size.channels + plan.size.groups)).id,
            "userId": plan.person(1)["_id"],
            "uses": chance.randrange(20),
            "createdAt": chance.between(plan.lively, plan.now),
            "_updatedAt": plan.now,
        }


def analytics(plan: Plan, numbers: range) -> Iterator[Document]:
    """Rooms' messages by day, and the one row of seat requests."""
    chance = plan.chance("analytics", numbers.start)
    for number in numbers:
        if number == 0:
            yield {"_id": chance.hex(), "type": "seat-request", "count": 3, "_updatedAt": plan.now}
            continue
        back, place = divmod(number, max(1, plan.size.rooms // 10))
        room = plan.room(place)
        yield {
            "_id": chance.hex(),
            "type": "messages",
            "date": int(f"{plan.now - timedelta(days=back + 1):%Y%m%d}"),
            "room": {"_id": room.id, "t": room.kind},
            "messages": chance.randint(1, 200),
            "_updatedAt": plan.now,
        }


def notifications(plan: Plan, numbers: range) -> Iterator[Document]:
    """Waiting to be pushed; what waits for two hours is thrown away."""
    chance = plan.chance("notifications", numbers.start)
    for _ in numbers:
        room = plan.room(chance.randrange(plan.size.rooms))
        moment = plan.now - timedelta(seconds=chance.random() * 60)
        yield {
            "_id": chance.hex(),
            "uid": plan.person(room.members[0])["_id"],
            "rid": room.id,
            "mid": chance.id(),
            "ts": moment,
            "_updatedAt": moment,
        }
