"""What the daemon reports to the program that supervises it: systemd, or none."""

from typing import Protocol

from systemd_watchdog.systemd_watchdog import WatchDog


class Supervisor(Protocol):
    """Any thread may report."""

    def ready(self, address: str) -> None:
        """The daemon serves at an address, and has attempted its first slot."""

    def alive(self, status: str) -> None:
        """The daemon is not stuck; `status` is one line on what it did last and does next."""


class Systemd:
    """systemd, by sd_notify; nothing happens where NOTIFY_SOCKET is not set."""

    def __init__(self) -> None:
        self._watchdog = WatchDog()

    def ready(self, _: str) -> None:
        self._watchdog.ready()

    def alive(self, status: str) -> None:
        self._watchdog.notify()
        self._watchdog.status(status)


class Unsupervised:
    """No supervisor."""

    def ready(self, _: str) -> None:
        """Nobody waits for it."""

    def alive(self, _: str) -> None:
        """Nobody watches."""
