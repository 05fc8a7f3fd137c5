"""What the commands import: as little as they need, since a short command spends most of its time at its start."""

import subprocess
import sys

import pytest
from pymongo.database import Database

from collector.key_paths import Document
from tests.factories import with_id
from tests.processes import environment

SERVING = {"api.app", "apscheduler", "cachetools", "collector.daemon", "prometheus_client", "starlette", "uvicorn"}
EXAMINING = {"collector.diagnostics", "collector.history", "collector.demo", "cronsim"}
MEASURING = {"collector.bootstrap", "collector.statistics", "collector.store", "psutil", "pydantic_settings", "pymongo"}

PROGRAM = "import sys; sys.argv[0] = 'rcstats'; from collector.cli.main import main; main()"  # as it is installed


def imported(*arguments: str, **variables: str) -> set[str]:
    """The modules that a command imports; it has to succeed."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", PROGRAM, *arguments],
        env=environment() | variables,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return {line.split("|")[-1].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}


@pytest.fixture
def workspace(real_database: Database[Document], mongod_url: str) -> dict[str, str]:
    """The settings for a workspace that has nothing but its id, and is its own store."""
    url = mongod_url.replace("/?", f"/{with_id(real_database).name}?")
    return {"RCSTATS_MONGO_URL": url, "RCSTATS_STORE_URL": url}


def test_help_and_version_import_neither_settings_nor_statistics_nor_the_driver() -> None:
    unneeded = MEASURING | SERVING | EXAMINING

    assert imported("--help") & unneeded == set()
    assert imported("--version") & (unneeded | {"rich"}) == set()


def test_completion_imports_as_little() -> None:
    typed = {"_RCSTATS_COMPLETE": "complete_bash", "COMP_WORDS": "rcstats sna", "COMP_CWORD": "1"}

    assert imported(**typed) & (MEASURING | SERVING | EXAMINING | {"rich"}) == set()


def test_a_snapshot_imports_nothing_that_serves_or_examines(workspace: dict[str, str]) -> None:
    loaded = imported("snapshot", **workspace)

    assert loaded & (SERVING | EXAMINING) == set()
    assert loaded >= MEASURING  # what is not imported under these names would be found nowhere


def test_a_snapshot_for_a_program_needs_no_tables(workspace: dict[str, str]) -> None:
    assert "rich" not in imported("snapshot", "--json", **workspace)


def test_a_list_imports_nothing_that_serves_or_examines(workspace: dict[str, str]) -> None:
    assert imported("list", **workspace) & (SERVING | {"collector.diagnostics", "collector.demo", "cronsim"}) == set()
