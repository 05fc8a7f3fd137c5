"""One connection: how long it lasts, and how much its requests may be."""

import json
import signal
import socket
import time
from collections.abc import Iterator

import psutil
import pytest

from tests.api.network.served import (
    HEALTH,
    LAST,
    MIB,
    certified,
    closed_after,
    connected,
    held,
    rest,
    secured,
    serving,
    told,
)
from tests.processes import Running

BEGUN = b"GET /headers HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with serving(idle_seconds=1) as found:
        yield found


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return certified(tmp_path_factory.mktemp("tls"))


@pytest.fixture(params=["plain", "tls"])
def tls(request: pytest.FixtureRequest, files: tuple[str, str]) -> tuple[str, ...]:
    return files if request.param == "tls" else ()


@pytest.mark.parametrize(
    ("sent", "drip"),
    [
        (b"", b""),
        (b"GET /health HT", b""),
        (BEGUN, b"x"),
        (b"", b"\r\n"),
        (HEALTH, b"\r\n"),
        (HEALTH + BEGUN, b"x"),
        (HEALTH.strip() + b"\r\nContent-Length: 60000\r\n\r\n", b"x"),
    ],
    ids=["silence", "half a line", "half a head", "blank lines", "blank lines later", "half a second head", "a body"],
)
def test_a_connection_without_a_complete_request_is_closed(sent: bytes, drip: bytes) -> None:
    with serving(request_seconds=0.5, idle_seconds=1) as server, connected(server, sent) as (client,):
        assert 0.3 < closed_after(client, drip) < 2.5


def test_an_idle_connection_is_closed(server: Running) -> None:
    with connected(server, HEALTH) as (client,):
        assert 0.8 < closed_after(client) < 2


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01"], ids=["silence", "half a record"])
def test_an_incomplete_tls_handshake_is_closed(files: tuple[str, str], sent: bytes) -> None:
    with serving(*files, request_seconds=0.3) as server, connected(server, sent) as (client,):
        assert closed_after(client) < 1.5
        assert held(server) == 0
        assert "ERROR" not in server.output


def test_a_response_may_take_longer_than_a_request_even_beside_an_incomplete_one() -> None:
    with serving(request_seconds=0.2) as server, connected(server) as (client,):
        client.sendall(b"GET /wait?0.6 HTTP/1.1\r\n\r\n" + LAST[:20])
        assert client.recv(100).startswith(b"HTTP/1.1 200")
        client.sendall(LAST[20:])
        assert rest(client).count(b"HTTP/1.1 200") == 1


def test_a_client_that_does_not_read_its_response_is_disconnected(tls: tuple[str, ...]) -> None:
    with serving(*tls, write_seconds=0.5) as server, connected(server) as (plain,):
        client = secured(plain) if tls else plain
        client.sendall(b"GET /big?20 HTTP/1.1\r\n\r\n")
        server.wait_for(lambda: held(server) == 1)
        server.wait_for(lambda: held(server) == 0, 4)
        client.close()


def undelivered(client: tuple[str, int]) -> list[str]:
    """The states of the kernel's connections to a client that still hold bytes for it."""
    held_for_it = {psutil.CONN_ESTABLISHED, psutil.CONN_FIN_WAIT1, psutil.CONN_CLOSE_WAIT, psutil.CONN_LAST_ACK}
    return [
        str(found.status)
        for found in psutil.net_connections("tcp")
        if found.raddr == client and found.status in held_for_it
    ]


@pytest.mark.slow
def test_a_client_that_does_not_read_the_kernels_buffer_is_dropped(tls: tuple[str, ...]) -> None:
    with serving(*tls, write_seconds=1) as server, connected(server) as (plain,):
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**14)  # too little for the answer
        client = secured(plain) if tls else plain
        ours = client.getsockname()
        client.sendall(b"GET /big?1 HTTP/1.1\r\nConnection: close\r\n\r\n")
        with client:
            server.wait_for(lambda: held(server) == 0)
            server.wait_for(lambda: not undelivered(ours), 30)


def test_a_slow_but_steady_client_gets_its_whole_response(tls: tuple[str, ...]) -> None:
    with serving(*tls, write_seconds=0.5) as server, connected(server) as (plain,):
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**16)
        with secured(plain) if tls else plain as client:
            client.sendall(b"GET /big?12 HTTP/1.1\r\nConnection: close\r\n\r\n")
            answer, begun = 0, time.monotonic()
            while part := client.recv(2**17):
                answer += len(part)
                time.sleep(len(part) / MIB / 8)

    assert answer > 12 * MIB
    assert time.monotonic() - begun > 1.5


@pytest.mark.parametrize("requests", [1, 3])
def test_a_client_that_closes_only_its_own_side_gets_its_responses(server: Running, requests: int) -> None:
    with connected(server, b"GET /wait?0.2 HTTP/1.1\r\n\r\n" * requests) as (client,):
        client.shutdown(socket.SHUT_WR)
        begun = time.monotonic()
        assert rest(client).count(b'"client"') == requests
        assert time.monotonic() - begun < 0.2 * requests + 0.5  # it is closed after them


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"X-Long: " + b"x" * 60_000 + b"\r\n\r\n", 200),
        (b"X-Long: " + b"x" * 66_000 + b"\r\n\r\n", 431),
        (b"X-Long: " + b"x" * 200_000 + b"\r\n\r\n", 431),
        (b"X: 1\r\n" * 98 + b"\r\n", 200),
        (b"X: 1\r\n" * 99 + b"\r\n", 431),
        (b"X: 1\r\n" * 9_000, 431),
        (b"Content-Length: 65536\r\n\r\n" + b"x" * 65536, 200),
        (b"Content-Length: 65537\r\n\r\n", 413),
        (b"Content-Length: 0x5\r\n\r\n", 400),
        (b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400),
        (b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"Transfer-Encoding: identity\r\n\r\n", 400),
        (b"No colon\r\n\r\n", 400),
    ],
    ids=lambda given: given[:24].decode().split("\r")[0] + f"…{len(given)}" if isinstance(given, bytes) else str(given),
)
def test_a_request_that_is_too_large_or_not_http_is_refused(server: Running, sent: bytes, status: int) -> None:
    answer = told(server, BEGUN + sent)

    assert int(answer.split()[1]) == status
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in answer


def test_a_request_line_that_is_too_long_is_refused(server: Running) -> None:
    assert told(server, b"GET /" + b"x" * 66_000).startswith(b"HTTP/1.1 431")


def test_a_small_body_is_discarded(server: Running) -> None:
    answer = told(server, HEALTH.strip() + b"\r\nContent-Length: 30\r\n\r\n" + HEALTH[:30] + LAST)

    assert answer.count(b"HTTP/1.1 200") == answer.count(b"HTTP/1.1 ") == 2


def test_data_after_an_upgrade_is_not_parsed_as_a_request(server: Running) -> None:
    upgrade = b"\r\nUpgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 99\r\n\r\n"
    with connected(server, HEALTH.strip() + upgrade) as (client,):
        client.sendall(HEALTH * 2)
        answer = rest(client)

    assert answer.count(b"HTTP/1.1 200") == answer.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in answer


@pytest.mark.parametrize("requests", [17, 18, 3000])
def test_no_more_than_16_requests_may_wait_on_a_connection(server: Running, requests: int) -> None:
    answer = told(server, HEALTH * requests)

    assert answer.count(b"HTTP/1.1 200") == answer.count(b"HTTP/1.1 ") == 17


def test_pipelined_requests_share_the_size_limit_of_one() -> None:
    long = HEALTH.strip() + b"\r\nX-Long: " + b"x" * 3_000 + b"\r\n\r\n"
    with serving(head=20_000, idle_seconds=1) as server, connected(server) as (client,):
        server.process.send_signal(signal.SIGSTOP)
        client.sendall(long * 15)  # so that it reads all of them at once
        server.process.send_signal(signal.SIGCONT)

        assert 5 <= rest(client).count(b"HTTP/1.1 200") <= 12


def test_an_invalid_request_does_not_prevent_earlier_responses(server: Running) -> None:
    answer = told(server, b"GET /wait?0.2 HTTP/1.1\r\n\r\n" + HEALTH + b"?\r\n\r\n")

    assert answer.count(b"HTTP/1.1 200") == answer.count(b"HTTP/1.1 ") == 2


def test_spaces_around_a_header_value_are_stripped(server: Running) -> None:
    answer = told(server, BEGUN + b"X-Auth-Token: \t secret word \t \r\n\r\n")

    assert ["x-auth-token", "secret word"] in json.loads(answer.partition(b"\r\n\r\n")[2])["headers"]


def test_a_clients_own_forwarded_header_is_ignored(server: Running) -> None:
    answer = told(server, BEGUN + b"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n\r\n")

    assert json.loads(answer.partition(b"\r\n\r\n")[2])["client"] == "127.0.0.1"


def test_a_trusted_proxys_forwarded_header_names_the_client() -> None:
    """M8: the last address that is not a proxy's own; the client may have sent those before it."""
    with serving(trusted_proxies=["127.0.0.0/8", "10.0.0.0/8"]) as server:
        answer = told(server, BEGUN + b"X-Forwarded-For: 198.51.100.9, 192.0.2.1, 10.1.2.3\r\n\r\n")

    assert json.loads(answer.partition(b"\r\n\r\n")[2])["client"] == "192.0.2.1"
