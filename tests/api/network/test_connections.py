"""Which connections are admitted."""

import logging
from functools import partial

import pytest

from api.network.bounds import Bounds
from api.network.connections import Connections, ThrottledLog

LOOPBACK = ("127.0.0.1", "::1")


def admitted(connections: Connections, *hosts: str) -> list[bool]:
    """Whether these are admitted, one after the other; each gets a request."""
    found = [connections.admit(host) for host in hosts]
    for admission in found:
        if admission:
            admission.busy()
    return [admission is not None for admission in found]


def test_one_address_may_open_fewer_connections_than_all_together() -> None:
    connections = Connections(Bounds(connections=5, per_address=2), [])

    assert admitted(connections, *["192.0.2.1"] * 3, "192.0.2.2") == [True, True, False, True]


def test_a_network_of_ipv6_counts_as_one_address() -> None:
    connections = Connections(Bounds(per_address=2), [])

    hosts = ("2001:db8::1", "2001:db8::ffff:1:2", "2001:db8::3", "2001:db8:0:1::1", "fe80::1%eth0")
    assert admitted(connections, *hosts) == [True, True, False, True, True]


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_is_exempt_from_the_limit_per_address(host: str) -> None:
    assert all(admitted(Connections(Bounds(per_address=2), []), *[host] * 100))


def test_the_limit_per_address_can_be_disabled() -> None:
    assert all(admitted(Connections(Bounds(per_address=0), []), *["192.0.2.1"] * 500))


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_may_open_additional_connections(host: str) -> None:
    connections = Connections(Bounds(connections=3, reserve=2), [])

    assert admitted(connections, *["192.0.2.1"] * 4) == [True, True, True, False]
    assert admitted(connections, *[host] * 3) == [True, True, False]


def test_closing_a_connection_twice_frees_one_place() -> None:
    connections = Connections(Bounds(connections=2, per_address=1), [])
    admission = connections.admit("192.0.2.1")
    assert admission
    admission.leave()
    admission.leave()

    assert admitted(connections, "192.0.2.1", "192.0.2.2", "192.0.2.3") == [True, True, False]


def test_at_the_limit_the_longest_idle_connection_is_closed() -> None:
    connections, closed = Connections(Bounds(connections=3), []), list[str]()
    for name in ("first", "second", "third"):
        admission = connections.admit("192.0.2.1")
        assert admission
        admission.idle(partial(closed.append, name))
        if name == "first":
            admission.busy()

    assert admitted(connections, *["192.0.2.2"] * 3) == [True, True, False]
    assert closed == ["second", "third"]


def test_an_address_at_its_own_limit_does_not_replace_others() -> None:
    connections, closed = Connections(Bounds(connections=3, per_address=2), []), list[str]()
    for host in ("192.0.2.1", "192.0.2.2", "192.0.2.2"):
        admission = connections.admit(host)
        assert admission
        admission.idle(partial(closed.append, host))

    assert admitted(connections, "192.0.2.2") == [False]
    assert closed == []


def test_requests_of_closed_connections_count_too() -> None:
    running = ["a request"] * 3
    connections = Connections(Bounds(connections=3, reserve=1), running)

    assert admitted(connections, "192.0.2.1", "127.0.0.1") == [False, True]
    running.pop()
    assert admitted(connections, "192.0.2.1") == [True]


def test_refused_connections_are_logged_once_a_minute_for_each_limit(caplog: pytest.LogCaptureFixture) -> None:
    connections = Connections(Bounds(connections=3, per_address=2), [])
    admitted(connections, *["192.0.2.1"] * 50, *["192.0.2.2"] * 50)

    assert [record.getMessage() for record in caplog.records] == [
        "connection refused reason=address address=192.0.2.1 open=2 requests=0 since_last=1",
        "connection refused reason=limit address=192.0.2.2 open=3 requests=0 since_last=1",
    ]


def test_a_throttled_log_line_counts_the_events_since_the_last(caplog: pytest.LogCaptureFixture) -> None:
    times = [1000.0, 1000.0, 1000.0, 1030.0, 1059.9, 1060.0, 1061.0, 1200.0]
    throttled = ThrottledLog(60, lambda: times.pop(0))
    while times:
        throttled.warning("event name=%s", "x")

    assert [record.getMessage() for record in caplog.records] == [
        "event name=x since_last=1",
        "event name=x since_last=4",
        "event name=x since_last=2",
    ]
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


def test_a_trusted_proxy_may_open_any_number() -> None:
    connections = Connections(Bounds(per_address=2, trusted_proxies=["192.0.2.0/24"]), [])

    assert all(admitted(connections, *["192.0.2.1"] * 100))
    assert not all(admitted(connections, *["198.51.100.1"] * 3))
