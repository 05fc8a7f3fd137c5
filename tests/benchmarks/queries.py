"""The server's queries, in its order."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from collector.key_paths import Document
from collector.sources.collections import Collection
from tests.benchmarks import pipelines
from tests.benchmarks.query_model import (
    EXISTS,
    Db,
    Step,
    count,
    fetched,
    newest,
    rows,
    setting,
    size,
    started,
    together,
    total,
)

USERS, ROOMS, MESSAGES = Collection.USERS, Collection.ROOMS, Collection.MESSAGES
CONTACTS, CALLS = Collection.CONTACTS, Collection.FREESWITCH_CALLS

# Names of services in accounts, by key in the document where that is another.
LOGINS = {name: name for name in ("ldap", "saml", "cas")} | {
    f"oauth.{name}": {"githubEnterprise": "github_enterprise"}.get(name, name)
    for name in """
    apple dolphin drupal facebook github githubEnterprise gitlab google linkedin meteor nextcloud tokenpass twitter
    wordpress
    """.split()
}
CUSTOM_LOGIN = "Company"
CHANGEABLE = """
Push_gateway Layout_Home_Title Layout_Home_Body theme-custom-css Custom_Script_On_Logout Custom_Script_Logged_Out
Custom_Script_Logged_In
""".split()

PEOPLE = (
    setting("uniqueID"),
    size("totalUsers", USERS),
    *together(count("active", USERS, {"active": True}), count("seatless", USERS, pipelines.SEATLESS)),
    count("activeGuests", USERS, pipelines.GUESTS),
    count("nonActiveUsers", USERS, {"active": False}),
    count("appUsers", USERS, {"type": "app"}),
    *(count(f"{status}Users", USERS, {"status": status}) for status in ("online", "away", "busy")),
    *started(rows("userLanguages", USERS, lambda _: pipelines.LANGUAGES)),
)
PLACES = (
    size("totalRooms", ROOMS),
    count("totalChannels", ROOMS, {"t": "c"}),
    count("totalPrivateGroups", ROOMS, {"t": "p"}),
    count("totalDirect", ROOMS, {"t": "d"}),
    count("totalLivechat", ROOMS, {"t": "l"}),
    count("totalDiscussions", ROOMS, {"prid": EXISTS}),
    count("totalThreads", MESSAGES, {"tcount": EXISTS}),
    size("totalLivechatVisitors", Collection.VISITORS),
    count("totalLivechatAgents", USERS, {"roles": "livechat-agent"}),
    count("totalLivechatManagers", USERS, {"roles": "livechat-manager"}),
)
CONVERSATIONS = (
    *started(
        rows("omnichannelSources", ROOMS, lambda _: pipelines.SOURCES),
        count("totalLivechatRoomsWithDepartment", ROOMS, {"departmentId": EXISTS}),
        size("departments", Collection.DEPARTMENTS),
        count("archivedDepartments", Collection.DEPARTMENTS, {"archived": True}),
        size("totalTriggers", Collection.TRIGGERS),
    ),
    size("totalCustomFields", Collection.CUSTOM_FIELDS),
    count("totalLivechatPublicCustomFields", Collection.CUSTOM_FIELDS, {"public": True}),
    *started(
        size("emailInboxes", Collection.EMAIL_INBOXES),
        size("BusinessHours.total", Collection.BUSINESS_HOURS),
        total("chatsOnHold", MESSAGES, pipelines.rooms_with({"t": "omnichannel_placed_chat_on_hold"})),
        count("voipCalls", ROOMS, {"t": "v"}),
        count("voipExtensions", USERS, {"extension": EXISTS}),
        count("voipSuccessfulCalls", MESSAGES, {"t": "voip-call-wrapup"}),
        count("voipErrorCalls", MESSAGES, {"t": "voip-call-ended-unexpectedly"}),
        total("voipOnHoldCalls", MESSAGES, pipelines.rooms_with({"t": "voip-call-on-hold"})),
        rows("omnichannelContactsBySource", ROOMS, lambda now: pipelines.visitors({"v.activity": f"{now:%Y-%m}"})),
        rows("uniqueContactsOfLastMonth", ROOMS, lambda now: pipelines.visitors_since(now, 30)),
        rows("uniqueContactsOfLastWeek", ROOMS, lambda now: pipelines.visitors_since(now, 7)),
        rows("uniqueContactsOfYesterday", ROOMS, lambda now: pipelines.visitors_since(now, 1)),
    ),
)


def _live_instances(database: Db, now: datetime) -> int:
    return database[Collection.INSTANCES].count_documents({"_updatedAt": {"$gt": now - timedelta(minutes=1)}})


TALK = (
    fetched("c", "totalChannelMessages"),
    fetched("p", "totalPrivateGroupMessages"),
    fetched("d", "totalDirectMessages"),
    fetched("l", "totalLivechatMessages"),
    *started(
        size("federatedServers", Collection.FEDERATION_SERVERS),
        count("federatedUsers", USERS, {"isRemote": True}),
    ),
    newest("lastLogin", USERS, "lastLogin"),
    newest("lastMessageSentAt", MESSAGES, "ts"),
    newest("lastSeenSubscription", Collection.SUBSCRIPTIONS, "ls"),
    *started(
        size("uploadsTotal", Collection.UPLOADS),
        total("uploadsTotalSize", Collection.UPLOADS, [{"$group": {"_id": "total", "total": {"$sum": "$size"}}}]),
    ),
    Step("migration", lambda database, _: database[Collection.MIGRATIONS].find_one({"_id": "control"})),
    *started(Step("instanceCount", _live_instances)),
    Step("mongoVersion", lambda database, _: database.command("serverStatus")["version"]),
)


def _sessions() -> Iterator[Step]:
    for name, pipeline in pipelines.SESSIONS.items():
        for period in ("Yesterday", "LastWeek", "LastMonth"):
            yield rows(
                f"unique{name}Of{period}",
                Collection.SESSIONS,
                lambda now, pipeline=pipeline, period=period: pipeline(now.astimezone(), period),  # type: ignore[misc]
                allowDiskUse=True,
            )


def _users_with(key: str, service: str) -> Step:
    return count(f"services.{key}.users", USERS, pipelines.PERSONS | {f"services.{service}": EXISTS})


def _conferences() -> Iterator[Step]:
    states = {"started": 1, "ended": 3}
    for kind, more in {"videoconference": {}, "direct": {"calling": 0}, "livechat": {}}.items():
        for state, status in (more | states).items():
            key = f"videoConf.{'videoConference' if kind == 'videoconference' else kind}.{state}"
            yield count(key, Collection.VIDEO_CONFERENCES, {"type": kind, "status": status})


LATER = (
    *started(*_sessions()),
    *(_users_with(key, service) for key, service in LOGINS.items()),
    *together(_users_with(f"oauth.custom.{CUSTOM_LOGIN}", CUSTOM_LOGIN)),
    *_conferences(),
    *together(
        size("contactVerification.totalContacts", CONTACTS),
        count("contactVerification.totalUnknownContacts", CONTACTS, {"unknown": True}),
        rows("contacts", CONTACTS, lambda _: pipelines.CONTACTS),
        count("contactVerification.totalBlockedContacts", CONTACTS, {"channels.blocked": True}),
        count("contactVerification.totalFullyBlockedContacts", CONTACTS, pipelines.FULLY_BLOCKED),
        count("contacts that are known", CONTACTS, {"unknown": False}),
        count("contactVerification.totalContactsWithoutChannels", CONTACTS, {"channels": {"$in": [None, []]}}),
    ),
    *started(
        Step("integrations", lambda database, _: list(database[Collection.INTEGRATIONS].find({}, {"type": 1}))),
        size("pushQueue", Collection.NOTIFICATIONS),
    ),
)


def _reset_seats(database: Db, _: datetime) -> None:
    """The one thing that it writes."""
    database[Collection.ANALYTICS].update_one({"type": "seat-request"}, {"$set": {"count": 0}}, upsert=True)


def _telephone() -> Iterator[Step]:
    """Six figures each of all calls and of those of the last month, week and day."""
    for name, days in {"total": None, "lastMonth": 30, "lastWeek": 7, "lastDay": 1}.items():
        for direction in ("internal", "external_inbound", "external_outbound"):
            yield _of_calls(f"{name} {direction}", days, {"direction": direction})
        yield rows(
            f"voip {name} seconds",
            CALLS,
            lambda now, days=days: [  # type: ignore[misc]
                {"$match": pipelines.telephone(now, days)},
                {"$group": {"_id": "1", "total": {"$sum": "$duration"}}},
            ],
        )
        yield _of_calls(f"{name} successful", days, {"duration": {"$gte": 5}})
        yield _of_calls(f"{name} failed", days, {"$or": [{"duration": {"$exists": False}}, {"duration": {"$lt": 5}}]})


def _of_calls(name: str, days: int | None, where: Document) -> Step:
    return Step(
        f"voip {name}",
        lambda database, now: database[CALLS].count_documents(where | pipelines.telephone(now, days)),
    )


LICENSED = started(
    Step(
        "enterprise.seatRequests", lambda database, _: database[Collection.ANALYTICS].find_one({"type": "seat-request"})
    ),
    size("enterprise.livechatTags", Collection.LIVECHAT_TAGS),
    size("enterprise.cannedResponses", Collection.CANNED_RESPONSES),
    size("enterprise.slas", Collection.SERVICE_LEVELS),
    count("enterprise.omnichannelRoomsWithPriorities", ROOMS, {"priorityId": EXISTS}),
    count("enterprise.omnichannelRoomsWithSlas", ROOMS, {"slaId": EXISTS}),
    count("enterprise.businessUnits", Collection.DEPARTMENTS, {"type": "u"}),
    count("enterprise.livechatMonitors", USERS, {"roles": "livechat-monitor"}),
    count("enterprise.omnichannelPdfTranscriptRequested", ROOMS, {"pdfTranscriptRequested": True}),
    count("enterprise.omnichannelPdfTranscriptSucceeded", ROOMS, {"pdfTranscriptFileId": EXISTS}),
    *_telephone(),
    count("teams.totalTeams", Collection.TEAMS, {}),
    count("teams.totalRoomsInsideTeams", ROOMS, {"teamId": EXISTS, "teamMain": {"$exists": False}}),
    count(
        "teams.totalDefaultRoomsInsideTeams",
        ROOMS,
        {"teamId": EXISTS, "teamMain": {"$exists": False}, "teamDefault": True},
    ),
    Step("seat requests set to 0", _reset_seats),
)
