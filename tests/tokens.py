"""Tokens as the vendor signs them."""

import json
from base64 import urlsafe_b64encode
from typing import Any


def encoded(part: Any) -> str:
    """A part of a JSON Web Token; bytes are taken as they are."""
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(text).decode().rstrip("=")


def token(payload: Any, algorithm: str = "RS256") -> str:
    return f"{encoded({'alg': algorithm, 'typ': 'JWT'})}.{encoded(payload)}.{encoded(b'its signature')}"


def licence(**payload: Any) -> str:
    """A licence of version 3, which names a customer."""
    return f"RCV3_{token({'information': {'grantedTo': {'name': CUSTOMER}}} | payload)}"


CUSTOMER = "Example & Sons"
