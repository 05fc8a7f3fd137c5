"""Owns the content encodings of responses."""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

import zstandard

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

# Parts of an Accept-Encoding header that are read; browsers send fewer than ten.
MOST_ACCEPTED = 32


def chosen(accepted: str) -> str:
    """The encoding of the response, by the value of an Accept-Encoding header; '' for none.

    Only the first MOST_ACCEPTED of its parts are read.
    """
    if not accepted:
        return ""
    weights = dict(_weight(part) for part in accepted.lower().split(",", MOST_ACCEPTED)[:MOST_ACCEPTED])
    return next((name for name in _COMPRESSORS if weights.get(name, weights.get("*", 0.0)) > 0), "")


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


def _weight(part: str) -> tuple[str, float]:
    """An encoding and its q: 1 if missing, 0 if it is not a number."""
    name, _, parameter = part.partition(";")
    _, _, q = parameter.partition("q=")
    try:
        return name.strip(), float(q) if parameter else 1.0
    except ValueError:
        return name.strip(), 0.0
