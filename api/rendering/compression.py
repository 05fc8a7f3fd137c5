"""Owns the content encodings of responses."""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

import zstandard

from api.rendering import negotiation

# Levels at which a page of snapshots shrinks tenfold for less work than rendering it.
_GZIP_LEVEL = 4
_ZSTD_LEVEL = 3

# Fewer bytes fit into one packet anyway.
SMALL = 1_000


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


# By name in Accept-Encoding, the preferred one first.
_COMPRESSORS: Mapping[str, Callable[[], _Compressor]] = {
    "zstd": lambda: zstandard.ZstdCompressor(_ZSTD_LEVEL).compressobj(),
    "gzip": lambda: zlib.compressobj(_GZIP_LEVEL, wbits=zlib.MAX_WBITS | 16),  # 16: with gzip's head
}

NAMES = tuple(_COMPRESSORS)

_ALIASES = {"x-gzip": "gzip"}


class Coding(NamedTuple):
    """The content coding of a response, '' for none; one that `is_required` applies to small responses too."""

    name: str = ""
    is_required: bool = False


def chosen(accepted: str) -> Coding:
    """The coding of the response, by the value of an Accept-Encoding header: the one with the highest weight.

    A client that refuses all of them, and an uncompressed response too, gets an uncompressed one, as RFC 9110 allows.
    """
    weights = {_ALIASES.get(name, name): weight for name, weight in negotiation.weights(accepted).items()}
    others = weights.get("*", 0.0)
    best = max(_COMPRESSORS, key=lambda name: weights.get(name, others))
    none = weights.get("identity", weights.get("*"))  # None: acceptable, but anything else is better
    is_best = weights.get(best, others) > 0 and weights.get(best, others) >= (none or 0)
    return Coding(best, none == 0) if is_best else Coding()


def compressed(parts: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The parts of a body, encoded."""
    if not encoding:
        yield from parts
        return
    compressor = _COMPRESSORS[encoding]()
    for part in parts:
        if done := compressor.compress(part):
            yield done
    yield compressor.flush()
