"""The indexes that Rocket.Chat 7 keeps on its collections, so that costs here are costs there."""

from collections.abc import Mapping, Sequence
from functools import partial

from pymongo import ASCENDING as UP
from pymongo import DESCENDING as DOWN
from pymongo import IndexModel
from pymongo.collation import Collation
from pymongo.database import Database

from collector.key_paths import Document
from collector.mongodb.connection import time_limit
from collector.sources.collections import Collection

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

MESSAGES = [
    *_plain("ts", "u._id"),
    *_sparse("editedAt", "editedBy._id", "file._id", "files._id", "mentions.username", "pinned", "unread"),
    *_sparse("pinnedBy._id", "starred._id", "drid", "tmid", "navigation.token", "federation.eventId", "t"),
    _together("rid", "ts", "_updatedAt"),
    _together("rid", "t", "u._id"),
    _together("rid", "tcount"),
    _together("tcount", "tlm", sparse=True),
    _together("slackTs", "slackBotId", sparse=True),
    _together("expireAt", expireAfterSeconds=0),
    _partly("rid", "unread", "ts", "tmid", "tshow", unread=_EXISTS),
    _partly("rid", "-tlm", tcount=_EXISTS),
    IndexModel([("location", "2dsphere")]),
    # Not made: the text index over msg. No count can use it, and it would take a third of the time of all indexes.
]

SUBSCRIPTIONS = [
    *_plain("open", "alert", "ts", "ls", "prid"),
    *_unique("E2EKey", sparse=True),
    *_sparse("desktopNotifications", "mobilePushNotifications", "emailNotifications", "autoTranslate"),
    *_sparse("autoTranslateLanguage", "userHighlights.0"),
    _together("rid", "u._id", unique=True),
    _together("rid", "u._id", "open"),
    _together("rid", "u.username"),
    _together("rid", "alert", "u._id"),
    _together("rid", "roles"),
    _together("rid", "ls"),
    _together("u._id", "name", "t"),
    _together("u._id", "open", "department"),
    _together("u._id", "autotranslate"),
    _together("name", "t"),
    _together("v._id", "open"),
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
    Collection.MESSAGES: MESSAGES,
    Collection.SUBSCRIPTIONS: SUBSCRIPTIONS,
    Collection.USERS: USERS,
    Collection.ROOMS: [*ROOMS, *CONVERSATIONS],
    Collection.SESSIONS: SESSIONS,
    Collection.CONTACTS: CONTACTS,
    Collection.ABAC_ATTRIBUTES: [*_unique("key"), *_plain("values")],
    Collection.ANALYTICS: [
        *_plain("date"),
        _together("room._id", "date", unique=True, partialFilterExpression={"type": "rooms"}),
        _partly("room.t", "date", type="messages"),
    ],
    Collection.CANNED_RESPONSES: _unique("shortcut"),
    Collection.CUSTOM_FIELDS: _plain("scope"),
    Collection.DEPARTMENTS: [
        *_plain("name"),
        *_sparse("businessHourId", "type", "parentId", "ancestors", "archived"),
        _together("numAgents", "enabled"),
    ],
    Collection.EMAIL_INBOXES: _unique("email"),
    Collection.FREESWITCH_CALLS: [*_plain("UUID", "channels"), _together("direction", "startedAt")],
    Collection.INSTANCES: [_together("_updatedAt", expireAfterSeconds=60)],
    Collection.INTEGRATIONS: _plain("type"),
    Collection.INVITES: [
        _together("inviteToken", unique=True, partialFilterExpression={"inviteToken": {"$type": "string"}})
    ],
    Collection.LIVECHAT_TAGS: _unique("name"),
    Collection.NOTIFICATIONS: [
        *_plain("uid"),
        *_sparse("schedule", "sending", "error"),
        _together("ts", expireAfterSeconds=2 * 3600),
    ],
    Collection.SERVICE_LEVELS: _unique("name", "dueTimeInMinutes"),
    Collection.STATISTICS: [_together("-createdAt")],
    Collection.TEAMS: _unique("name"),
    Collection.TRIGGERS: _plain("enabled"),
    Collection.UPLOADS: [
        *_sparse("name", "rid", "expiresAt"),
        _together("-uploadedAt"),
        _together("rid", "_hidden", "typeGroup"),
        _together("federation.mediaId", "federation.serverName", unique=True, sparse=True),
    ],
    Collection.VIDEO_CONFERENCES: [_together("rid", "createdAt"), _together("type", "status")],
    Collection.VISITORS: [
        *_plain("token", "username", "livechatData.$**"),
        *_sparse("phone.phoneNumber", "visitorEmails.address", "externalIds.entityId", "name"),
        *_sparse("contactMananger.username"),
        _partly("disabled", disabled=_EXISTS),
    ],
}


def make(database: Database[Document]) -> None:
    """Makes them all."""
    for collection in INDEXES:
        make_for(database, collection)


def make_for(database: Database[Document], collection: Collection) -> None:
    """Makes one collection's; where that is full it takes its time."""
    with time_limit(_PATIENCE):
        database[collection].create_indexes(list(INDEXES[collection]))
