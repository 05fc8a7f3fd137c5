"""Owns the text that the demo prints when it is ready: its address, a login, and lines to paste."""

import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from collector.demo.sample.workspace import ADMIN, PLAIN, Login
from collector.scheduling.supervisor import Supervisor

_TEXT = """
[bold green]rcstats demo[/] is ready after {seconds:.1f} s. The dashboard and the API are at
[bold]{address}[/]{note}

All of it is made up: a sample workspace, and the snapshots of the last 90 days, whose `collector.kind` is `sample`.
From now on, a real snapshot of that workspace is taken every hour.

[bold]Sign in on the dashboard[/] with this user ID and this token:
{user}
{token}

[bold]Use the commands[/] in another terminal, such as limits, events, diff -7d, trend totalUsers, check:
RCSTATS_MONGO_URL={mongo_url} {command} list

[bold]Ask the API[/] for the users and messages of the newest snapshot:
{newest}

Take a snapshot now, and get all of it:
{refresh}

Ask as a user who may not see statistics, and be refused:
{denied}

[dim]Press Ctrl-C to stop. {end}[/]
"""
_FIELDS = "%7B%22totalUsers%22%3A1%2C%22onlineUsers%22%3A1%2C%22totalMessages%22%3A1%7D"


@dataclass(frozen=True)
class Facts:
    """What the guide tells: the workspace's URL, the directory that keeps the data, the port that was in use."""

    mongo_url: str
    data: Path | None = None
    taken: int | None = None


class Guide(Supervisor):
    """The person who started the demo; `show` prints rich's markup."""

    def __init__(self, begun: datetime, facts: Facts, show: Callable[[str], None]) -> None:
        self._begun = begun
        self._facts = facts
        self._show = show

    def ready(self, address: str) -> None:
        self._show(text(address, self._begun, self._facts))


def text(address: str, begun: datetime, facts: Facts) -> str:
    """The guide in rich's markup; `begun` is the start of the demo."""
    return _TEXT.format(
        seconds=(datetime.now(UTC) - begun).total_seconds(),
        address=address,
        note=f"\n[yellow]Port {facts.taken} is in use, so this is another one.[/]" if facts.taken else "",
        user=ADMIN.user_id,
        token=ADMIN.token,
        mongo_url=facts.mongo_url,
        command=_command(),
        newest=_curl(ADMIN, f"{address}/api/v1/statistics.list?count=1&fields={_FIELDS}"),
        refresh=_curl(ADMIN, f"{address}/api/v1/statistics?refresh=true"),
        denied=_curl(PLAIN, f"{address}/api/v1/statistics.list"),
        end=f"{facts.data} keeps the data." if facts.data else "This deletes the data; --data DIRECTORY keeps them.",
    )


def _command() -> str:
    """How this program was called, so that the line works without a directory on the PATH."""
    called = Path(sys.argv[0])
    if called.name != "rcstats":
        return f"{shlex.quote(sys.executable)} -m collector"
    found = shutil.which("rcstats")
    return "rcstats" if found and called.exists() and called.samefile(found) else shlex.quote(str(called))


def _curl(login: Login, url: str) -> str:
    """A curl command on one line, so that it can be pasted."""
    return f'curl -H "X-Auth-Token: {login.token}" -H "X-User-Id: {login.user_id}" "{url}"'
