"""Owns the finding of a check, its level, and the verdict over all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

SERVICE = "RCSTATS"  # begins the line that monitoring systems show


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
    """All findings in one line, as monitoring plugins print it: the service, the highest level, and the problems."""
    wrong = [finding for finding in found if finding.level is not Level.OK]
    if not wrong:
        return f"{SERVICE} OK - {found[-1].text}"
    worst = max(finding.level for finding in wrong)
    texts = "; ".join(f"{finding.name}: {finding.text}" for finding in wrong)
    return f"{SERVICE} {worst.name} - {len(wrong)} of {len(found)} checks: {texts}"


def worst(results: Sequence[Result]) -> Result:
    """Several results as one: the highest level, and all texts."""
    return max(level for level, _ in results), "; ".join(text for _, text in results)


def one_line(text: str) -> str:
    """Names from a database can hold anything; after a "|", monitoring systems expect performance data."""
    return " ".join(text.replace("|", "/").split())
