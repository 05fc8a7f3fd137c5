"""Owns the payloads of the vendor's JSON Web Tokens, which the server has verified; reading them takes no key. Pure."""

import json
from base64 import urlsafe_b64decode
from datetime import datetime
from typing import Any

from collector import dates
from collector.key_paths import Document

ALGORITHM = "RS256"
_YEARS = range(2015, 2500)  # from the first release of Rocket.Chat on


def payload(token: object) -> Document:
    """The payload; {} of anything but a token signed by ALGORITHM whose payload is an object."""
    header, text, *signature = token.split(".") if isinstance(token, str) and "." in token else ("", "")
    if len(signature) != 1 or _decoded(header).get("alg") != ALGORITHM:
        return {}
    return _decoded(text)


def _decoded(part: str) -> Document:
    try:
        found = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def date(value: Any) -> datetime | None:
    """The date of a text such as "2026-12-31T00:00:00.000Z"; None of anything else, and of an implausible one."""
    try:
        found = dates.of_text(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found and found.year in _YEARS else None


def rows(value: Any) -> list[Document]:
    """The objects of a list; [] of anything else."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
