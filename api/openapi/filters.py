"""Owns the schemas of a filter, as accepted by collector/store/filters.py. Pure."""

from api.openapi.primitives import DATE, Schema, ref
from collector.key_paths import PATH
from collector.store.filters import LOGICAL, MAX_PATTERN, REGEX_OPTIONS, TYPE_NAMES, TYPE_NUMBERS

_INT64: Schema = {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}
_DIVISOR = _INT64 | {"not": {"const": 0}}

# A schema cannot express the limits on depth and size, nor that a date is compared with dates only.
FILTER: dict[str, Schema] = {
    "Conditions": {
        "type": "object",
        "properties": {
            operator: {"type": "array", "minItems": 1, "items": ref("Conditions")} for operator in sorted(LOGICAL)
        },
        "patternProperties": {PATH: {"anyOf": [ref("Plain"), ref("Date"), ref("Operators")]}},
        "additionalProperties": False,
    },
    "Plain": {
        "anyOf": [
            {"type": ["string", "number", "boolean", "null"]},
            {"type": "array", "items": {"anyOf": [ref("Plain"), ref("Date")]}},
            {
                "type": "object",
                "propertyNames": {"pattern": r"^(?!\$)[^\x00]*$"},
                "additionalProperties": {"anyOf": [ref("Plain"), ref("Date")]},
            },
        ]
    },
    "Date": {
        "type": "object",
        "properties": {"$date": {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 253402300799999}, DATE]}},
        "required": ["$date"],
        "additionalProperties": False,
        "description": "Milliseconds since 1970, or an ISO 8601 text.",
    },
    "Type": {"enum": [*sorted(TYPE_NAMES), *sorted(TYPE_NUMBERS)]},
    "Operators": {
        "type": "object",
        "minProperties": 1,
        "properties": {
            **{name: {"anyOf": [ref("Plain"), ref("Date")]} for name in ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte")},
            **{name: {"type": "array", "items": ref("Plain")} for name in ("$in", "$nin", "$all")},
            "$exists": {"type": "boolean"},
            "$size": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
            "$type": {
                "anyOf": [
                    ref("Type"),
                    {"type": "array", "minItems": 1, "maxItems": len(TYPE_NAMES), "items": ref("Type")},
                ]
            },
            "$mod": {"type": "array", "minItems": 2, "maxItems": 2, "prefixItems": [_DIVISOR, _INT64]},
            "$not": ref("Operators"),
            "$elemMatch": ref("Conditions"),
            "$regex": {"type": "string", "format": "regex", "maxLength": MAX_PATTERN},
            "$options": {"type": "string", "pattern": f"^{REGEX_OPTIONS}$"},
        },
        "dependentRequired": {"$options": ["$regex"]},
        "additionalProperties": False,
    },
}
