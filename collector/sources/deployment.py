"""Owns the facts about the Rocket.Chat deployment that only the operator knows."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Deployment:
    """The deployment of the server; pid file and port locate its process if `instances` does not."""

    method: str = "tar"
    platform: str = "selfinstall"
    pid_file: Path | None = None
    port: int | None = None

    def pid(self) -> int | None:
        """The pid in the pid file; None if the file is missing or does not contain a number."""
        try:
            return int(self.pid_file.read_text(encoding="ascii")) if self.pid_file else None
        except (OSError, ValueError):
            return None
