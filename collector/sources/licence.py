"""Owns the workspace's licence as far as MongoDB shows it, and the values of settings under it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from collector.key_paths import Document, at
from collector.sources import json_web_token

SETTINGS = ("Enterprise_License_Status", "Enterprise_License")
VALID = "Valid"
PREFIX = "RCV3_"


@dataclass(frozen=True)
class Licence:
    """The modules of the licence that are active, none without a valid licence; None if they are not known."""

    modules: frozenset[str] | None = None

    @classmethod
    def read(cls, own: Document, settings: Mapping[str, Any]) -> "Licence":
        """By `enterprise.modules` of the server's own newest document, else by the values of SETTINGS.

        A licence names persons and contracts; only its modules are read.
        """
        if isinstance(modules := at(own, "enterprise.modules"), list):
            return cls(frozenset(module for module in modules if isinstance(module, str)))
        status, licence = map(settings.get, SETTINGS)
        if status is None:
            return cls()
        return cls(_granted(licence) if status == VALID else frozenset())

    def applied(self, rows: Mapping[str, Document]) -> dict[str, Document]:
        """Rows of settings, with the values that the server sees.

        A setting that needs a licence has its `invalidValue` without one. Where the licence is not known such a setting
        is taken as stored.
        """
        return {name: row if self._allows(row) else _invalid(row) for name, row in rows.items()}

    def _allows(self, row: Document) -> bool:
        if row.get("enterprise") is not True or self.modules is None:
            return True
        wanted = row.get("modules")
        needed = wanted if isinstance(wanted, list) else []
        return bool(self.modules) and all(isinstance(module, str) and module in self.modules for module in needed)


def _invalid(row: Document) -> Document:
    """The row with its `invalidValue`, or without a value where it has none."""
    kept = {key: value for key, value in row.items() if key != "value"}
    return kept | ({"value": row["invalidValue"]} if "invalidValue" in row else {})


def _granted(licence: Any) -> frozenset[str] | None:
    """The modules of a licence of version 3, a JSON Web Token with a readable payload; None of another one."""
    if not (isinstance(licence, str) and licence.startswith(PREFIX)):
        return None
    granted = json_web_token.payload(licence.removeprefix(PREFIX)).get("grantedModules")
    try:
        return frozenset(str(module["module"]) for module in granted) if isinstance(granted, list) else None
    except (LookupError, TypeError):
        return None
