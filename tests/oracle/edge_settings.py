"""Odd settings: missing, without a value, null, as they came, changed, of the wrong type."""

from datetime import datetime
from random import Random
from typing import Any

from collector.demo.sample.licensed_settings import licensed
from collector.key_paths import Document
from collector.statistics.releases import Release, Span, before, since
from tests.oracle.randomness import MISSING, draw
from tests.oracle.services import PROVIDERS
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

# Rows of other releases, which an upgrade may leave behind.
LEFT_OVER: dict[str, Span] = {
    **dict.fromkeys(("Apps_Framework_Development_Mode", "Apps_Framework_enabled"), before("6.0")),
    **dict.fromkeys(("bigbluebutton_Enabled", "Jitsi_Enabled"), before("6.0")),
    **dict.fromkeys(("Livestream_enabled", "Broadcasting_enabled"), before("6.0")),
    **dict.fromkeys(("VoIP_Enabled", "WebRTC_Enabled", "WebRTC_Calls_Count", "OTR_Enable", "OTR_Count"), before("8.0")),
    **{f"WebRTC_Enable_{rooms}": before("8.0") for rooms in ("Channel", "Private", "Direct")},
    "Accounts_OAuth_Tokenpass": before("8.0"),
    "ABAC_Enabled": since("8.0"),
}


def settings(random: Random, now: datetime, release: Release) -> list[Document]:
    names = possible(release, leftovers=random.random() < 0.3)
    present = random.choice([0, 0.5, 0.8, 1])
    rows = [setting(random, now, name, values) for name, values in names.items() if random.random() < present]
    return [row | licence_of(random, row["_id"], release) for row in rows]


def possible(release: Release, *, leftovers: bool) -> dict[str, tuple[Any, ...]]:
    """What each setting may be."""
    plain = (set(COPIED.values()) | LEFT_OVER.keys() | {"Canned_Responses_Enable"}) - set(SPECIAL)
    own = [*OWN_PROVIDERS, *(f"{setting}-{aside}" for setting in OWN_PROVIDERS for aside in ASIDES)]
    providers = [setting for setting, _ in PROVIDERS.values()]
    values = dict.fromkeys([*sorted(plain), *providers, *own], VALUES) | dict.fromkeys(CHANGED.values(), TEXTS)
    return {
        name: choices
        for name, choices in (values | SPECIAL).items()
        if leftovers or name not in LEFT_OVER or release in LEFT_OVER[name]
    }


def setting(random: Random, now: datetime, name: str, values: tuple[Any, ...]) -> Document:
    """Half of the settings that can be changed are not."""
    row = draw(random, {"value": values, "createdAt": (now, now, MISSING, None, "2018-02-24")})
    package = random.choice([value for value in values if value is not None and value is not MISSING])
    kept = row.get("value")
    packages = {"packageValue": (*(package if kept is None or random.random() < 0.5 else kept,) * 9, MISSING)}
    return {"_id": name} | row | draw(random, packages)


def licence_of(random: Random, name: str, release: Release) -> Document:
    """What a row says of the licence: mostly what the release has, now and then something else."""
    if random.random() < 0.9:
        return licensed(release).get(name, {})
    choices = {
        "enterprise": (True, True, False, "true", MISSING),
        "modules": (["auditing"], ["livechat-enterprise", "auditing"], [], MISSING),
        "invalidValue": (False, "none", None, MISSING),
    }
    return draw(random, choices)
