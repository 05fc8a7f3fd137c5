"""The indexes of each release that the plan of a reading can depend on, so that costs here are costs there.

Messages are read by a hint, subscriptions by their dates, and some collections only by their metadata: no other index
of theirs can be chosen.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from pymongo import ASCENDING as UP
from pymongo import DESCENDING as DOWN
from pymongo import IndexModel
from pymongo.collation import Collation
from pymongo.database import Database

from collector.demo.sample.blueprint import RELEASE, WITH_CALLS
from collector.key_paths import Document
from collector.mongodb.connection import time_limit
from collector.sources.collections import Collection
from collector.statistics.releases import Release, Span, since

_IN_ANY_CASE = Collation(locale="en", strength=2)
_EXISTS = {"$exists": True}
_DAY = 86_400  # seconds
_PATIENCE = 3_600  # seconds


def _each(*keys: str, **options: object) -> list[IndexModel]:
    """One index over each key."""
    return [IndexModel([(key, UP)], **options) for key in keys]


_plain, _sparse, _unique = _each, partial(_each, sparse=True), partial(_each, unique=True)


def _together(*keys: str, **options: object) -> IndexModel:
    """One index over several keys; a minus before a key says descending."""
    return IndexModel([(key.lstrip("-"), DOWN if key.startswith("-") else UP) for key in keys], **options)


def _partly(*keys: str, **where: object) -> IndexModel:
    """An index of those documents that match; `__` in a name stands for a dot."""
    condition = {name.replace("__", "."): value for name, value in where.items()}
    return _together(*keys, partialFilterExpression=condition)


USERS = [
    *_plain("name", "createdAt", "lastLogin", "status", "statusText", "type", "services.saml.inResponseTo"),
    *_sparse("__rooms", "roles", "bio", "nickname", "statusConnection", "appId", "federated", "federation"),
    *_sparse("isRemote", "openBusinessHours", "statusLivechat", "language", "importIds"),
    *_sparse("services.resume.haveLoginTokensToDelete", "services.resume.loginTokens.when"),
    *_sparse("services.password.reset.when", "services.password.enroll.when"),
    *_unique("username", "emails.address", "freeSwitchExtension", sparse=True),
    *_unique("services.resume.loginTokens.hashedToken", "services.resume.loginTokens.token", sparse=True),
    _together("emails.address", name="emails.address_insensitive", sparse=True, collation=_IN_ANY_CASE),
    _together("username", name="username_insensitive", sparse=True, collation=_IN_ANY_CASE),
    _together("active", "services.email2fa.enabled", sparse=True),
    _together("active", "services.totp.enabled", sparse=True),
    _partly("active", "lastLogin", active=True, lastLogin=_EXISTS),
    _partly("statusExpiresAt", statusExpiresAt=_EXISTS),
    _partly("settings.preferences.statusVisibilityDenied", settings__preferences__statusVisibilityDenied=_EXISTS),
]

ROOMS = [
    *_plain("u._id", "ts"),
    *_unique("name", sparse=True),
    *_sparse("default", "featured", "muted", "prid", "fname", "uids", "createdOTR", "encrypted", "broadcast"),
    *_sparse("federated"),
    _together("teamId", "teamDefault", sparse=True),
    _together("t", "ts"),
    _partly("usersWaitingForE2EKeys.userId", usersWaitingForE2EKeys__userId=_EXISTS),
]

CONVERSATIONS = [
    *_sparse("open", "departmentId", "metrics.chatDuration", "metrics.serviceTimeDuration"),
    *_sparse("metrics.visitorInactivity", "omnichannel.predictedVisitorAbandonmentAt", "closedAt", "servedBy"),
    *_sparse("v._id", "source", "departmentAncestors", "pdfTranscriptFileId", "priorityId", "slaId"),
    *_plain("livechatData.$**"),
    _together("v.token", "email.thread", sparse=True),
    _together("servedBy._id", "departmentId", "t", "open", "-ts"),
    _partly("t", "departmentId", "closedAt", closedAt=_EXISTS),
    _partly("t", "open", "source.type", "v.status", t="l"),
    _partly("source", "ts", source=_EXISTS, t="l"),
    _partly("departmentId", "ts", departmentId=_EXISTS, t="l"),
    _partly("tags.0", "ts", tags__0=_EXISTS, t="l"),
    _partly("servedBy", "ts", servedBy=_EXISTS, t="l"),
    _partly("v.activity", "ts", v__activity=_EXISTS, t="l"),
    _partly("contactId", contactId=_EXISTS),
]

SESSIONS = [
    *(_together(f"-{key}") for key in ("createdAt", "loginAt")),
    _together("ip", "-loginAt"),
    _together("userId", "sessionId"),
    _together("type", "year", "month", "day"),
    _together("sessionId", "instanceId", "year", "month", "day"),
    _together("_computedAt", expireAfterSeconds=45 * _DAY),
    _partly("searchTerm", searchTerm=_EXISTS),
    _partly("loginToken", "logoutAt", "userId", "device.name", "device.os.name", "-loginAt", loginToken=_EXISTS),
]

CONTACTS = [
    _together("name", collation=_IN_ANY_CASE),
    *_sparse("preRegistration", "activity", "channels.blocked", "channels.verified"),
    *_plain("channels", "unknown"),
    _together("channels.visitor.visitorId", "channels.visitor.source.type", "channels.visitor.source.id"),
    _partly("emails.address", emails__address=_EXISTS),
    _partly("phones.phoneNumber", phones__phoneNumber=_EXISTS),
]

INDEXES: Mapping[Collection, Sequence[IndexModel]] = {
    Collection.MESSAGES: [
        *_plain("ts"),
        *_sparse("t", "pinned", "starred._id"),
        _together("tcount", "tlm", sparse=True),
    ],
    Collection.SUBSCRIPTIONS: [*_plain("ls"), _together("rid", "u._id", unique=True)],
    Collection.USERS: USERS,
    Collection.ROOMS: [*ROOMS, *CONVERSATIONS],
    Collection.SESSIONS: SESSIONS,
    Collection.CONTACTS: CONTACTS,
    Collection.CRON: [_together("name", "nextRunAt", "-priority", "lockedAt", "disabled")],
    Collection.ANALYTICS: [
        *_plain("date"),
        _together("room._id", "date", unique=True, partialFilterExpression={"type": "rooms"}),
        _partly("room.t", "date", type="messages"),
    ],
    Collection.CUSTOM_FIELDS: _plain("scope"),
    Collection.DEPARTMENTS: [
        *_plain("name"),
        *_sparse("businessHourId", "type", "parentId", "ancestors", "archived"),
        _together("numAgents", "enabled"),
    ],
    Collection.INSTANCES: [_together("_updatedAt", expireAfterSeconds=60)],
    Collection.INTEGRATIONS: _plain("type"),
    Collection.NOTIFICATIONS: [_together("ts", expireAfterSeconds=2 * 3600)],
    Collection.STATISTICS: [_together("-createdAt"), *_plain("createdAt", expireAfterSeconds=365 * _DAY)],
    Collection.UPLOADS: [*_sparse("name", "rid", "expiresAt"), _together("-uploadedAt")],
    Collection.VIDEO_CONFERENCES: [_together("rid", "createdAt"), _together("type", "status")],
}


# What only some releases have: a collection, and single indexes by their names.
COLLECTIONS: Mapping[Collection, Span] = {
    Collection.ABAC_ATTRIBUTES: since("8.0"),
    Collection.CONTACTS: since("7.2"),
    Collection.FREESWITCH_CALLS: since("7.3", before="8.0"),
    Collection.MATRIX_BRIDGED_ROOMS: WITH_CALLS,
}
_SINGLE: Mapping[tuple[Collection, str], Span] = {
    (Collection.MESSAGES, "t_1"): since("6.3"),
    (Collection.MESSAGES, "starred._id_1"): since("6.3"),
    (Collection.STATISTICS, "createdAt_1"): since("8.2"),
}


def has(release: Release, collection: Collection) -> bool:
    """Whether the release has the collection."""
    return collection not in COLLECTIONS or release in COLLECTIONS[collection]


def of(release: Release) -> dict[Collection, list[IndexModel]]:
    """The indexes of a release."""
    return {collection: _of(release, collection) for collection in INDEXES if has(release, collection)}


def _of(release: Release, collection: Collection) -> list[IndexModel]:
    spans = [(index, _SINGLE.get((collection, index.document["name"]))) for index in INDEXES[collection]]
    return [index for index, span in spans if span is None or release in span]


def make(database: Database[Document], release: Release = RELEASE) -> None:
    """Makes them all."""
    for collection in of(release):
        make_for(database, collection, release)


def make_for(database: Database[Document], collection: Collection, release: Release = RELEASE) -> None:
    """Makes one collection's; where that is full it takes its time."""
    with time_limit(_PATIENCE):
        database[collection].create_indexes(_of(release, collection))
