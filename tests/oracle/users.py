"""Recounts the users: who there is, who is active, who is here, in which language."""

from collections import Counter
from typing import Any

from collector.key_paths import Document
from collector.sources.collections import Collection
from tests.oracle.documents import ABSENT, UNDEFINED, Counts, Stored, has, how_many, is_true, matches, newest


def recounted(stored: Stored) -> Counts:
    users = stored[Collection.USERS]
    return {
        "totalUsers": len(users),
        "activeUsers": how_many(users, lambda user: is_active(user) and not is_seatless(user)),
        "activeGuests": how_many(users, is_active_guest),
        "nonActiveUsers": how_many(users, lambda user: matches(user, "active", wanted=False)),
        "appUsers": how_many(users, lambda user: matches(user, "type", "app")),
        "totalUserTOTP": how_many(users, lambda user: is_active(user) and is_true(user, "services.totp.enabled")),
        "totalUserEmail2fa": how_many(
            users, lambda user: is_active(user) and is_true(user, "services.email2fa.enabled")
        ),
        "totalLivechatAgents": how_many(users, lambda user: matches(user, "roles", "livechat-agent")),
        "totalLivechatManagers": how_many(users, lambda user: matches(user, "roles", "livechat-manager")),
        "enterprise.livechatMonitors": how_many(users, lambda user: matches(user, "roles", "livechat-monitor")),
        "voipExtensions": how_many(users, lambda user: has(user, "extension")),
        "federatedUsers": how_many(users, lambda user: is_true(user, "isRemote")),
        "matrixFederation.amountOfExternalUsers": how_many(users, lambda user: is_true(user, "federated")),
        "userLanguages": languages(users),
        "lastLogin": last_login(users),
        **presence(users),
    }


def is_active(user: Document) -> bool:
    return is_true(user, "active")


def is_guest_only(user: Document) -> bool:
    return user.get("roles") == ["guest"]


def is_seatless(user: Document) -> bool:
    """Active, but not counted as an active user."""
    foreign = is_true(user, "federated") or is_true(user, "isRemote")
    return is_guest_only(user) or matches(user, "type", "app") or matches(user, "type", "bot") or foreign


def is_active_guest(user: Document) -> bool:
    own = not matches(user, "type", "app") and not is_true(user, "isRemote")
    return is_active(user) and is_guest_only(user) and own


def signs_in(user: Document) -> bool:
    """Whether the numbers of the sign-in services count this user."""
    return is_active(user) and not matches(user, "type", "app") and not is_guest_only(user)


def presence(users: list[Document]) -> Counts:
    online = how_many(users, lambda user: matches(user, "status", "online"))
    away = how_many(users, lambda user: matches(user, "status", "away"))
    busy = how_many(users, lambda user: matches(user, "status", "busy"))
    return {
        "onlineUsers": online,
        "awayUsers": away,
        "busyUsers": busy,
        "totalConnectedUsers": online + away,
        "offlineUsers": len(users) - online - away - busy,
    }


def languages(users: list[Document]) -> dict[str, Any]:
    """{language: users}, and `none` for all who have no language, or one that is no text or is called that."""
    given = [user.get("language") for user in users]
    spoken = Counter(key_of(language) for language in given if isinstance(language, str) and language)
    del spoken["none"]
    return {**spoken, "none": len(users) - spoken.total()}


def key_of(language: str) -> str:
    """Ours: a text as a key that every MongoDB takes."""
    return language.replace(".", "%2E").replace("$", "%24") if language[0] == "$" else language.replace(".", "%2E")


def last_login(users: list[Document]) -> Any:
    """Ours: a date, absent without one; the server has a text."""
    found = newest(users, "lastLogin")
    return ABSENT if found is UNDEFINED else found
