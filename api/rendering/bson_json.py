"""Owns the conversion of BSON to JSON, with each value as JavaScript prints it in Rocket.Chat's responses.

Numbers, dates and ids are converted while the driver decodes them, so that no document is traversed in Python.
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
_LAST_DATE = 8_640_000_000_000_000  # ms from the epoch to JavaScript's last date, in both directions
_LARGEST_EXACT = 2**53 - 1  # JavaScript rounds larger integers
_SMALL = 1e-4  # below it orjson writes an exponent, but JavaScript may not
_WRITTEN_OUT = (1e-6, 1e21)  # JavaScript writes numbers of this range without an exponent


def document(stored: Mapping[str, Any]) -> bytes:
    """A stored document as JSON, with `success` as its last key and without secret keys."""
    return encoded(shown(stored) | {"success": True})


def item(stored: Mapping[str, Any]) -> bytes:
    """A stored document as JSON, as an item of a list; without secret keys."""
    return encoded(shown(stored))


def encoded(shown: Mapping[str, Any]) -> bytes:
    """The JSON of what `shown` gives."""
    return orjson.dumps(shown, _other)


def plain(stored: Mapping[str, Any]) -> dict[str, Any]:
    """The same as a Python object."""
    found: dict[str, Any] = orjson.loads(item(stored))
    return found


def shown(stored: Mapping[str, Any]) -> dict[str, Any]:
    """A stored document without secret keys, its values as `encoded` writes them."""
    raw = stored.raw if isinstance(stored, RawBSONDocument) else bson.encode(stored)
    decoded = bson.decode(raw, _AS_JAVASCRIPT)
    for key in SECRET & decoded.keys():
        del decoded[key]
    decoded.pop("success", None)
    return decoded


def _number(value: float) -> Any:
    """A value that orjson writes as JavaScript would."""
    if value.is_integer():
        return int(value) if abs(value) <= _LARGEST_EXACT else orjson.Fragment(_digits(value))
    is_small = abs(value) < _SMALL  # False for NaN, which JSON.stringify and orjson write as null
    return orjson.Fragment(_digits(value)) if is_small else value


def _digits(value: float) -> str:
    """A number's shortest digits, with an exponent only if JavaScript writes one, such as 1.5e+21."""
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
    """A date outside the years 1 to 9999, with JavaScript's sign and six digits; None beyond JavaScript's range."""
    milliseconds = int(moment)
    if abs(milliseconds) > _LAST_DATE:
        return None
    cycles, rest = divmod(milliseconds, _GREGORIAN_CYCLE // timedelta(milliseconds=1))
    within = _EPOCH + timedelta(milliseconds=rest)
    return f"{within.year + 400 * cycles:+07d}{_date(within)[4:]}"


def _binary(value: Binary) -> str:
    return str(value.as_uuid()) if value.subtype == UUID_SUBTYPE else b64encode(value).decode()


def _other(value: Any) -> Any:
    """Other types, which the server's driver turns into an empty object."""
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
    unicode_decode_error_handler="replace",  # one broken string must not break the page
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
    type_registry=TypeRegistry([_Decoder(kind, to_json) for kind, to_json in _TO_JSON.items()]),
)
