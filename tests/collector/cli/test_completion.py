"""Shell completion, installed and used in a bash of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import environment

ROOT = Path(__file__).parents[3]


def bash(home: Path, command: str) -> str:
    """What a command prints in a bash of a user with this home, who has `rcstats` on the PATH."""
    variables = {"HOME": str(home), "PATH": f"{home}/bin:/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["/bin/bash", "-euc", command],
        env=environment() | variables,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def home(tmp_path: Path) -> Path:
    program = tmp_path / "bin" / "rcstats"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nfrom collector.cli.main import main\n\nmain()\n")
    program.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "expected"), [("sna", ["snapshot"]), ("snapshot --dr", ["--dry-run"]), ("nonsense", [])]
)
def test_completion_that_is_installed_completes_commands_and_options(
    home: Path, words: str, expected: list[str]
) -> None:
    assert "completion installed" in bash(home, "rcstats --install-completion; true")  # bash stays, and is found

    completed = bash(
        home,
        f"""
        source ~/.bashrc
        COMP_WORDS=(rcstats {words})
        COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        "$(complete -p rcstats | sed -E 's/.* -F (\\S+) .*/\\1/')" rcstats
        printf '%s\\n' "${{COMPREPLY[@]}}"
        """,
    )
    assert completed.split() == expected
