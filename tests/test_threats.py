"""The page of threats: each line names tests that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROWS = [line for line in (ROOT / "api" / "THREATS.md").read_text().splitlines() if line.startswith("| ")][2:]


def test_each_threat_names_the_tests_that_hold_its_defence() -> None:
    there = {
        name for path in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"def (test_\w+)", path.read_text())
    }

    assert len(ROWS) > 25
    for row in ROWS:
        named = re.findall(r"`(test_\w+)`", row)
        assert named, row
        assert set(named) <= there, row
