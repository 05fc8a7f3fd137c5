"""Recounts the users: who there is, who is active, who is here, in which language."""

from collections import Counter
from typing import Any

from collector.key_paths import Document
from collector.sources.collections import Collection
from tests.oracle.documents import Counts, Stored, has, holds, how_many, is_true, newest


def recounted(stored: Stored) -> Counts:
    users = stored[Collection.USERS]
    return {
        "totalUsers": len(users),
        "activeUsers": how_many(users, lambda user: is_active(user) and not is_seatless(user)),
        "activeGuests": how_many(users, is_active_guest),
        "nonActiveUsers": how_many(users, lambda user: user.get("active") is False),
        "appUsers": how_many(users, lambda user: user.get("type") == "app"),
        "totalUserTOTP": how_many(users, lambda user: is_active(user) and is_true(user, "services.totp.enabled")),
        "totalUserEmail2fa": how_many(
            users, lambda user: is_active(user) and is_true(user, "services.email2fa.enabled")
        ),
        "totalLivechatAgents": how_many(users, lambda user: holds(user, "roles", "livechat-agent")),
        "totalLivechatManagers": how_many(users, lambda user: holds(user, "roles", "livechat-manager")),
        "enterprise.livechatMonitors": how_many(users, lambda user: holds(user, "roles", "livechat-monitor")),
        "voipExtensions": how_many(users, lambda user: has(user, "extension")),
        "federatedUsers": how_many(users, lambda user: user.get("isRemote") is True),
        "matrixFederation.amountOfExternalUsers": how_many(users, lambda user: user.get("federated") is True),
        "userLanguages": languages(users),
        **newest(users, "lastLogin", "lastLogin"),
        **presence(users),
    }


def is_active(user: Document) -> bool:
    return user.get("active") is True


def is_guest_only(user: Document) -> bool:
    return user.get("roles") == ["guest"]


def is_seatless(user: Document) -> bool:
    """Active, but not counted as an active user."""
    foreign = user.get("federated") is True or user.get("isRemote") is True
    return is_guest_only(user) or user.get("type") in ("app", "bot") or foreign


def is_active_guest(user: Document) -> bool:
    own = user.get("type") != "app" and user.get("isRemote") is not True
    return is_active(user) and is_guest_only(user) and own


def signs_in(user: Document) -> bool:
    """Whether the numbers of the sign-in services count this user."""
    return is_active(user) and user.get("type") != "app" and not is_guest_only(user)


def presence(users: list[Document]) -> Counts:
    online = how_many(users, lambda user: user.get("status") == "online")
    away = how_many(users, lambda user: user.get("status") == "away")
    busy = how_many(users, lambda user: user.get("status") == "busy")
    return {
        "onlineUsers": online,
        "awayUsers": away,
        "busyUsers": busy,
        "totalConnectedUsers": online + away,
        "offlineUsers": len(users) - online - away - busy,
    }


def languages(users: list[Document]) -> dict[str, Any]:
    """{language: users}, and `none` for all who have no language."""
    spoken = Counter(user["language"] for user in users if user.get("language") not in (None, ""))
    return {**spoken, "none": len(users) - spoken.total()}
