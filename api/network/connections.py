"""Owns the limits on open connections: in total and per address."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sized
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NamedTuple

from api.network.bounds import Bounds

log = logging.getLogger(__name__)


class Origin(NamedTuple):
    """The origin of a connection, as it is counted."""

    network: str | int
    """An IPv4 address, or the first 64 bits of an IPv6 address: one host can own the whole /64 network."""
    is_loopback: bool

    @classmethod
    def of(cls, host: str) -> "Origin":
        address = ip_address(host)
        network = int(address) >> 64 if isinstance(address, IPv6Address) else str(address)
        return cls(network, address.is_loopback)


class ThrottledLog:
    """Logs warnings of one kind at most once a minute, each with the number of events since the last."""

    def __init__(self, seconds: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._events = 0
        self._next = clock()

    def warning(self, text: str, *arguments: object) -> None:
        self._events += 1
        if (now := self._clock()) >= self._next:
            log.warning(f"{text} since_last=%d", *arguments, self._events)  # noqa: G004  the text is a constant
            self._events, self._next = 0, now + self._seconds


class Connections:
    """The open connections by origin. `running` are the requests in progress."""

    def __init__(self, bounds: Bounds, running: Sized) -> None:
        self._bounds = bounds
        self._running = running
        self._trusted = [ip_network(proxy) for proxy in bounds.trusted_proxies]
        self._open = 0
        self._by_network: Counter[str | int] = Counter()
        self.idle: dict[Admission, Callable[[], object]] = {}
        """Closes each connection without a running request; the one that has been idle longest comes first."""
        self._refused = {reason: ThrottledLog() for reason in ("address", "limit")}
        self._dropped = ThrottledLog()

    def admit(self, host: str) -> "Admission | None":
        """Counts one more connection; None if it must be refused."""
        origin = Origin.of(host)
        if reason := self._objection(host, origin):
            line = "connection refused reason=%s address=%s open=%d requests=%d"
            self._refused[reason].warning(line, reason, host, self._open, len(self._running))
            return None
        self._open += 1
        self._by_network[origin.network] += 1
        return Admission(self, origin)

    def _objection(self, host: str, origin: Origin) -> str:
        """The limit that is reached, or ''.

        At the limit of all connections an idle one is closed: silent clients must not lock out others.
        """
        bounds = self._bounds
        most = bounds.connections + (bounds.reserve if origin.is_loopback else 0)
        if self._is_bounded(host, origin) and 0 < bounds.per_address <= self._by_network[origin.network]:
            return "address"
        if len(self._running) >= most:  # a request outlives its connection
            return "limit"
        if self._open < bounds.connections or self._drop_idle() or self._open < most:
            return ""
        return "limit"

    def _is_bounded(self, host: str, origin: Origin) -> bool:
        is_trusted = any(ip_address(host) in network for network in self._trusted)
        return not (origin.is_loopback or is_trusted)

    def _drop_idle(self) -> bool:
        for admission, close in self.idle.items():
            del self.idle[admission]
            close()
            self._dropped.warning("idle connection closed reason=limit open=%d", self._open)
            return True
        return False

    def left(self, origin: Origin) -> None:
        self._open -= 1
        self._by_network[origin.network] -= 1
        if not self._by_network[origin.network]:
            del self._by_network[origin.network]


class Admission:
    """One admitted connection, until it is closed."""

    def __init__(self, connections: Connections, origin: Origin) -> None:
        self._connections = connections
        self._origin = origin
        self._has_left = False

    def idle(self, close: Callable[[], object]) -> None:
        """Marks the connection idle; `close` is called if another connection needs its place."""
        self._connections.idle[self] = close

    def busy(self) -> None:
        """Marks the connection busy with a request."""
        self._connections.idle.pop(self, None)

    def leave(self) -> None:
        """Stops counting the connection; may be called twice."""
        if not self._has_left:
            self._has_left = True
            self.busy()
            self._connections.left(self._origin)
