"""The vocabulary: what a declaration must say."""

import pytest

from collector.statistics.reading import Cost, Reading, Statistic, Unit
from collector.statistics.subject import Subject
from tests.factories import some_reading


def test_a_reading_has_the_time_limit_of_its_cost_unless_it_names_one() -> None:
    assert some_reading(lambda _: {}, cost=Cost.INDEXED).limit == Cost.INDEXED.limit
    assert some_reading(lambda _: {}, limit=2.5).limit == 2.5


@pytest.mark.parametrize(("cost", "reason"), [(Cost.SCAN, ""), (Cost.INDEXED, "because")])
def test_a_scan_and_only_a_scan_states_its_reason(cost: Cost, reason: str) -> None:
    with pytest.raises(ValueError, match="expected a reason"):
        Reading("r", (), "nowhere", cost, lambda _: {}, reason)


def test_a_subject_keeps_its_readings_in_the_order_of_their_declaration() -> None:
    subject = Subject("s", "Made up.")
    for name in ("b", "a"):
        subject.reads(name, Statistic(name, "Made up.", Unit.NUMBER), source="nowhere", cost=Cost.FREE)(lambda _: {})

    assert [reading.name for reading in subject] == ["b", "a"]
