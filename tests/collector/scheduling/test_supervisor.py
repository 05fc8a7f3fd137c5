"""What systemd is told, on each kind of socket that it or a container hands over."""

import socket
from pathlib import Path
from uuid import uuid4

import pytest

from collector.scheduling.supervisor import Systemd


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_systemd_hears_of_it(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = str(tmp_path / "notify") if kind == "path" else f"@rcstats-{uuid4().hex}"
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address.replace("@", "\0"))
        systemd.settimeout(5)
        supervisor = Systemd()
        supervisor.ready("127.0.0.1:3080")
        supervisor.alive("next snapshot at 13:00")

        told = [systemd.recv(100) for _ in range(3)]

    assert told == [b"READY=1\n", b"WATCHDOG=1\n", b"STATUS=next snapshot at 13:00\n"]


def test_without_a_socket_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)

    Systemd().alive("next snapshot at 13:00")
