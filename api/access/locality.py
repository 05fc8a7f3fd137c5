"""Owns the test whether a request is local: from a process on this host, and not through a proxy."""

from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import Request

# A request through a proxy on this host can come from anywhere. Each proxy marks it with its own headers.
_FORWARDED = frozenset({"forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip"})
_FORWARDED_BEGINNINGS = ("x-forwarded", "x-original-", "cf-", "x-envoy-")


def is_local(request: Request) -> bool:
    """Whether both ends have loopback addresses and no sign of a proxy exists.

    nginx's plain `proxy_pass` adds no header, but uses HTTP/1.0 unless configured otherwise.
    """
    is_forwarded = any(name in _FORWARDED or name.startswith(_FORWARDED_BEGINNINGS) for name in request.headers)
    if is_forwarded or request.scope["http_version"] == "1.0":
        return False
    with suppress(ValueError):
        client = request.client.host if request.client else ""
        asked = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
        return ip_address(client).is_loopback and (asked == "localhost" or ip_address(asked).is_loopback)
    return False
