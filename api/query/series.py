"""Owns the parameters and the response of statistics.series. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from api.query.listing import BadQueryError, served
from api.rendering import bson_json
from collector.series.misspellings import meant
from collector.series.parameters import series_query
from collector.series.pipeline import SeriesQuery

Row = Mapping[str, Any]


def parse(given: Mapping[str, str], zone: str, now: datetime) -> SeriesQuery:
    """The parameters of a series; `zone` is the collector's own.

    Raises:
        BadQueryError: a parameter is invalid.
    """
    return served(given, lambda: series_query(given, zone, now))


def checked(query: SeriesQuery, rows: Iterable[Row], keys: Collection[str]) -> Iterable[Row]:
    """The rows; `keys` are the statistics.

    Raises:
        BadQueryError: a field is alike to a statistic, and no row has a value of it.
    """
    doubtful = {f"v{n}": (path, key) for n, path in enumerate(query.fields) if (key := meant(path, keys))}
    if not doubtful:
        return rows
    found = list(rows)
    for name, (path, key) in doubtful.items():
        if all(row.get(name) is None for row in found):
            raise BadQueryError("fields", ",".join(query.fields), f"{path} is not a statistic; did you mean {key}?")
    return found


def columns(query: SeriesQuery, rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """{at: […], series: {path: […]}, …}: the start of each bucket that contains snapshots, and its values.

    Rows are read and columns yielded one by one, so that a long response does not block others.
    """
    at: list[Any] = []
    series: list[list[Any]] = [[] for _ in query.fields]
    for row in rows:
        at.append(row["_id"])
        for n, values in enumerate(series):
            values.append(row.get(f"v{n}"))
    yield b'{"at":' + _array(at) + b',"series":{'
    for n, (path, values) in enumerate(zip(query.fields, series, strict=True)):
        yield (b"," if n else b"") + orjson.dumps(path) + b":" + _array(values)
    about = {"every": f"{query.size}{query.every.letters}", "how": query.how.value, "timezone": query.zone}
    span = {"start": query.start, "end": query.end, "count": len(at)}
    yield b"}," + bson_json.document(about | span)[1:]


def _array(values: list[Any]) -> bytes:
    """The list as JSON."""
    return bson_json.item({"": values}).removeprefix(b'{"":')[:-1]


def records(query: SeriesQuery, rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """One document per bucket: {at, and the values by path}."""
    for row in rows:
        yield bson_json.plain({"at": row["_id"]} | {path: row.get(f"v{n}") for n, path in enumerate(query.fields)})
