"""The small collections of the sample workspace, each given as a whole."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, time, timedelta

from collector.demo.sample import indexes, own_statistics, words
from collector.demo.sample.blueprint import WITH_CALLS, Plan
from collector.demo.sample.omnichannel import SERVICE_LEVELS
from collector.key_paths import Document
from collector.sources.collections import Collection
from collector.statistics.releases import Release

_MIGRATION = ((Release(9), 337), (Release(8), 335), (Release(7), 329), (Release(0), 312))
"""The number of the newest migration, by the first release that has it."""

_USERS_ROLES = ("admin", "anonymous", "app", "auditor", "auditor-log", "bot", "guest", "user")
_AGENTS_ROLES = ("livechat-agent", "livechat-manager", "livechat-monitor")
_CUSTOM_ROLES = ("librarian", "trainer", "warehouse")


def roles(plan: Plan) -> Iterator[Document]:
    rows = [(name, "Subscriptions", True) for name in ("owner", "moderator", "leader")]
    rows += [(name, "Users", True) for name in (*_USERS_ROLES, *_AGENTS_ROLES)]
    rows += [(name, "Users", False) for name in _CUSTOM_ROLES]
    for name, scope, protected in rows:
        shape = {"name": name, "scope": scope, "protected": protected}
        yield {"_id": name, **shape, "_updatedAt": plan.installed}


def permissions(plan: Plan) -> Iterator[Document]:
    granted = {
        "view-statistics": ["admin"],
        "api-bypass-rate-limit": ["admin", "bot", "app"],
        "create-c": ["admin", "user", "bot", "app"],
        "view-l-room": ["livechat-agent", "livechat-manager", "livechat-monitor", "admin"],
    }
    yield from ({"_id": name, "roles": holders, "_updatedAt": plan.installed} for name, holders in granted.items())


def integrations(plan: Plan) -> Iterator[Document]:
    for number in range(12):
        yield {
            "_id": plan.id_of("integration", number),
            "type": "webhook-outgoing" if number % 3 == 0 else "webhook-incoming",
            "enabled": number % 4 != 3,
            "scriptEnabled": number % 5 == 0,
            "name": f"{words.TOPICS[number]} hook",
            "_updatedAt": plan.installed,
        }


def apps(plan: Plan) -> Iterator[Document]:
    states = ("auto_enabled", "manually_enabled", "manually_enabled", "manually_disabled", "compiler_error_disabled")
    for number, status in enumerate(states):
        yield {
            "_id": plan.id_of("app", number),
            "status": status,
            "info": {"name": f"App {number + 1}", "version": "1.2.0"},
            "installationSource": "private" if number in {1, 3} else "marketplace",
            "_updatedAt": plan.installed,
        }


def custom_fields(plan: Plan) -> Iterator[Document]:
    for number, field in enumerate(("customer-number", "contract", "language")):
        yield {"_id": field, "label": field, "scope": "visitor", "public": number == 0, "_updatedAt": plan.installed}


def attributes(plan: Plan) -> Iterator[Document]:
    """What access to rooms can hang on."""
    for key, values in {"clearance": ["public", "internal"], "site": ["north", "south", "sea"]}.items():
        yield {"_id": plan.id_of(key, 0), "key": key, "values": values, "_updatedAt": plan.installed}


def bridged_rooms(plan: Plan) -> Iterator[Document]:
    for number in range(min(4, plan.size.channels)):
        room, home = plan.room(number), f"matrix{number % 2}.example.net"
        row = {"rid": room.id, "mri": f"!{plan.id_of('bridge', number)}:{home}", "fromServer": home}
        yield {"_id": plan.id_of("bridged room", number), **row, "_updatedAt": plan.installed}


def cron(plan: Plan) -> Iterator[Document]:
    """The server's jobs of each night; its clock is that of this host."""
    for name, at in {"finish-sessions": time(1, 5), "aggregate-sessions": time(2)}.items():
        local = plan.now.astimezone()
        following = local.date() + timedelta(days=local.time() >= at)
        yield {
            "_id": plan.id_of(name, 0),
            "name": name,
            "type": "single",
            "repeatInterval": f"{at.minute} {at.hour} * * *",
            "repeatTimezone": None,
            "nextRunAt": datetime.combine(following, at).astimezone(),
        }


def federation_servers(plan: Plan) -> Iterator[Document]:
    """The peers of the old federation; from 8.0 on the same collection keeps the keys of Matrix servers."""
    key = "domain" if plan.release in WITH_CALLS else "name"
    for number in range(3):
        yield {"_id": plan.id_of("server", number), key: f"chat{number}.example.net", "_updatedAt": plan.installed}


def migrations(plan: Plan) -> Iterator[Document]:
    version = next(number for first, number in _MIGRATION if plan.release >= first)
    upgraded = {"lockedAt": plan.installed} if plan.release in WITH_CALLS else {}
    yield {"_id": "control", "version": version, "locked": False, **upgraded, "_updatedAt": plan.installed}


_FEW: Mapping[Collection, Callable[[Plan], Iterable[Document]]] = {
    Collection.ABAC_ATTRIBUTES: attributes,
    Collection.APPS: apps,
    Collection.CRON: cron,
    Collection.CUSTOM_FIELDS: custom_fields,
    Collection.FEDERATION_SERVERS: federation_servers,
    Collection.INTEGRATIONS: integrations,
    Collection.MATRIX_BRIDGED_ROOMS: bridged_rooms,
    Collection.MIGRATIONS: migrations,
    Collection.PERMISSIONS: permissions,
    Collection.ROLES: roles,
    Collection.STATISTICS: own_statistics.statistics,
}
# Documents that have little but a name: their kind, how many, and the other fields by number.
_NAMED: Mapping[Collection, tuple[str, int, Callable[[int], Document]]] = {
    Collection.BUSINESS_HOURS: ("business hours", 2, lambda _: {"active": True, "type": "custom"}),
    Collection.CANNED_RESPONSES: ("canned response", 14, lambda n: {"shortcut": f"hello{n}", "scope": "global"}),
    Collection.EMAIL_INBOXES: ("inbox", 2, lambda n: {"active": True, "email": f"inbox{n}@example.org"}),
    Collection.LIVECHAT_TAGS: ("tag", 9, lambda _: {"numDepartments": 0}),
    Collection.SERVICE_LEVELS: ("service level", SERVICE_LEVELS, lambda n: {"dueTimeInMinutes": 30 * (n + 1)}),
    Collection.TRIGGERS: ("trigger", 3, lambda n: {"enabled": n == 0}),
}


def small_collections(plan: Plan) -> Iterator[tuple[Collection, Iterable[Document]]]:
    """Each that the release has, with all of its documents."""
    for collection, documents in _FEW.items():
        if indexes.has(plan.release, collection):
            yield collection, documents(plan)
    for collection, (kind, count, fields) in _NAMED.items():
        yield collection, [_named(plan, kind, number) | fields(number) for number in range(count)]


def _named(plan: Plan, kind: str, number: int) -> Document:
    name = f"{kind.capitalize()} {number + 1}"
    return {"_id": plan.id_of(kind, number), "name": name, "_updatedAt": plan.installed}
