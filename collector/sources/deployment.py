"""What only the operator can tell about how Rocket.Chat was deployed on this host."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Deployment:
    """How the server was deployed, and where its process can be found if `instances` does not tell."""

    method: str = "tar"
    platform: str = "selfinstall"
    pid_file: Path | None = None
    port: int | None = None

    def pid(self) -> int | None:
        """The pid in the pid file; None if there is no file, or no number in it."""
        try:
            return int(self.pid_file.read_text(encoding="ascii")) if self.pid_file else None
        except (OSError, ValueError):
            return None
