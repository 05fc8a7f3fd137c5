"""What the daemon reports to the program that supervises it: systemd, or none."""

from systemd_watchdog.systemd_watchdog import WatchDog


class Supervisor:
    """No supervisor: nothing happens. Any thread may report."""

    def ready(self, address: str) -> None:
        """The daemon serves at an address, and has attempted its first slot."""

    def alive(self, status: str) -> None:
        """The daemon is not stuck; `status` is one line on what it did last and does next."""


class Systemd(Supervisor):
    """systemd, by sd_notify; nothing happens where NOTIFY_SOCKET is not set."""

    def __init__(self) -> None:
        self._watchdog = WatchDog()

    def ready(self, address: str) -> None:  # noqa: ARG002  systemd knows it
        self._watchdog.ready()

    def alive(self, status: str) -> None:
        self._watchdog.notify()
        self._watchdog.status(status)
