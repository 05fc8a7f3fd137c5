"""Owns the schemas of the limits in the OpenAPI document. Pure."""

from api.openapi.primitives import DATE, TEXT, TRUE, Schema, object_, ref
from collector.limits.limit import CERTAIN, LIKELY
from collector.limits.standing import TITLES, State

_NUMBER_OR_NULL: Schema = {"type": ["number", "null"]}
_DATE_OR_NULL: Schema = {"anyOf": [DATE, {"type": "null"}]}

_REACHED = object_("date earliest latest", date=DATE, earliest=DATE, latest=_DATE_OR_NULL) | {
    "description": "When a number is reached if growth continues, with the 95 % interval; `latest` is null if that is "
    "open. Null of a number that does not grow, or whose history is too short."
}

LIMITS: dict[str, Schema] = {
    "Limits": object_(
        "createdAt limits success",
        createdAt=_DATE_OR_NULL | {"description": "Date of the snapshot; null if none exists."},
        limits={"type": "array", "items": ref("Limit"), "description": "Those that apply, the nearest first."},
        success=TRUE,
    ),
    "Limit": object_(
        "name title used allowed left unit share date reached state source certainty",
        name={"enum": sorted(TITLES)},
        **dict.fromkeys(("title", "unit", "source"), TEXT),
        **dict.fromkeys(("used", "allowed"), _NUMBER_OR_NULL),
        left={"type": "number", "minimum": 0, "description": "What is left of a number, or the days until a date."},
        share=_NUMBER_OR_NULL | {"description": "`used` divided by `allowed`."},
        date=_DATE_OR_NULL | {"description": "Null of a number, and if only the past of the date is known."},
        reached={"anyOf": [_REACHED, {"type": "null"}]},
        state={"enum": [*State]},
        certainty={"enum": [CERTAIN, LIKELY]},
    ),
}
