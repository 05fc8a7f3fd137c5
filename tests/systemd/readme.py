"""The commands by which the README has rcstats installed and uninstalled."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def commands(mark: str) -> list[str]:
    """The lines of the README's block of commands that has this one."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    (block,) = [block for block in blocks if mark in block]
    return list(block.splitlines())


INSTALL, UNINSTALL = commands("systemctl enable"), commands("systemctl disable")
