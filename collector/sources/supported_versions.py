"""Owns the end of support of a version of Rocket.Chat, by the vendor's token that the server has stored. Pure."""

from datetime import datetime

from collector.sources import json_web_token

SETTING = "Cloud_Workspace_Supported_Versions_Token"


def end_of_support(token: object, version: str) -> datetime | None:
    """The expiration of this version, else of one of the same minor release; None if the token names neither."""
    rows = json_web_token.rows(json_web_token.payload(token).get("versions"))
    listed = {name: row for row in rows if isinstance(name := row.get("version"), str)}
    same_minor = (row for name, row in listed.items() if _minor(name) == _minor(version))
    found = listed.get(version) or next(same_minor, {})
    return json_web_token.date(found.get("expiration"))


def _minor(version: str) -> list[str]:
    return version.split(".")[:2]
