"""Owns the edition of what responses are made of: it changes whenever they may change."""

from dataclasses import dataclass
from typing import Protocol


class HasEdition(Protocol):
    """A collection of the store."""

    def edition(self) -> str: ...


@dataclass(frozen=True)
class Editions:
    """Several collections as one."""

    of: tuple[HasEdition, ...]

    def edition(self) -> str:
        return " ".join(one.edition() for one in self.of)
