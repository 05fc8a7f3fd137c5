"""Owns the reasons why the driver cannot select a server, from its view of each server of a client."""

import errno
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pymongo import MongoClient
from pymongo.errors import AutoReconnect, ConfigurationError, NetworkTimeout, OperationFailure, ProtocolError
from pymongo.monitoring import (
    ServerHeartbeatFailedEvent,
    ServerHeartbeatListener,
    ServerHeartbeatStartedEvent,
    ServerHeartbeatSucceededEvent,
)
from pymongo.server_description import ServerDescription

MOST_NAMED = 3  # servers named per cause

NO_ANSWER = "no answer in time"
NO_SUCH_NAME = "the name does not resolve"
CLOSED = "the server closed the connection"
_MAY_WANT_TLS = "the server closes each new connection: it may require TLS (tls=true) or a client certificate"
_NO_TLS = "the server does not speak TLS, which the URL requires"

# The driver keeps only the texts of background errors. The numbers and names in them come from the operating system
# and OpenSSL.
_ERRNO = re.compile(r"\[Errno (-?\d+)\]")
_SSL = re.compile(r"\[SSL: (\w+)\]")

# From getaddrinfo(3); its negative numbers cannot be confused with errno.
_NAMES_NOT_SERVED = -3

_BY_ERRNO: Mapping[int, str] = {
    errno.ECONNREFUSED: "connection refused",
    errno.ENOENT: "no such socket",
    errno.EACCES: "permission denied on the socket",
    errno.EHOSTUNREACH: "no route to this host",
    errno.ENETUNREACH: "no route to this network",
    errno.ETIMEDOUT: NO_ANSWER,
}
_NO_RECORD = frozenset({"NXDOMAIN", "NoAnswer"})  # dnspython's
_CLOSED_BY = frozenset({errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED})

_BY_CERTIFICATE: Mapping[str, str] = {
    "certificate has expired": "its TLS certificate has expired",
    "certificate is not yet valid": "its TLS certificate is not valid yet",
    "mismatch": "its TLS certificate names another host",
    "issuer": "its TLS certificate was issued by an unknown authority (tlsCAFile)",
    "self-signed": "its TLS certificate was issued by an unknown authority (tlsCAFile)",
    "self signed": "its TLS certificate was issued by an unknown authority (tlsCAFile)",
}
_BY_SSL: Mapping[str, str] = {
    "UNEXPECTED_EOF_WHILE_READING": _NO_TLS,
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "RECORD_LAYER_FAILURE": _NO_TLS,
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "the server requires a client certificate (tlsCertificateKeyFile)",
    "TLSV1_ALERT_UNKNOWN_CA": "the server does not trust the issuer of our certificate (tlsCertificateKeyFile)",
}


class Heartbeats(ServerHeartbeatListener):
    """The servers that have answered one client, each with the name of its replica set or ''."""

    def __init__(self) -> None:
        self.sets: dict[str, str] = {}

    def started(self, event: ServerHeartbeatStartedEvent) -> None:
        """Required by the interface; not recorded."""

    def succeeded(self, event: ServerHeartbeatSucceededEvent) -> None:
        self.sets[_named(event.connection_id)] = event.reply.replica_set_name or ""

    def failed(self, event: ServerHeartbeatFailedEvent) -> None:
        """Required by the interface; the client itself keeps the error."""


def reason(client: MongoClient[Any]) -> str:
    """Why no server of the client can be used, for example "connection refused (127.0.0.1:27017)"."""
    wanted, answered = client.options.replica_set_name, _answered(client)
    servers = list(client.topology_description.server_descriptions().values())
    known = [server for server in servers if server.is_server_type_known]
    if known:
        return _unsuitable(known, [server for server in servers if server not in known], answered)
    if others := {server: name for server, name in answered.items() if wanted and name != wanted}:
        return f"the URL names the replica set {wanted}, but {_memberships(others)}"
    if answered and not any(_named(server.address) in answered for server in servers):
        return _elsewhere(servers)
    return _causes(servers, answered)


def servers(client: MongoClient[Any]) -> str:
    """The servers of a client, as far as it knows them."""
    return listed(_named(address) for address in client.topology_description.server_descriptions())


def is_of_dns(error: BaseException) -> bool:
    """Whether the DNS lookup of a mongodb+srv:// URL failed."""
    return isinstance(error, ConfigurationError) and type(error.__cause__).__module__.startswith("dns.")


def of_dns(error: BaseException, client: MongoClient[Any]) -> str:
    """Why the DNS lookup failed."""
    is_unknown = type(error.__cause__).__name__ in _NO_RECORD
    does = "has no SRV record for" if is_unknown else "does not answer for"
    return f"the DNS {does} {servers(client)} (mongodb+srv)"


def cause(error: BaseException | None) -> str:
    """Why one server cannot be used; an error of None means no answer."""
    match error:
        case None | NetworkTimeout():
            return NO_ANSWER
        case OperationFailure():
            return "the server refuses the connection's first command"
        case ConfigurationError():
            return "the driver does not support the server's release"
        case ProtocolError():
            return "the server does not speak MongoDB's protocol"
        case AutoReconnect():
            return _by_text(str(error))
    return type(error).__name__


def _by_text(text: str) -> str:
    if found := _SSL.search(text):
        return _of_tls(found[1], text)
    number = int(found[1]) if (found := _ERRNO.search(text)) else 0
    if number < 0:
        return "the name cannot be resolved at the moment" if number == _NAMES_NOT_SERVED else NO_SUCH_NAME
    if number in _CLOSED_BY or not number:
        return CLOSED
    return _BY_ERRNO.get(number) or os.strerror(number)


def _of_tls(name: str, text: str) -> str:
    if name == "CERTIFICATE_VERIFY_FAILED":
        found = (words for sign, words in _BY_CERTIFICATE.items() if sign in text)
        return next(found, "its TLS certificate is not accepted")
    return _BY_SSL.get(name) or f"the TLS handshake failed ({name})"


def _answered(client: MongoClient[Any]) -> Mapping[str, str]:
    listeners = client.options.event_listeners
    return next((dict(listener.sets) for listener in listeners if isinstance(listener, Heartbeats)), {})


def _memberships(sets: Mapping[str, str]) -> str:
    members = [f"{server} belongs to {name or 'none'}" for server, name in sets.items()]
    return ", ".join(members[:MOST_NAMED])


def _unsuitable(known: list[ServerDescription], silent: list[ServerDescription], answered: Mapping[str, str]) -> str:
    """Servers answer, but the driver cannot use any of them."""
    kinds = {server.server_type_name for server in known}
    names = listed(_named(server.address) for server in known)
    if kinds == {"RSGhost"}:
        return f"{names} answers, but its replica set is not initiated"
    if "RSPrimary" in kinds:
        text = f"{names} answers, but does not match the URL's readPreference"
    else:
        text = f"{names} answers, but the replica set has no primary at the moment"
    return f"{text}; {_causes(silent, answered)}" if silent else text


def _elsewhere(members: list[ServerDescription]) -> str:
    """A server of the URL answered, but the driver uses the names that the members have in their replica set."""
    why = cause(members[0].error) if members else ""
    which = "which does not resolve here" if why == NO_SUCH_NAME else f"which cannot be reached from here ({why})"
    names = listed(_named(member.address) for member in members)
    return f"the replica set names its members {names}, {which}: try directConnection=true"


def _causes(servers: Iterable[ServerDescription], answered: Mapping[str, str]) -> str:
    by_cause: dict[str, list[str]] = {}
    for server in servers:
        name, why = _named(server.address), cause(server.error)
        is_new = why == CLOSED and name not in answered
        by_cause.setdefault(_MAY_WANT_TLS if is_new else why, []).append(name)
    return "; ".join(f"{why} ({listed(names)})" for why, names in by_cause.items())


def listed(names: Iterable[str]) -> str:
    """The first names, and how many more there are."""
    first = list(names)
    more = f" and {len(first) - MOST_NAMED} more" if len(first) > MOST_NAMED else ""
    return ", ".join(first[:MOST_NAMED]) + more


def _named(address: tuple[str, int | None]) -> str:
    host, port = address
    host = f"[{host}]" if ":" in host else host
    return host if port is None else f"{host}:{port}"
