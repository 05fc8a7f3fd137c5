"""Owns the finding of a check, its level, and the verdict over all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """Severity; the highest one is the command's exit code, in the convention of monitoring plugins."""

    OK = 0
    WARNING = 1
    CRITICAL = 2


Result = tuple[Level, str]
"""What a check found: its level and text."""


@dataclass(frozen=True)
class Finding:
    """The result of one check: its name, level and text."""

    name: str
    level: Level
    text: str


def verdict(found: Sequence[Finding]) -> str:
    """All findings in one line, for monitoring systems: the highest level and the problems."""
    wrong = [finding for finding in found if finding.level is not Level.OK]
    if not wrong:
        return f"OK: {found[-1].text}"
    worst = max(finding.level for finding in wrong)
    texts = "; ".join(f"{finding.name}: {finding.text}" for finding in wrong)
    return f"{worst.name}: {len(wrong)} of {len(found)} checks: {texts}"


def worst(results: Sequence[Result]) -> Result:
    """Several results as one: the highest level, and all texts."""
    return max(level for level, _ in results), "; ".join(text for _, text in results)
