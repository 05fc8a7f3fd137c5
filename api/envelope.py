"""The shapes of answers: success and failure as Rocket.Chat sends them, BSON as JavaScript prints it."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from bson import Binary, DatetimeMS, Decimal128, Int64, ObjectId
from starlette.responses import Response

# As the server: a dashboard must not take an old answer for a new one.
HEADERS = {"Cache-Control": "no-store", "Pragma": "no-cache"}
NOT_LOGGED_IN = {"status": "error", "message": "You must be logged in to do this."}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GREGORIAN_CYCLE = timedelta(days=146_097)  # 400 years, after which the calendar repeats
_LAST_DATE = 8_640_000_000_000_000  # ms that JavaScript's dates reach from the epoch, either way

# Beyond 2^53 - 1 JavaScript prints a rounded number; orjson takes what fits 64 bits.
_LARGEST_EXACT = 2**53 - 1


def success(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with `success` as its last key."""
    return {**{key: value for key, value in body.items() if key != "success"}, "success": True}


def failure(error: str, error_type: str | None = None, details: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Rocket.Chat's error body; keys that have no value are left out."""
    extras = {"errorType": error_type, "details": details}
    return {"success": False, "error": error} | {key: value for key, value in extras.items() if value}


def response(body: Mapping[str, Any], status: int = 200) -> Response:
    return Response(encode(body), status, HEADERS, "application/json")


def encode(body: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8, as JSON.stringify prints it in Rocket.Chat."""
    return orjson.dumps(as_javascript(body))


def as_javascript(value: Any) -> Any:  # noqa: PLR0911  one case a type
    """A BSON value as the JSON value that Rocket.Chat would send for it."""
    match value:
        case dict():
            return {key: as_javascript(item) for key, item in value.items()}
        case list():
            return [as_javascript(item) for item in value]
        case float():
            return int(value) if value.is_integer() and abs(value) <= _LARGEST_EXACT else value
        case datetime():
            return _iso(value)
        case DatetimeMS():
            return _iso_beyond_python(int(value))
        case Int64():
            return int(value)
        case ObjectId() | UUID() | Decimal128():
            return str(value)
        case Binary() if value.subtype in {3, 4}:
            return str(value.as_uuid(value.subtype))
        case bytes():
            return b64encode(value).decode()
        case _:
            return value if isinstance(value, str | int | None) else str(value)


def _iso(moment: datetime) -> str:
    """Always three digits and Z, as Date.prototype.toISOString."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _iso_beyond_python(milliseconds: int) -> str | None:
    """A date outside the years 1 to 9999, with JavaScript's sign and six digits; None where it has no date either."""
    if abs(milliseconds) > _LAST_DATE:
        return None
    cycles, rest = divmod(milliseconds, _GREGORIAN_CYCLE // timedelta(milliseconds=1))
    moment = _EPOCH + timedelta(milliseconds=rest)
    return f"{moment.year + 400 * cycles:+07d}{_iso(moment)[4:]}"
