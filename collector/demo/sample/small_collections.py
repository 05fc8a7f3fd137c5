"""The small collections of the sample workspace, each given as a whole."""

from collections.abc import Iterator
from datetime import timedelta

from collector.demo.sample import words
from collector.demo.sample.blueprint import Plan
from collector.demo.sample.omnichannel import SERVICE_LEVELS
from collector.key_paths import Document

RELEASE = "7.10.0"
MODULES = (
    "auditing",
    "canned-responses",
    "engagement-dashboard",
    "ldap-enterprise",
    "livechat-enterprise",
    "message-read-receipt",
    "omnichannel-mobile-enterprise",
    "outlook-calendar",
    "push-privacy",
    "saml-enterprise",
    "scalability",
    "videoconference-enterprise",
)
_USERS_ROLES = ("admin", "anonymous", "app", "auditor", "auditor-log", "bot", "guest", "user")
_AGENTS_ROLES = ("livechat-agent", "livechat-manager", "livechat-monitor")
_CUSTOM_ROLES = ("librarian", "trainer", "warehouse")


def roles(plan: Plan) -> Iterator[Document]:
    rows = [(name, "Subscriptions", True) for name in ("owner", "moderator", "leader")]
    rows += [(name, "Users", True) for name in (*_USERS_ROLES, *_AGENTS_ROLES)]
    rows += [(name, "Users", False) for name in _CUSTOM_ROLES]
    for name, scope, protected in rows:
        shape = {"name": name, "scope": scope, "description": "", "mandatory2fa": False, "protected": protected}
        yield {"_id": name, **shape, "_updatedAt": plan.installed}


def permissions(plan: Plan) -> Iterator[Document]:
    granted = {
        "view-statistics": ["admin"],
        "view-logs": ["admin"],
        "access-permissions": ["admin"],
        "create-c": ["admin", "user", "bot", "app"],
        "create-d": ["admin", "user", "bot", "app"],
        "mention-all": ["admin", "owner", "moderator", "user"],
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
            "username": "rocket.cat",
            "channel": ["#general"],
            "userId": "rocket.cat",
            "token": plan.id_of("integration token", number),
            "_createdAt": plan.installed,
            "_updatedAt": plan.installed,
        }


def apps(plan: Plan) -> Iterator[Document]:
    states = ("auto_enabled", "manually_enabled", "manually_enabled", "manually_disabled", "compiler_error_disabled")
    for number, status in enumerate(states):
        yield {
            "_id": plan.id_of("app", number),
            "id": f"5d1f0a{number:02}-0000-4000-8000-000000000000",
            "status": status,
            "info": {"name": f"App {number + 1}", "version": "1.2.0"},
            "installationSource": "private" if number in {1, 3} else "marketplace",
            "createdAt": plan.installed,
            "_updatedAt": plan.installed,
        }


def triggers(plan: Plan) -> Iterator[Document]:
    yield from (_named(plan, "trigger", number, enabled=number == 0) for number in range(3))


def custom_fields(plan: Plan) -> Iterator[Document]:
    for number, field in enumerate(("customer-number", "contract", "language")):
        yield {"_id": field, "label": field, "scope": "visitor", "public": number == 0, "_updatedAt": plan.installed}


def business_hours(plan: Plan) -> Iterator[Document]:
    yield from (_named(plan, "business hours", number, active=True, type="custom") for number in range(2))


def tags(plan: Plan) -> Iterator[Document]:
    yield from (_named(plan, "tag", number, numDepartments=0) for number in range(9))


def canned_responses(plan: Plan) -> Iterator[Document]:
    for number in range(14):
        yield _named(plan, "canned response", number, shortcut=f"hello{number}", text="Good day!", scope="global")


def service_levels(plan: Plan) -> Iterator[Document]:
    for number in range(SERVICE_LEVELS):
        yield _named(plan, "service level", number, dueTimeInMinutes=30 * (number + 1))


def email_inboxes(plan: Plan) -> Iterator[Document]:
    for number in range(2):
        yield _named(plan, "inbox", number, active=True, email=f"inbox{number}@example.org")


def attributes(plan: Plan) -> Iterator[Document]:
    """What access to rooms can hang on."""
    for key, values in {"clearance": ["public", "internal"], "site": ["north", "south", "sea"]}.items():
        yield {"_id": plan.id_of(key, 0), "key": key, "values": values, "_updatedAt": plan.installed}


def federation_servers(plan: Plan) -> Iterator[Document]:
    for number in range(3):
        domain = f"chat{number}.example.net"
        yield {"_id": plan.id_of("server", number), "domain": domain, "_updatedAt": plan.installed}


def bridged_rooms(plan: Plan) -> Iterator[Document]:
    for number in range(min(4, plan.size.channels)):
        room, home = plan.room(number), f"matrix{number % 2}.example.net"
        row = {"rid": room.id, "mri": f"!{plan.id_of('bridge', number)}:{home}", "fromServer": home}
        yield {"_id": plan.id_of("bridged room", number), **row, "_updatedAt": plan.installed}


def _named(plan: Plan, kind: str, number: int, **fields: object) -> Document:
    return {
        "_id": plan.id_of(kind, number),
        "name": f"{kind.capitalize()} {number + 1}",
        **fields,
        "_updatedAt": plan.installed,
    }


def migrations(plan: Plan) -> Iterator[Document]:
    yield {"_id": "control", "version": 332, "locked": False, "lockedAt": plan.installed}


def statistics(plan: Plan) -> Iterator[Document]:
    """What the server itself stored, one document a day: only the fields that nobody else can know."""
    chance = plan.chance("statistics")
    for back in range(40):
        moment = plan.now - timedelta(days=back, hours=7)
        peak = plan.size.users // 5 + chance.randrange(20)
        yield {
            "_id": chance.hex(),
            "version": RELEASE,
            "tag": RELEASE,
            "branch": "HEAD",
            "enterpriseReady": True,
            "enterprise": {"modules": list(MODULES), "tags": [], "seatRequests": 0},
            "apps": {"engineVersion": "1.55.0", "totalInstalled": 5, "totalActive": 3, "totalFailed": 1},
            "msEnabled": False,
            "dailyPeakConnections": peak,
            "maxMonthlyPeakConnections": plan.size.users // 5 + 20,
            "statsToken": chance.hex(32),
            "createdAt": moment,
            "_updatedAt": moment,
        }
