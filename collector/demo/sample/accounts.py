"""The accounts of the sample that everybody knows, so that the README's requests work as printed."""

from dataclasses import dataclass

from collector.key_paths import Document


@dataclass(frozen=True)
class Login:
    """A user with an API token."""

    user_id: str
    token: str
    username: str
    roles: tuple[str, ...]


# No secrets: the demo listens on loopback only.
ADMIN = Login("demoAdmin23456789", "demo-admin-token-demo-admin-token-demo-admi", "admin", ("user", "admin"))
PLAIN = Login("demoPlain23456789", "demo-plain-token-demo-plain-token-demo-plai", "plain", ("user",))

# The first users of the workspace, as other documents quote them; the very first is the server's own bot.
FIRST: tuple[Document, ...] = (
    {"_id": "rocket.cat", "username": "rocket.cat", "name": "Rocket.Cat"},
    *({"_id": login.user_id, "username": login.username, "name": login.username.title()} for login in (ADMIN, PLAIN)),
)
