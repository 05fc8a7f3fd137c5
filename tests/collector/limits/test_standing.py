"""How near the limits of a snapshot are."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from collector.key_paths import Document
from collector.limits.standing import DEFAULT_THRESHOLDS, Standing, State, Thresholds, standings
from tests.factories import NOW, snapshot

TEXTS = {"source": "somewhere", "certainty": "certain"}


def number(name: str = "seats", used: Any = 40, allowed: Any = 50, **over: Any) -> Document:
    return (
        {"name": name, "used": used, "allowed": allowed, "left": max(allowed - used, 0), "unit": "users"} | TEXTS | over
    )


def date(name: str = "licence", left: float = 20) -> Document:
    return {"name": name, "date": NOW + timedelta(days=left), "left": left, "unit": "days"} | TEXTS


def of(*limits: Any, seats: int = 0, thresholds: Thresholds = DEFAULT_THRESHOLDS) -> list[Standing]:
    """The standings of these limits, where seats grow by this many a day."""
    days = range(70)
    rows = [{"_id": NOW.replace(hour=0) - timedelta(days=day), "v0": 40 - seats * day} for day in reversed(days)]
    document = snapshot() | {"collector": {"limits": list(limits)}}
    return standings(document, lambda _: rows if seats else [], ZoneInfo("UTC"), thresholds)


@pytest.mark.parametrize(
    ("limit", "state"),
    [
        (number(used=39), State.OK),
        (number(used=40), State.WARNING),
        (number(used=47), State.WARNING),
        (number(used=48), State.CRITICAL),
        (number(used=50), State.REACHED),
        (number(used=60), State.REACHED),
        (number(used=0, allowed=0), State.OK),
        (number(used=1, allowed=0), State.REACHED),
        (number("connections", used=10, allowed=200, left=0), State.REACHED),
        (date(left=31), State.OK),
        (date(left=30), State.WARNING),
        (date(left=8), State.WARNING),
        (date(left=7), State.CRITICAL),
        (date(left=1), State.CRITICAL),
        (date(left=0), State.REACHED),
        (date("lockOut", left=10), State.OK),
        (date("lockOut", left=7), State.WARNING),
        (date("lockOut", left=3), State.CRITICAL),
        (date("lockOut", left=0), State.REACHED),
    ],
    ids=str,
)
def test_a_limit_is_near_from_its_threshold_on(limit: Document, state: State) -> None:
    (found,) = of(limit)

    assert found.state is state


def test_thresholds_can_be_set() -> None:
    near = Thresholds(warning=50, critical=60, warning_days=100, critical_days=90)

    assert [one.state for one in of(number(used=25), date(left=90), thresholds=near)] == ["critical", "warning"]


def test_the_nearest_limit_comes_first() -> None:
    limits = [
        number("guests", used=10),
        date("support", left=200),
        date("licence", left=100),
        number("contacts", used=20),
        date("serverStatistics", left=5),
        number("uploads", used=60),
    ]

    assert [one.name for one in of(*limits)] == [
        "uploads",
        "serverStatistics",
        "licence",
        "support",
        "contacts",
        "guests",
    ]


def test_a_limit_that_growth_reaches_soon_comes_before_a_later_date() -> None:
    seats, licence = of(date(left=100), number(used=39), seats=2)

    assert (seats.name, licence.name) == ("seats", "licence")
    assert str(seats) == "Seats: 39 of 50 used, reached about 2024-03-20 (2024-03-20 to 2024-03-20) if growth continues"
    assert str(licence) == "End of the licence: in 100 days, on 2024-06-23"


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (date(left=1), "End of the licence: in 1 day, on 2024-03-16"),
        (date(left=0), "End of the licence: has come"),
        (date("mongodbSupport", left=0) | {"date": None}, "End of support of MongoDB: has come"),
        (number("uploads", 2**30, 3 * 2**30, unit="bytes"), "Storage of uploads: 1.0 GiB of 3.0 GiB used"),
        (number(used=1200, allowed=5000), "Seats: 1,200 of 5,000 used"),
    ],
    ids=str,
)
def test_a_limit_is_told_in_one_line(limit: Document, text: str) -> None:
    (found,) = of({key: value for key, value in limit.items() if value is not None})

    assert str(found) == text


FOREIGN: list[Any] = [
    7,
    None,
    [],
    {},
    {"name": ["seats"]},
    number("unheard"),
    number(allowed=50, used=1) | {"used": "1"},
    number() | {"left": None},
    number() | {"left": float("nan")},
    number() | {"unit": 7},
    number() | {"source": None},
    number() | {"allowed": None},
    date() | {"date": "tomorrow"},
]


@pytest.mark.parametrize("limit", FOREIGN, ids=str)
def test_a_foreign_limit_is_ignored(limit: Any) -> None:
    assert [one.name for one in of(limit, number("guests"))] == ["guests"]


@pytest.mark.parametrize(
    "document", [None, {}, snapshot(), {"createdAt": 7, "collector": {"limits": [number()]}}], ids=str
)
def test_a_snapshot_without_limits_has_none(document: Any) -> None:
    assert standings(document, lambda _: [], ZoneInfo("UTC")) == []
