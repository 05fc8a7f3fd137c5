"""A small application on the real HTTP server, as a process, and clients that speak to it byte by byte."""

import asyncio
import json
import os
import signal
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import trustme
from starlette.types import Receive, Scope, Send

from api.network.bounds import Bounds
from api.network.server import Server, listener
from collector import logs
from collector.demo.mongod import free_port
from tests.processes import Running, started

MIB = 2**20
HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

_hoard: list[int] = []


async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  as ASGI has it
    """Answers with what it was asked by; `/wait?SECONDS`, `/big?MIB`, and `/hoard` and `/release` of descriptors."""
    path, given = scope["path"], float(scope["query_string"] or 0)
    if path == "/hoard":
        with suppress(OSError):
            while True:
                _hoard.append(os.dup(0))
    while path == "/release" and _hoard:
        os.close(_hoard.pop())
    headers = [[name.decode(), value.decode()] for name, value in scope["headers"]]
    told = {"client": scope["client"][0], "headers": headers}
    body = bytes(int(given * MIB)) if path == "/big" else json.dumps(told).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    if path == "/wait":
        await asyncio.sleep(given)
    await send({"type": "http.response.body", "body": body})


@contextmanager
def serving(*tls: str, limit: str = "", **bounds: Any) -> Iterator[Running]:
    """The server within these bounds; `limit` are arguments of the shell's `ulimit`, `tls` certificate and key."""
    port = str(free_port())
    command = [sys.executable, "-m", "tests.api.network.served", port, json.dumps(bounds), *tls]
    if limit:
        command = ["sh", "-c", f'ulimit {limit} && exec "$@"', "sh", *command]
    with started(command, f"127.0.0.1:{port}") as server:
        server.wait_for(lambda: "serving address=" in server.output)
        yield server


@contextmanager
def connected(server: Running, sent: bytes = b"", count: int = 1) -> Iterator[list[socket.socket]]:
    """Connections that send these bytes and read nothing."""
    host, port = server.address.split(":")
    clients: list[socket.socket] = []
    try:
        for _ in range(count):
            clients.append(socket.create_connection((host, int(port)), 10))
            clients[-1].sendall(sent)
        yield clients
    finally:
        for client in clients:
            client.close()


def secured(client: socket.socket) -> ssl.SSLSocket:
    """The same connection after a TLS handshake; it trusts any certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(client, suppress_ragged_eofs=True)


def certified(folder: Path) -> tuple[str, str]:
    """The files of a certificate and its key."""
    issued = trustme.CA().issue_cert("localhost")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    return str(certificate), str(key)


def told(server: Running, sent: bytes) -> bytes:
    """All that is answered until the server closes the connection."""
    with connected(server, sent) as (client,):
        return rest(client)


def rest(client: socket.socket) -> bytes:
    answer = b""
    with suppress(ConnectionError):
        while part := client.recv(2**16):
            answer += part
    return answer


def closed_after(client: socket.socket, drip: bytes = b"") -> float:
    """Seconds until the server closes a connection on which it answers nothing; it gets these bytes again and again."""
    begun = time.monotonic()
    client.settimeout(0.05)
    with suppress(ConnectionError):
        while time.monotonic() - begun < 5:
            try:
                client.sendall(drip)
                if not client.recv(2**16):
                    break
            except TimeoutError:
                pass
    return time.monotonic() - begun


def held(server: Running) -> int:
    """Connections that the server has."""
    found = psutil.Process(server.process.pid).net_connections("tcp")
    return sum(connection.status != psutil.CONN_LISTEN for connection in found)


def memory(server: Running) -> float:
    """MiB that the server has in memory."""
    return float(psutil.Process(server.process.pid).memory_info().rss) / MIB


def main() -> None:
    port, bounds, *tls = sys.argv[1:]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as the command has it
    logs.to_stderr("info")
    files = (Path(tls[0]), Path(tls[1])) if tls else None
    Server(app, listener("127.0.0.1", int(port)), Bounds(**json.loads(bounds)), files).run()


if __name__ == "__main__":
    main()
