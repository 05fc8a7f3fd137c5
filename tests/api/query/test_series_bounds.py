"""statistics.series: what one request may cost."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import bson
import pytest
from starlette.testclient import TestClient

from api.query.listing import BadQueryError
from api.query.series import columns, parse
from collector.series.pipeline import SeriesQuery, expression, pipeline
from collector.series.widths import Every
from collector.store.snapshots import MOST_BYTES
from tests.api.query.test_series import ALL, SERIES, Db, asked
from tests.factories import NOW, hours, keep, snapshot

LONGEST = ".".join(["statistics", "0", "ab", "0", "ab", "0", "ab", "0", "ab", "ab", "ab", "x" * 150])[:200]
FORTY = ",".join(f"f{number:02}{LONGEST[3:]}" for number in range(40))


def parsed(**given: str) -> SeriesQuery:
    return parse({"fields": "totalUsers"} | given, "UTC", NOW)


def test_the_expression_of_a_path_grows_linearly_with_it() -> None:
    sizes = [len(bson.encode({"e": expression("a" + ".0" * numbers)})) for numbers in (5, 10, 20)]

    assert sizes[2] < 2.5 * sizes[1] < 6 * sizes[0]


@pytest.mark.parametrize("how", ["last", "mean", "delta"])
def test_the_largest_request_yields_a_small_pipeline_quickly(how: str) -> None:
    begun = time.perf_counter()
    size = len(bson.encode({"pipeline": pipeline({}, parsed(fields=FORTY, how=how))}))

    assert size < 150_000
    assert time.perf_counter() - begun < 0.5


def test_mongodb_accepts_the_largest_request(workspace: Db, admin: TestClient) -> None:
    keep(workspace, snapshot())

    assert list(asked(admin, FORTY, how="delta")["series"].values()) == [[None]] * 40


@pytest.mark.parametrize(
    "path",
    [
        "a" + ".0" * 22,
        "a.0.0.0.0.0",
        "a.0.b.1.c.2.d.3.e.4",
        "a.2147483648",
        "a.0000000001",
        "a.b.c.d.e.f.g.h.i.j.k.l.m",
        "a" * 201,
    ],
)
def test_a_path_beyond_the_limits_is_a_400_that_states_them(admin: TestClient, path: str) -> None:
    answer = admin.get(SERIES, params=ALL | {"fields": f"totalUsers,{path}"})

    assert answer.status_code == 400
    assert "at most 200 characters and 12 parts, of which at most 4 are numbers" in answer.json()["details"]["reason"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.0", 1),
        ("a.1.0.b.0", 7),
        ("a.1.0.b.1.0", 8),
        ("a.1.0.b", [7, [8]]),
        ("a.1.0.c.d", "deep"),
        ("a.0.0", None),
        ("a.1.0.b.0.0", None),
        ("a.b", []),
        ("n.0.0.0.0", 9),
        ("o.0.b.c.d.e.f.g.h.i.j.k", 10),
        ("o.999999999.b", None),
        ("p.²", 11),
        ("p.٣", 12),
    ],
)
def test_paths_reach_into_lists_of_lists(workspace: Db, admin: TestClient, path: str, value: Any) -> None:
    deep: Any = 10
    for name in "kjihgfedcb":
        deep = {name: deep}
    lists: dict[str, Any] = {
        "a": [1, [{"b": [7, [8]], "c": {"d": "deep"}}]],
        "n": [[[[9]]]],
        "o": [deep],
        "p": {"²": 11, "٣": 12},
    }
    keep(workspace, snapshot(**lists))

    assert asked(admin, path)["series"] == {path: [value]}


def test_more_values_than_half_a_million_are_refused() -> None:
    twelve = {"fields": ",".join(f"f{number}" for number in range(12)), "every": "1m"}

    assert len(parsed(**twelve, start="-28d").fields) == 12
    with pytest.raises(BadQueryError, match="12 fields in 43200 buckets are more than 500000 values") as error:
        parsed(**twelve, start="-30d")
    assert error.value.parameter == "every"


@pytest.mark.parametrize("form", ["json", "csv", "ndjson"])
def test_values_that_are_too_large_together_are_refused(workspace: Db, admin: TestClient, form: str) -> None:
    text = "x" * 2**20
    keep(workspace, *[snapshot(at=NOW - hours(hour), text=text) for hour in range(MOST_BYTES // 2**20)])

    answer = admin.get(SERIES, params=ALL | {"fields": "text", "every": "1h", "format": form})
    assert answer.status_code == 400
    assert "more than 16 MiB" in answer.json()["details"]["reason"]
    assert asked(admin, "text", every="1d")["count"] == 2


def test_a_response_is_built_column_by_column() -> None:
    """A part is made while nothing else runs: the larger it is, the longer all others wait."""
    start = datetime(2024, 3, 1, tzinfo=UTC)
    query = SeriesQuery(("a", "b.0", 'q"'), start, NOW, Every.HOUR)
    rows = ({"_id": start + timedelta(hours=n), "v0": n, "v1": n / 2, "v2": None} for n in range(100))

    assert len(list(columns(query, rows))) == 3 + 2


@pytest.mark.parametrize("form", ["json", "csv", "ndjson"])
@pytest.mark.parametrize("path", [SERIES, "/api/v1/statistics.list"])
def test_an_invalid_parameter_is_a_400_even_with_an_etag(admin: TestClient, path: str, form: str) -> None:
    bad = {"fields": "$a", "format": form}

    assert admin.get(path, params=bad, headers={"If-None-Match": "*"}).status_code == 400


@pytest.mark.parametrize("zone", ["a/" * 12_000 + "b", "a/" * 500 + "b", "x" * 65, "Europe\0/Berlin", "Europe/"])
def test_an_unknown_time_zone_is_a_400(admin: TestClient, zone: str) -> None:
    answer = admin.get(SERIES, params=ALL | {"fields": "totalUsers", "timezone": zone})

    assert answer.status_code == 400
    assert answer.json()["errorType"] == "error-invalid-timezone"
