"""Owns the limits of the HTTP server: connections, sizes and times."""

import logging
import resource
from collections.abc import Sequence
from dataclasses import dataclass, replace

log = logging.getLogger(__name__)

# Descriptors reserved for MongoDB's clients, the spool, the host's readings and the log.
KEPT_DESCRIPTORS = 100


@dataclass(frozen=True)
class Bounds:
    """Counts, sizes in bytes and times in seconds. A client that exceeds one is refused or disconnected."""

    connections: int = 500
    per_address: int = 100
    """Per IPv4 address or IPv6 /64 network; 0 disables the limit. Loopback, where proxies run, is exempt."""
    trusted_proxies: Sequence[str] = ()
    """Addresses or networks that may open any number of connections, and may name the client's address."""
    reserve: int = 16
    """Additional connections for loopback, so that local health checks work under a flood."""
    request_seconds: float = 10.0
    """From the start of a connection, or a request's first byte, to the request's end; also for a TLS handshake."""
    idle_seconds: int = 5
    """Between a response and the first byte of the next request."""
    write_seconds: float = 30.0
    """In which a client must read the pending piece of a response."""
    head: int = 2**16
    """Of the request line and headers; also of all pipelined requests of a connection together."""
    headers: int = 100
    """Per request: each takes more memory than its bytes."""
    body: int = 2**16
    """Per request: no route reads a body; it is discarded."""
    pipeline: int = 16
    """Requests that may wait on a connection for their responses."""
    piece: int = 2**16
    """Per response: longer ones are sent in pieces of this size, each after the client has read the previous one."""


def affordable(bounds: Bounds) -> Bounds:
    """The bounds, with as many connections as descriptors allow; raises this process's soft limit if needed."""
    needed = bounds.connections + bounds.reserve + KEPT_DESCRIPTORS
    limit = _descriptors(needed)
    if limit >= needed:
        return bounds
    fewer = max(limit - bounds.reserve - KEPT_DESCRIPTORS, 1)
    log.warning("connections limited to=%d wanted=%d descriptors=%d", fewer, bounds.connections, limit)
    return replace(bounds, connections=fewer)


def _descriptors(needed: int) -> int:
    """The number of descriptors that this process may open, up to the needed ones."""
    soft, hard = (needed if limit == resource.RLIM_INFINITY else limit for limit in _limits())
    if soft >= needed or hard <= soft:
        return soft
    wanted = min(needed, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, _limits()[1]))
    except (OSError, ValueError):  # a sandbox may deny it
        return soft
    return wanted


def _limits() -> tuple[int, int]:
    return resource.getrlimit(resource.RLIMIT_NOFILE)
