"""BSON as JSON, with each value as JavaScript prints it in Rocket.Chat's answers.

Numbers, dates and ids become what JSON takes while the driver decodes them, so that no document is walked in Python.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import bson
import orjson
from bson import Binary, DatetimeMS, Decimal128, Int64, ObjectId, Timestamp
from bson.binary import UUID_SUBTYPE
from bson.codec_options import CodecOptions, DatetimeConversion, TypeDecoder, TypeRegistry
from bson.raw_bson import RawBSONDocument

from collector.key_paths import SECRET

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GREGORIAN_CYCLE = timedelta(days=146_097)  # 400 years, after which the calendar repeats
_LAST_DATE = 8_640_000_000_000_000  # ms that JavaScript's dates reach from the epoch, either way
_LARGEST_EXACT = 2**53 - 1  # beyond it a JavaScript number is rounded
_SMALL = 1e-4  # below it orjson writes an exponent where JavaScript may write none
_WRITTEN_OUT = (1e-6, 1e21)  # where JavaScript writes a number without an exponent


def document(stored: Mapping[str, Any]) -> bytes:
    """A stored document as JSON, `success` added as its last key and what is secret left out."""
    return orjson.dumps(_shown(stored) | {"success": True}, _other)


def item(stored: Mapping[str, Any]) -> bytes:
    """A stored document as JSON, as one of a list; what is secret is left out."""
    return orjson.dumps(_shown(stored), _other)


def plain(stored: Mapping[str, Any]) -> dict[str, Any]:
    """The same as Python reads it back."""
    found: dict[str, Any] = orjson.loads(item(stored))
    return found


def _shown(stored: Mapping[str, Any]) -> dict[str, Any]:
    raw = stored.raw if isinstance(stored, RawBSONDocument) else bson.encode(stored)
    decoded = bson.decode(raw, _AS_JAVASCRIPT)
    for key in SECRET & decoded.keys():
        del decoded[key]
    decoded.pop("success", None)
    return decoded


def _number(value: float) -> Any:
    """What orjson takes and writes as JavaScript would."""
    if value.is_integer():
        return int(value) if abs(value) <= _LARGEST_EXACT else orjson.Fragment(_digits(value))
    is_small = abs(value) < _SMALL  # False for what is no number, which JSON.stringify and orjson make null
    return orjson.Fragment(_digits(value)) if is_small else value


def _digits(value: float) -> str:
    """A number's shortest digits, with an exponent only where JavaScript has one, such as 1.5e+21."""
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    if _WRITTEN_OUT[0] <= abs(value) < _WRITTEN_OUT[1]:
        return f"{Decimal(repr(value)).normalize():f}"
    first, *rest = map(str, digits)
    power = int(exponent) + len(rest)
    return f"{'-' * sign}{first}{'.' if rest else ''}{''.join(rest)}e{power:+d}"


def _long(value: Int64) -> Any:
    return value if abs(value) <= _LARGEST_EXACT else _number(float(value))


def _date(moment: datetime) -> str:
    """Always three digits and Z, as Date.prototype.toISOString."""
    return f"{moment.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def _date_beyond_python(moment: DatetimeMS) -> str | None:
    """A date outside the years 1 to 9999, with JavaScript's sign and six digits; None where it has no date either."""
    milliseconds = int(moment)
    if abs(milliseconds) > _LAST_DATE:
        return None
    cycles, rest = divmod(milliseconds, _GREGORIAN_CYCLE // timedelta(milliseconds=1))
    within = _EPOCH + timedelta(milliseconds=rest)
    return f"{within.year + 400 * cycles:+07d}{_date(within)[4:]}"


def _binary(value: Binary) -> str:
    return str(value.as_uuid()) if value.subtype == UUID_SUBTYPE else b64encode(value).decode()


def _other(value: Any) -> Any:
    """What is left: types that the server's driver turns into an object without anything in it."""
    return {"code": str(value)} if isinstance(value, bson.Code) else {}


class _Decoder(TypeDecoder):
    def __init__(self, bson_type: type, to_json: Callable[[Any], Any]) -> None:
        self._bson_type = bson_type
        self._to_json = to_json

    @property
    def bson_type(self) -> type:
        return self._bson_type

    def transform_bson(self, value: Any) -> Any:
        return self._to_json(value)


_TO_JSON: Mapping[type, Callable[[Any], Any]] = {
    float: _number,
    Int64: _long,
    datetime: _date,
    DatetimeMS: _date_beyond_python,
    ObjectId: str,
    bytes: lambda value: b64encode(value).decode(),
    Binary: _binary,
    Decimal128: lambda value: {"$numberDecimal": str(value)},
    Timestamp: lambda value: {"$timestamp": str((value.time << 32) + value.inc)},
    bson.Code: _other,
}

_AS_JAVASCRIPT: CodecOptions[dict[str, Any]] = CodecOptions(
    tz_aware=True,
    tzinfo=UTC,
    unicode_decode_error_handler="replace",  # one broken text must not cost the page
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
    type_registry=TypeRegistry([_Decoder(kind, to_json) for kind, to_json in _TO_JSON.items()]),
)
