"""The HTTP server under many connections: who is answered, what it costs, what the log says, and how it ends."""

import socket
import struct
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from statistics import median

import psutil
import pytest

from tests.api.network.served import HEALTH, LAST, MIB, certified, connected, held, memory, rest, secured, serving, told
from tests.processes import Running

WAIT = b"GET /wait?20 HTTP/1.1\r\n\r\n"
HEAD = HEALTH.strip() + b"\r\n"


def answered(server: Running) -> float:
    """Seconds that an answer takes on a connection of its own."""
    begun = time.monotonic()
    assert told(server, LAST).startswith(b"HTTP/1.1 200")
    return time.monotonic() - begun


@pytest.mark.slow
@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\n", HEALTH], ids=["silent", "half a head", "idle"])
def test_others_are_served_beside_more_connections_than_allowed(sent: bytes) -> None:
    with serving() as server, connected(server, sent, 520):
        seconds = answered(server)
        print(f"520 connections: /health after {seconds * 1000:.0f} ms")

        assert seconds < 1
        assert held(server) <= 516
        assert server.output.count("connection closed reason=limit") == 1


def test_others_are_served_beside_incomplete_handshakes(tmp_path: Path) -> None:
    with serving(*certified(tmp_path), connections=20, reserve=0) as server, connected(server, b"\x16\x03\x01", 30):
        with connected(server) as (plain,), secured(plain) as client:
            client.sendall(LAST)
            assert rest(client).startswith(b"HTTP/1.1 200")
        assert held(server) <= 20


@pytest.mark.slow
def test_others_are_served_beside_more_connections_than_descriptors() -> None:
    with serving(limit="-n 256") as server, connected(server, b"", 1200):
        seconds = median(answered(server) for _ in range(20))
        process = psutil.Process(server.process.pid)
        print(f"{process.num_fds()} of 256 descriptors, /health after {seconds * 1000:.0f} ms")

        assert seconds < 1
        assert process.num_fds() < 256 - 90
        assert "connections limited to=140 wanted=500 descriptors=256" in server.output
        assert len(server.output) < 1000


def test_the_soft_limit_of_descriptors_is_raised_as_needed() -> None:
    with serving(limit="-Sn 64") as server:
        assert psutil.Process(server.process.pid).rlimit(psutil.RLIMIT_NOFILE)[0] == 500 + 16 + 100
        assert "limited" not in server.output


@pytest.mark.parametrize("reserve", [0, 2])
def test_a_connection_is_refused_at_once_if_all_others_are_busy(reserve: int) -> None:
    with serving(connections=4, reserve=reserve) as server, ExitStack() as stack:
        for _ in range(4 + reserve):
            (client,) = stack.enter_context(connected(server, WAIT))
            assert client.recv(1)
        answers = [told(server, LAST) for _ in range(50)]

    assert all(answer.startswith(b"HTTP/1.1 503 ") for answer in answers)
    assert b"\r\nretry-after: 5\r\nconnection: close\r\n\r\n{" in answers[0]
    assert server.output.count("connection refused reason=limit address=127.0.0.1 ") == 1


def test_requests_of_disconnected_clients_count_as_connections() -> None:
    with serving(connections=4, reserve=0) as server:
        for _ in range(4):
            with connected(server, WAIT) as (client,):
                client.recv(1)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closes by a reset
        server.wait_for(lambda: held(server) == 0)

        assert told(server, LAST).startswith(b"HTTP/1.1 503 ")


def test_a_closed_connection_frees_its_place() -> None:
    with serving(connections=4, reserve=0) as server:
        for _ in range(20):
            assert told(server, LAST).startswith(b"HTTP/1.1 200")


@pytest.mark.slow
def test_running_out_of_descriptors_is_logged_once() -> None:
    with serving() as server, connected(server) as (client,):
        client.sendall(b"GET /hoard HTTP/1.1\r\n\r\n")
        client.recv(2**16)
        with connected(server, LAST, 50) as waiting:
            time.sleep(2.5)
            assert server.output.count("\n") == 2
            assert "accept failed error='Too many open files' since_last=1\n" in server.output

            client.sendall(b"GET /release HTTP/1.1\r\n\r\n")
            assert all(rest(one).startswith(b"HTTP/1.1 200") for one in waiting)


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"Upgrade: websocket\r\nConnection: upgrade\r\n\r\n",
        b"\x16\x03\x01\r\n\r\n",
        HEAD + b"A: " + b"x" * 70_000,
    ],
    ids=["an upgrade", "no HTTP", "a long head"],
)
def test_malformed_requests_are_not_logged(sent: bytes) -> None:
    with serving() as server:
        for _ in range(20):
            told(server, sent)
        assert server.output.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("begun", "sent"),
    [
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Trailer: " + b"x" * 9_000 + b"\r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: ", b"x" * 9_000),
        (HEAD + b"Content-Length: 60000000\r\n\r\n", b"x" * 9_000),
        (b"", HEALTH),
        (b"", HEAD + b"X-Long: " + b"x" * 9_000 + b"\r\n\r\n"),
        (HEAD, b"X: 1\r\n"),
    ],
    ids=["trailers", "a trailer", "a body", "requests", "long requests", "headers"],
)
def test_memory_does_not_grow_with_what_a_client_sends(begun: bytes, sent: bytes) -> None:
    with serving() as server:
        answered(server)
        before = memory(server)
        grown, slowest = flooded(server, begun, sent * (MIB // len(sent)), before)
    print(f"grown by {grown:.1f} MiB, slowest answer {slowest * 1000:.0f} ms")

    assert grown < 10
    assert slowest < 0.5


def flooded(server: Running, begun: bytes, sent: bytes, before: float) -> tuple[float, float]:
    """MiB by which it grows while a client sends 50 of them and reads nothing; the slowest other answer."""
    grown, slowest, deadline = 0.0, 0.0, time.monotonic() + 12
    with connected(server, begun) as (client,):
        client.settimeout(10)
        sending = threading.Thread(target=_send, args=(client, sent, 50))
        sending.start()
        while sending.is_alive() and time.monotonic() < deadline:
            slowest = max(slowest, answered(server))
            grown = max(grown, memory(server) - before)
        sending.join()
    return grown, slowest


def _send(client: socket.socket, sent: bytes, times: int) -> None:
    with suppress(OSError):
        for _ in range(times):
            client.sendall(sent)


@pytest.mark.slow
def test_memory_does_not_grow_with_what_clients_do_not_read() -> None:
    with serving() as server:
        answered(server)
        before = memory(server)
        with connected(server, b"GET /big?8 HTTP/1.1\r\n\r\n", 100):
            time.sleep(1)
            grown = memory(server) - before
    print(f"100 answers of 8 MiB: grown by {grown:.1f} MiB")

    assert grown < 40


@pytest.mark.parametrize("over", ["plain", "tls"])
def test_shutdown_succeeds_beside_a_client_that_does_not_close(tmp_path: Path, over: str) -> None:
    files = certified(tmp_path) if over == "tls" else ()
    with serving(*files) as server, connected(server) as (plain,), secured(plain) if files else plain as client:
        client.sendall(HEALTH)
        assert client.recv(2**16).startswith(b"HTTP/1.1 200")
        begun = time.monotonic()
        assert server.end(seconds=5) == 0

    assert time.monotonic() - begun < 2
    assert "ERROR" not in server.output
