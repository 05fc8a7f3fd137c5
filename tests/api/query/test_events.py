"""The parameters of statistics.events."""

from datetime import timedelta

import pytest

from api.query.events import COUNT, EventsQuery, parse
from api.query.listing import BadQueryError
from tests.factories import NOW


def query(**given: str) -> EventsQuery:
    return parse(given, "Europe/Berlin", NOW)


def test_by_default_it_is_the_last_thirty_days() -> None:
    assert query() == query(start="", end="", count="", offset="") == EventsQuery(NOW - timedelta(days=30), NOW)


def test_times_are_those_of_a_series() -> None:
    found = query(start="2024-03-01", end="-1d")

    assert f"{found.start:%Y-%m-%dT%H:%MZ}" == "2024-02-29T23:00Z"
    assert found.end == NOW - timedelta(days=1)


def test_a_page_has_count_and_offset() -> None:
    assert (query().offset, query().count) == (0, COUNT)
    assert (query(offset="20", count="10").offset, query(offset="20", count="10").count) == (20, 10)


@pytest.mark.parametrize(
    ("given", "parameter"),
    [
        ({"start": "yesterday"}, "start"),
        ({"end": "-1x"}, "end"),
        ({"start": "now"}, "start"),
        ({"start": "-1d", "end": "-2d"}, "start"),
        ({"count": "0"}, "count"),
        ({"count": "1001"}, "count"),
        ({"count": "-1"}, "count"),
        ({"count": "9" * 5000}, "count"),
        ({"count": "²"}, "count"),
        ({"offset": "many"}, "offset"),
        ({"offset": "1.5"}, "offset"),
    ],
)
def test_an_invalid_parameter_is_named(given: dict[str, str], parameter: str) -> None:
    with pytest.raises(BadQueryError) as refused:
        query(**given)
    assert refused.value.parameter == parameter
