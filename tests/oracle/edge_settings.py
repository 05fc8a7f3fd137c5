"""Odd settings: missing, without a value, null, as they came, changed, of the wrong type."""

from datetime import datetime
from itertools import chain
from random import Random
from typing import Any

from collector.key_paths import Document
from tests.oracle.randomness import MISSING, draw
from tests.oracle.services import OLDER_PROVIDERS, PROVIDERS
from tests.oracle.setting_names import CHANGED, COPIED

VALUES = (True, True, False, False, 0, 3, 12.0, 2**33, "", "text", "false", None, MISSING)
TEXTS = ("", "Home", "<b>Home</b>", None, MISSING)
SPECIAL: dict[str, tuple[Any, ...]] = {
    "Assets_logo": ({"url": "assets/logo.png"}, {"url": None}, {"defaultUrl": "images/logo.svg"}, {}, None, MISSING),
    "Livechat_auto_transfer_chat_timeout": (0, 0.0, 60, "0", False, None, MISSING),
    "Livechat_enable_business_hours": (True, False, "Single", "", None, MISSING),
    "Omnichannel_call_provider": ("WebRTC", "WebRTC", "default-provider", "webrtc", None, MISSING),
    "Push_enable": (True, False, "false", "", 0, 1, None, MISSING),
    "Push_enable_gateway": (True, False, "false", "", 0, 1, None, MISSING),
    "Push_gateway": ("https://push.example", "https://own.example", None, MISSING),
    "Federation_Matrix_homeserver_domain": ("own.example", "own.example", "", None, MISSING),
}
OWN = ("acme", "shop", "Other")
"""Providers that the workspace added itself."""

OWN_PROVIDERS = [f"Accounts_OAuth_Custom-{name}" for name in OWN]
ASIDES = ("merge_roles", "map_channels", "roles_to_sync", "login_style")


def settings(random: Random, now: datetime) -> list[Document]:
    plain = set(COPIED.values()) - set(SPECIAL)
    providers = [setting for setting, _ in chain(PROVIDERS.values(), OLDER_PROVIDERS.values())]
    own = [*OWN_PROVIDERS, *(f"{setting}-{aside}" for setting in OWN_PROVIDERS for aside in ASIDES)]
    values = (
        dict.fromkeys([*sorted(plain), *providers, *own], VALUES) | dict.fromkeys(CHANGED.values(), TEXTS) | SPECIAL
    )
    present = random.choice([0, 0.5, 0.8, 1])
    return [setting(random, now, name, values[name]) for name in values if random.random() < present]


def setting(random: Random, now: datetime, name: str, values: tuple[Any, ...]) -> Document:
    """Half of the settings that can be changed are not."""
    row = draw(random, {"value": values, "createdAt": (now, now, MISSING, None, "2018-02-24")})
    package = random.choice([value for value in values if value is not None and value is not MISSING])
    kept = row.get("value")
    return {"_id": name} | row | {"packageValue": package if kept is None or random.random() < 0.5 else kept}
