"""Why a server can't be reached: each cause, over real sockets."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from collector.demo import mongod
from collector.demo.mongod import free_port
from collector.errors import UnreachableError
from collector.mongodb.connection import Client, connect, plainly

AUTHORITY = trustme.CA()
HERE, ELSEWHERE = "127.0.0.1", "m.invalid"  # as many bytes each
LONG_AGO = {"not_before": datetime(2019, 1, 1, tzinfo=UTC), "not_after": datetime(2020, 1, 1, tzinfo=UTC)}


def reason(url: str, milliseconds: int = 600) -> str:
    """What is told of a server that can't be reached."""
    separator = "&" if "?" in url else "?"
    with connect(f"{url}{separator}timeoutMS={milliseconds}", "TEST") as client:
        return _reason(client)


def _reason(client: Client) -> str:
    with pytest.raises(UnreachableError) as told, plainly("the store's", client):
        client["rcstats"]["statistics"].find_one()
    assert str(told.value).startswith("the store's MongoDB can't be reached: ")
    assert told.value.brief == "the store's MongoDB can't be reached"
    return str(told.value).removeprefix(f"{told.value.brief}: ")


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """HOST:PORT of a server of the test's own; `serve` has each connection in a thread of its own."""
    with socket.create_server((HERE, 0)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=_served, args=[serve, connection], daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"{HERE}:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def _served(serve: Callable[[socket.socket], None], connection: socket.socket) -> None:
    with closing(connection), suppress(OSError):
        serve(connection)


def by_tls(*names: str, **validity: Any) -> Callable[[socket.socket], None]:
    """Speaks TLS with a certificate for these names, and closes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(*names, **validity).configure_cert(context)
    return lambda connection: context.wrap_socket(connection, server_side=True).close()


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL's options of a client that knows the authority."""
    path = tmp_path_factory.mktemp("tls") / "authority.pem"
    AUTHORITY.cert_pem.write_to_path(path)
    return f"tls=true&tlsCAFile={path}"


def test_the_reason_is_a_closed_port() -> None:
    address = f"{HERE}:{free_port()}"

    assert reason(f"mongodb://u:hidden-word@{address}/") == f"connection refused ({address})"


def test_the_reason_is_a_name_that_does_not_resolve() -> None:
    told = reason("mongodb://nowhere.invalid/", 1500)

    assert told in {
        "the name does not resolve (nowhere.invalid:27017)",
        "the name cannot be resolved at the moment (nowhere.invalid:27017)",  # where there is no DNS at all
    }


def test_the_reason_is_a_missing_socket(tmp_path: Path) -> None:
    path = tmp_path / "mongodb.sock"

    assert reason(f"mongodb://{str(path).replace('/', '%2F')}/") == f"no such socket ({path})"


def test_the_reason_is_a_listener_that_never_answers() -> None:
    with socket.create_server((HERE, 0)) as listener:
        address = f"{HERE}:{listener.getsockname()[1]}"

        assert reason(f"mongodb://{address}/") == f"no answer in time ({address})"
        assert reason(f"mongodb://{address}/?connectTimeoutMS=100") == f"no answer in time ({address})"


def test_the_reason_is_a_server_that_does_not_speak_mongodbs_protocol() -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with listening(answer) as address:
        assert reason(f"mongodb://{address}/") == f"the server does not speak MongoDB's protocol ({address})"


def test_the_reason_is_an_unknown_authority() -> None:
    with listening(by_tls(HERE)) as address:
        told = reason(f"mongodb://{address}/?tls=true")

        assert told == f"its TLS certificate was issued by an unknown authority (tlsCAFile) ({address})"


def test_the_reason_is_a_certificate_for_another_name(trusting: str) -> None:
    with listening(by_tls("elsewhere.example")) as address:
        told = reason(f"mongodb://{address}/?{trusting}")

        assert told == f"its TLS certificate names another host ({address})"


def test_the_reason_is_an_expired_certificate(trusting: str) -> None:
    with listening(by_tls(HERE, **LONG_AGO)) as address:
        assert reason(f"mongodb://{address}/?{trusting}") == f"its TLS certificate has expired ({address})"


def test_the_reason_is_a_server_without_tls(mongod_url: str) -> None:
    address = _address(mongod_url)
    told = reason(f"mongodb://{address}/?tls=true")

    assert told == f"the server does not speak TLS, which the URL requires ({address})"


def test_the_reason_is_a_server_that_requires_tls() -> None:
    with listening(by_tls(HERE)) as address:
        told = reason(f"mongodb://{address}/")

        assert told.startswith("the server closes each new connection: it may require TLS (tls=true)")
        assert told.endswith(f"({address})")


@pytest.mark.parametrize("options", ["", "&directConnection=true"])
def test_the_reason_is_another_replica_set_than_the_urls(mongod_url: str, options: str) -> None:
    address = _address(mongod_url)
    told = reason(f"mongodb://{address}/?replicaSet=other{options}")

    assert told == f"the URL names the replica set other, but {address} belongs to rcstats"


def test_the_reason_is_a_missing_secondary(mongod_url: str) -> None:
    told = reason(f"{mongod_url}&readPreference=secondary")

    asked = "does not match the URL's readPreference"
    assert told == f"{_address(mongod_url)} answers, but {asked}"


@pytest.mark.parametrize("options", ["", "?replicaSet=rcstats"])
def test_the_reason_is_members_whose_names_do_not_resolve_here(mongod_url: str, options: str) -> None:
    port = int(_address(mongod_url).split(":")[1])
    with _renaming(port) as address:
        told = reason(f"mongodb://{address}/{options}", 1500)

    assert told in {
        f"the replica set names its members {ELSEWHERE}:{port}, {which}: try directConnection=true"
        for which in (
            "which does not resolve here",
            "which cannot be reached from here (the name cannot be resolved at the moment)",
        )
    }


@contextmanager
def _renaming(port: int) -> Iterator[str]:
    """The address of a proxy before a server, which then calls itself by another name."""

    def forward(connection: socket.socket) -> None:
        with socket.create_connection((HERE, port)) as server:
            threading.Thread(target=_pipe, args=[connection, server], daemon=True).start()
            _pipe(server, connection, (f"{HERE}:{port}".encode(), f"{ELSEWHERE}:{port}".encode()))

    with listening(forward) as address:
        yield address


def _pipe(source: socket.socket, target: socket.socket, names: tuple[bytes, bytes] = (b" ", b" ")) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data.replace(*names))
        target.shutdown(socket.SHUT_WR)


def test_the_renaming_proxy_of_these_tests_changes_nothing_else(mongod_url: str) -> None:
    port = int(_address(mongod_url).split(":")[1])
    with (
        _renaming(port) as address,
        connect(f"mongodb://{address}/?directConnection=true&timeoutMS=3000", "TEST") as client,
    ):
        assert client["rcstats"]["nothing"].find_one() is None


def test_the_reason_is_a_missing_srv_record() -> None:
    told = reason("mongodb+srv://cluster.nowhere.invalid/", 5000)

    assert told in {
        f"the DNS {does} cluster.nowhere.invalid (mongodb+srv)"
        for does in ("has no SRV record for", "does not answer for")
    }


def test_a_cause_of_many_servers_names_only_a_few() -> None:
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.create_server((HERE, 0))) for _ in range(5)]
        ports = [held.getsockname()[1] for held in taken]
    told = reason(f"mongodb://{','.join(f'{HERE}:{port}' for port in ports)}/")

    assert told.startswith("connection refused (")
    assert told.endswith(" and 2 more)")


def test_the_reason_is_a_replica_set_without_a_primary() -> None:
    with mongod.running() as url, connect(url, "TEST") as client:
        client.admin.command({"replSetStepDown": 60, "force": True})
        told = reason(f"{url}&readPreference=primary")

    assert told == f"{_address(url)} answers, but the replica set has no primary at the moment"


def test_the_reason_is_current_after_the_server_has_ended() -> None:
    with ExitStack() as server:
        url = server.enter_context(mongod.running())
        with connect(f"{url}&timeoutMS=3000", "TEST") as client:
            client.admin.command("ping")
            server.close()

            assert _reason(client) == f"connection refused ({_address(url)})"
            begun = time.monotonic()
        assert time.monotonic() - begun < 10  # the driver's own default has it say goodbye for 30 s


def _address(url: str) -> str:
    return url.split("/")[2]
