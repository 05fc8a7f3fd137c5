"""The users of the sample workspace: who they are, how they log in, and what they have set."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from collector.demo.sample import accounts, words
from collector.demo.sample.blueprint import WITH_CALLS, Plan
from collector.demo.sample.randomness import Chance
from collector.key_paths import Document
from collector.sources.rocketchat import hash_token

# Ways to log in beside a password, and the share of users who have each.
_SERVICES = {
    "ldap": 0.2,
    "google": 0.06,
    "company": 0.05,
    "github": 0.04,
    "saml": 0.03,
    **dict.fromkeys(("gitlab", "github_enterprise", "cas"), 0.01),
    **dict.fromkeys(("facebook", "linkedin", "apple", "nextcloud"), 0.005),
    **dict.fromkeys(("meteor", "twitter", "wordpress", "drupal"), 0.002),
    **dict.fromkeys(("dolphin", "tokenpass"), 0.001),
}
_PREFERENCES = {"enableAutoAway": True, "idleTimeLimit": 300, "emailNotificationMode": "mentions"}
# Users who are no colleagues, and the share of users up to each kind.
_NO_COLLEAGUES: tuple[tuple[float, Document], ...] = (
    (0.03, {"roles": ["guest"]}),
    (0.05, {"type": "bot", "roles": ["bot"], "services": {"password": {}}}),
    (0.06, {"type": "app", "roles": ["app"], "appId": "5d1f0a00-0000-4000-8000-000000000000", "services": {}}),
    (0.08, {"federated": True, "federation": {"origin": "example.net"}, "services": {}}),
    (0.081, {"isRemote": True, "services": {}}),
    (0.12, {"active": False, "status": "offline", "statusConnection": "offline", "inactiveReason": "left"}),
)
_IN_SERVICE = ("livechat-agent", "livechat-manager", "livechat-monitor")


def users(plan: Plan, numbers: range) -> Iterator[Document]:
    chance = plan.chance("users", numbers.start)
    for number in numbers:
        if number < len(accounts.FIRST):
            yield _known(plan, chance, number)
        else:
            yield _somebody(plan, chance, number)


def _known(plan: Plan, chance: Chance, number: int) -> Document:
    user = _user(plan, chance, number) | {"status": "online", "active": True}
    if number == 0:
        return user | {"type": "bot", "roles": ["bot"], "services": {}}
    login = (accounts.ADMIN, accounts.PLAIN)[number - 1]
    token = {"hashedToken": hash_token(login.token), "type": "personalAccessToken", "name": "demo"}
    user["services"]["resume"] = {"loginTokens": [token | {"createdAt": plan.installed}]}
    return user | {"roles": list(login.roles)}


def _somebody(plan: Plan, chance: Chance, number: int) -> Document:
    user = _user(plan, chance, number)
    if number < len(accounts.FIRST) + plan.agents:
        kinds = _IN_SERVICE[: 1 + (number % 5 == 0) + (number % 7 == 0)]
        return user | {"roles": ["user", *kinds], "statusLivechat": chance.one(("available", "not-available"))}
    drawn = chance.random()
    return user | next((kind for share, kind in _NO_COLLEAGUES if drawn < share), {})


def _user(plan: Plan, chance: Chance, number: int) -> Document:
    person = plan.person(number)
    created = chance.between(plan.installed, plan.now - timedelta(days=1))
    status = chance.choices(("offline", "online", "away", "busy"), cum_weights=(76, 91, 97, 100))[0]
    return {
        **person,
        "createdAt": created,
        "emails": [{"address": f"{person['username']}@example.org", "verified": chance.within(0.9)}],
        "services": _services(plan, chance, number),
        "type": "user",
        "active": True,
        "roles": ["user"],
        "status": status,
        "statusConnection": status,
        "statusDefault": "online",
        "statusText": chance.one(words.PHRASES) if chance.within(0.1) else "",
        "utcOffset": chance.one((-5, 0, 1, 1, 2, 8)),
        "avatarETag": chance.hex(16),
        "__rooms": ["GENERAL", *(plan.id_of("room", chance.randrange(plan.size.rooms)) for _ in range(3))],
        "settings": {"preferences": _PREFERENCES if chance.within(0.5) else {}},
        "_updatedAt": plan.now,
        **({"lastLogin": chance.between(created, plan.now)} if chance.within(0.95) else {}),
        **_extras(plan, chance, number),
    }


def _services(plan: Plan, chance: Chance, number: int) -> dict[str, Any]:
    """Tokens of logins, second factors, and what other ways to log in leave behind."""
    tokens = [
        {"when": chance.between(plan.lively, plan.now), "hashedToken": b64encode(chance.randbytes(32)).decode()}
        for _ in range(chance.one((0, 1, 1, 2)))
    ]
    services: dict[str, Any] = {
        "password": {"bcrypt": f"$2b$10${chance.hex(52)}"},
        "resume": {"loginTokens": tokens},
        "email2fa": {"enabled": chance.within(0.4), "changedAt": plan.installed},
    }
    for name, share in _SERVICES.items():
        if chance.within(share) and (name != "tokenpass" or plan.release in WITH_CALLS):
            services[name] = {"id": f"{name}-{number}", "email": f"{number}@example.org"}
    if chance.within(0.08):
        services["totp"] = {"enabled": chance.within(0.8), "secret": chance.hex(40), "hashedBackup": [chance.hex(64)]}
    return services


def _extras(plan: Plan, chance: Chance, number: int) -> Document:
    """What only some users have."""
    language = chance.one(words.LANGUAGES)
    extras: Document = {"language": language} if language else {}
    kind = chance.random()
    if kind < 0.03:
        extras |= {"freeSwitchExtension": str(100_000 + number)}
    elif kind < 0.05 and plan.release in WITH_CALLS:
        extras |= {"extension": str(100_000 + number)}
    elif kind < 0.1:
        extras |= {"bio": "Happy to help.", "nickname": f"nick{number}"}
    elif kind < 0.2:
        extras |= {"importIds": [f"import-{number}"], "customFields": {"site": chance.one(words.DEPARTMENTS)}}
    return extras


def role_of(plan: Plan, number: int) -> str:
    """The user's role that the rows of sessions name."""
    if number == 1:
        return "admin"
    if len(accounts.FIRST) <= number < len(accounts.FIRST) + plan.agents:
        return "livechat-agent"
    return {0: "guest", 1: "custom-role"}.get(number % 30, "user")
