"""Owns the workspace's licence as far as MongoDB shows it, and the values of settings under it. Pure."""

import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import Any

from collector.key_paths import Document, at

_PREFIX = "RCV3_"
VALID = "Valid"


@dataclass(frozen=True)
class Licence:
    """The modules that are active; None if they are not known."""

    modules: frozenset[str] | None = None

    @classmethod
    def read(cls, own: Document, settings: Document) -> "Licence":
        """By `enterprise.modules` of the server's own newest document, else by the licence among the settings' values.

        The licence's text names persons and contracts; only its modules are kept.
        """
        if isinstance(modules := at(own, "enterprise.modules"), list):
            return cls(frozenset(module for module in modules if isinstance(module, str)))
        if "Enterprise_License_Status" not in settings:
            return cls()
        if settings["Enterprise_License_Status"] != VALID:
            return cls(frozenset())
        return cls(_granted(settings.get("Enterprise_License")))

    def effective(self, row: Document) -> Any:
        """The value of a setting's row as the server sees it: without its licence a setting has `invalidValue`.

        Raises:
            UnknownLicenceError: that depends on the licence, which is not known.
            KeyError: the row has no such value.
        """
        if row.get("enterprise") is not True:
            return row["value"]
        if self.modules is None:
            raise UnknownLicenceError
        wanted = row.get("modules")
        is_licensed = bool(self.modules) and self.modules.issuperset(wanted if isinstance(wanted, list) else ())
        return row["value" if is_licensed else "invalidValue"]


class UnknownLicenceError(Exception):
    """Neither the server's own document nor its settings say what is licensed."""


def _granted(licence: Any) -> frozenset[str] | None:
    """The modules of a licence of version 3, a JSON Web Token whose payload anybody can read; None of another."""
    if not (isinstance(licence, str) and licence.startswith(_PREFIX)):
        return None
    try:
        payload = licence.removeprefix(_PREFIX).split(".")[1]
        found = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return frozenset(str(granted["module"]) for granted in found["grantedModules"])
    except (ValueError, LookupError, TypeError):
        return None
