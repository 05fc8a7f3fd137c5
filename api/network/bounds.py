"""What clients may take of the HTTP server: how many connections, how much of each, and for how long."""

import logging
import resource
from collections.abc import Sequence
from dataclasses import dataclass, replace

log = logging.getLogger(__name__)

# Descriptors that connections leave to MongoDB's clients, the spool, the host's readings and the log.
KEPT_DESCRIPTORS = 100


@dataclass(frozen=True)
class Bounds:
    """Numbers, sizes in bytes and times in seconds. A client that exceeds one is refused, or its connection closed."""

    connections: int = 500
    per_address: int = 100
    """Of one IPv4 address or /64 network of IPv6; 0 for any number. Loopback has no such bound: proxies are there."""
    trusted_proxies: Sequence[str] = ()
    """Addresses or networks that may open any number of connections, and are believed about the client's address."""
    reserve: int = 16
    """Connections that loopback may have beyond all others: checks of this host are answered under a flood."""
    request_seconds: float = 10.0
    """From the opening of a connection, or a request's first byte, to the request's end. Also for a TLS handshake."""
    idle_seconds: int = 5
    """From an answer to the first byte of the next request."""
    write_seconds: float = 30.0
    """In which a client must take the piece of an answer that waits for it."""
    head: int = 2**16
    """Of a request's line and headers; also of all requests together that wait on a connection."""
    headers: int = 100
    """Of a request: each costs more memory than it has bytes."""
    body: int = 2**16
    """Of a request: no route takes a body, and the server throws it away."""
    pipeline: int = 16
    """Requests that may wait on a connection for their answers."""
    piece: int = 2**16
    """Of an answer: longer ones are sent in pieces of this size, each after the one before it was taken."""


def affordable(bounds: Bounds) -> Bounds:
    """The bounds, with as many connections as descriptors allow; raises this process's soft limit as far as needed."""
    needed = bounds.connections + bounds.reserve + KEPT_DESCRIPTORS
    limit = _descriptors(needed)
    if limit >= needed:
        return bounds
    fewer = max(limit - bounds.reserve - KEPT_DESCRIPTORS, 1)
    log.warning("connections limited to=%d wanted=%d descriptors=%d", fewer, bounds.connections, limit)
    return replace(bounds, connections=fewer)


def _descriptors(needed: int) -> int:
    """How many this process may open, up to those that are needed."""
    soft, hard = (needed if limit == resource.RLIM_INFINITY else limit for limit in _limits())
    if soft >= needed or hard <= soft:
        return soft
    wanted = min(needed, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, _limits()[1]))
    except (OSError, ValueError):  # a sandbox may forbid it
        return soft
    return wanted


def _limits() -> tuple[int, int]:
    return resource.getrlimit(resource.RLIMIT_NOFILE)
