"""Releases of Rocket.Chat, and spans of them."""

import pytest

from collector.statistics.releases import ALL, NEWEST, Release, before, release_of, since


@pytest.mark.parametrize(
    ("version", "release"),
    [
        ("8.6.1", Release(8, 6, 1)),
        ("8.7.0-rc.3", Release(8, 7)),
        ("9.1.0-develop", Release(9, 1)),
        ("6.12", Release(6, 12)),
        ("0.61.0-develop", Release(0, 61)),
        ("latest", None),
        ("", None),
        ("8", None),
        ("8.6.1.2", None),
        ("99999.1", None),
        (8.6, None),
        (None, None),
    ],
)
def test_a_version_is_a_release_or_none(version: object, release: Release | None) -> None:
    assert Release.parse(version) == release


def test_without_a_known_version_the_release_is_the_newest() -> None:
    assert release_of("8.6.1") == Release(8, 6, 1)
    assert release_of("latest") == release_of(None) == NEWEST


def test_releases_are_ordered_by_their_numbers() -> None:
    assert Release(7, 10) > Release(7, 9, 3) > Release(7, 9) > Release(6, 12)


def test_a_span_has_its_beginning_and_not_its_end() -> None:
    span = since("7.2", before="8.0")

    assert Release(7, 2) in span
    assert Release(7, 10, 5) in span
    assert Release(7, 1, 9) not in span
    assert Release(8, 0) not in span
    assert all(release in ALL for release in (Release(0, 61), Release(99)))


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (before("8.0"), since("8.0"), False),
        (before("8.0"), since("7.9"), True),
        (since("7.2", before="7.4"), since("7.3"), True),
        (since("7.2"), ALL, True),
        (since("7.2", before="7.4"), since("7.4", before="8.0"), False),
    ],
)
def test_two_spans_overlap_or_do_not(one: object, other: object, both: bool) -> None:
    assert one.overlaps(other) is both  # type: ignore[attr-defined]
    assert other.overlaps(one) is both  # type: ignore[attr-defined]


def test_a_span_is_told_in_words() -> None:
    assert [str(span) for span in (ALL, since("7.2"), before("8.0"), since("7.3", before="8.0"))] == [
        "",
        "7.2 and newer",
        "before 8.0",
        "7.3 to before 8.0",
    ]
