"""Owns the text that the demo prints when it is ready: its address, and requests to paste."""

from collections.abc import Callable
from datetime import UTC, datetime

from collector.demo.sample.workspace import ADMIN, PLAIN, Login
from collector.scheduling.supervisor import Supervisor

_TEXT = """
[bold green]rcstats demo[/] is ready after {seconds:.1f} s: a sample workspace, its first snapshot, and the API at
[bold]{address}[/]

[bold]To open the dashboard, sign in there with the user ID {user} and this token:[/]
{token}

[bold]List the newest snapshot without the fields of the host, as the administrator:[/]
{list}

[bold]Take a new snapshot and get it:[/]
{refresh}

[bold]The same list, refused to a user without the permission:[/]
{denied}

[dim]Press Ctrl-C to stop.[/]
"""
_LEFT_OUT = "%7B%22os%22%3A0%2C%22migration%22%3A0%2C%22deploy%22%3A0%2C%22process%22%3A0%7D"


class Guide(Supervisor):
    """The person who started the demo; `show` prints rich's markup."""

    def __init__(self, begun: datetime, show: Callable[[str], None]) -> None:
        self._begun = begun
        self._show = show

    def ready(self, address: str) -> None:
        self._show(text(address, self._begun))


def text(address: str, begun: datetime) -> str:
    """The guide in rich's markup; `begun` is the start of the demo."""
    return _TEXT.format(
        seconds=(datetime.now(UTC) - begun).total_seconds(),
        address=address,
        user=ADMIN.user_id,
        token=ADMIN.token,
        list=_curl(ADMIN, f"{address}/api/v1/statistics.list?count=1&fields={_LEFT_OUT}"),
        refresh=_curl(ADMIN, f"{address}/api/v1/statistics?refresh=true"),
        denied=_curl(PLAIN, f"{address}/api/v1/statistics.list"),
    )


def _curl(login: Login, url: str) -> str:
    """A curl command on one line, so that it can be pasted."""
    return f'curl -H "X-Auth-Token: {login.token}" -H "X-User-Id: {login.user_id}" "{url}"'
