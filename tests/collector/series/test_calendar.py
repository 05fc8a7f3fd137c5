"""The calendar in buckets of equal width."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from collector.errors import RcstatsError
from collector.series.calendar import CalendarGrid
from tests.collector.history.backfill.two_weeks import BERLIN, Db


def test_points_lie_on_the_calendar_of_the_zone_also_where_clocks_change() -> None:
    spring = CalendarGrid.parse("1d", BERLIN).between(
        datetime(2024, 3, 30, tzinfo=BERLIN), datetime(2024, 4, 2, tzinfo=BERLIN)
    )
    autumn = CalendarGrid.parse("1d", BERLIN).between(
        datetime(2024, 10, 27, tzinfo=BERLIN), datetime(2024, 10, 28, tzinfo=BERLIN)
    )
    hours = CalendarGrid.parse("1h", BERLIN).between(
        datetime(2024, 10, 27, tzinfo=BERLIN), datetime(2024, 10, 28, tzinfo=BERLIN)
    )

    assert [bucket.end.astimezone(UTC).hour for bucket in spring] == [23, 22, 22]
    assert [(bucket.end - bucket.start) / timedelta(hours=1) for bucket in (*spring, *autumn)] == [24, 23, 24, 25]
    assert len(hours) == 25


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Apia"])
@pytest.mark.parametrize("every", ["1h", "6h", "1d", "3d", "1w", "2w", "1mo", "5mo"])
def test_buckets_are_those_of_the_series(real_database: Db, zone: str, every: str) -> None:
    real_database["one"].insert_one({})
    grid = CalendarGrid.parse(every, ZoneInfo(zone))
    begin = datetime(2018, 10, 20, tzinfo=UTC)
    length = {"hour": 20, "day": 60, "week": 300, "month": 2000}[grid.unit]
    buckets = grid.between(begin, begin + timedelta(days=length))
    moments = [moment for bucket in buckets for moment in (bucket.start, bucket.last)]
    dates = {
        "$map": {
            "input": moments,
            "in": {
                "$dateTrunc": {
                    "date": "$$this",
                    "unit": grid.unit,
                    "binSize": grid.size,
                    "timezone": zone,
                    "startOfWeek": "monday",
                }
            },
        }
    }
    (row,) = real_database["one"].aggregate([{"$project": {"starts": dates}}])

    assert len(buckets) > 5
    assert row["starts"] == [bucket.start for bucket in buckets for _ in range(2)]


@pytest.mark.parametrize("every", ["often", "1m", "0d", "1", "d", "-1d", "1y", "1d "])
def test_an_unknown_width_is_refused(every: str) -> None:
    with pytest.raises(RcstatsError, match="expected a number and one of h, d, w, mo"):
        CalendarGrid.parse(every, BERLIN)
