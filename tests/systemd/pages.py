"""The commands by which the pages have rcstats installed, upgraded and uninstalled."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def commands(page: Path, heading: str) -> list[str]:
    """The lines of all blocks of commands under a heading of a page."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    blocks = re.findall(r"^```\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


INSTALL = commands(ROOT / "README.md", "Install")
UPGRADE, UNINSTALL, BY_HAND = (
    commands(ROOT / "systemd/README.md", heading) for heading in ("Upgrade", "Uninstall", "Commands by hand")
)
