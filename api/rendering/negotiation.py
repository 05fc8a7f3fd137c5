"""Owns the grammar of the headers by which clients choose a response: weighted lists, and entity tags (RFC 9110).

Malformed headers are no errors: items that cannot be read are ignored.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from types import MappingProxyType

from starlette.datastructures import Headers

# Characters and items of a header that are read; browsers send fewer than 200 and ten.
LONGEST, MOST = 2048, 32

_REMEMBERED = 64  # headers

# An item of a list, and a part of an item: a quoted string may contain the separator.
_QUOTED = r'"(?:[^"\\]|\\.)*+"?'
_ITEM = re.compile(rf'(?:[^,"]|{_QUOTED})++', re.DOTALL)
_PART = re.compile(rf'(?:[^;"]|{_QUOTED})++', re.DOTALL)
_WEIGHT = re.compile(r"0(?:\.[0-9]*)?|1(?:\.0*)?")

# An entity tag has no escapes.
_TAG = re.compile(r'[ \t]*+(?:W/)?"([\x21\x23-\x7e\x80-\xff]*+)"[ \t]*+(?:,|$)')


def value(headers: Headers, name: str) -> str:
    """The value of a header, which may have been sent in several lines; '' if it is absent."""
    return ", ".join(headers.getlist(name))


def weights(header: str) -> Mapping[str, float]:
    """The items of a header such as Accept, in lower case without parameters, each with its weight from 0 to 1.

    An item that occurs several times, with different parameters, has the highest of its weights.
    """
    if len(header) > LONGEST:
        header = header[:LONGEST].rpartition(",")[0]
    return _weights(header)


@lru_cache(maxsize=_REMEMBERED)
def _weights(header: str) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for item in islice(_ITEM.finditer(header.lower()), MOST):
        if weighed := _weighed(item[0]):
            name, weight = weighed
            found[name] = max(weight, found.get(name, 0.0))
    return MappingProxyType(found)


def _weighed(item: str) -> tuple[str, float] | None:
    """An item and its weight; None if it cannot be read."""
    if not (item := item.strip()) or item.startswith(";"):
        return None
    name, *parameters = (part[0].strip() for part in _PART.finditer(item))
    pairs = (parameter.partition("=") for parameter in parameters)
    weight = next((text for key, _, text in pairs if key == "q"), "1")
    return (name, float(weight)) if _WEIGHT.fullmatch(weight) else None


def names(header: str, tag: str) -> bool:
    """Whether a header such as If-None-Match names an entity tag, weak or strong; "*" names each."""
    return header.strip() == "*" or tag in islice(_tags(header), MOST)


def _tags(header: str) -> Iterator[str]:
    """The opaque parts of the entity tags in a list."""
    place = 0
    while 0 <= place < len(header):
        if found := _TAG.match(header, place):
            yield found[1]
            place = found.end()
        else:
            comma = header.find(",", place)
            place = comma + 1 if comma >= 0 else len(header)
