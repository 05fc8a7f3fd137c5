"""Owns the credentials: files with one secret each, and what to say of those that this user may not read."""

from dataclasses import dataclass
from pathlib import Path

CREDSTORE = Path("/etc/credstore")  # where systemd looks for credentials, and an installed host keeps them


@dataclass(frozen=True)
class Unusable:
    """Takes the place of a value, which no type of setting accepts: an error only if no stronger source has a value."""

    reason: str


def read(path: Path) -> str | Unusable | None:
    """The text of a credential; None if there is none, or this user may not look for it."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError:
        return Unusable(f"{path} is not a text file")
    except OSError as error:
        return None if _is_hidden(path) else Unusable(unreadable(path, error))
    return text or Unusable(f"{path} is empty. Expected: the value, or no file")


def hidden(path: Path) -> str:
    """What to say of a missing credential if the directory keeps this user from looking for it; else nothing."""
    hides = f", or in {path.parent}, which this user may not read: run the command with sudo"
    return hides if _is_hidden(path) else ""


def unreadable(path: Path | str | None, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"this user may not read {path}; run the command as a user who may, for example with sudo"
    return f"{path} cannot be read: {error.strerror}"


def _is_hidden(path: Path) -> bool:
    try:
        path.lstat()
    except PermissionError:
        return True
    except OSError:
        return False
    return False
