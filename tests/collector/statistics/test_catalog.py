"""All that is read, and the dictionary of it."""

from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from collector.statistics import catalog
from collector.statistics.catalog import READINGS, STATISTICS, SUBJECTS, dictionary
from collector.statistics.reading import of_release
from collector.statistics.releases import NEWEST, Release

DICTIONARY = Path(catalog.__file__).parent / "README.md"
DECLARATIONS = Path(catalog.__file__).parent / "subjects"

SPANS = {statistic.releases for statistic in STATISTICS}
BOUNDARIES = sorted({NEWEST, *(end for span in SPANS for end in (span.since, span.before) if end)})
"""Each release that has other definitions than the one before it."""


def test_the_dictionary_beside_the_declarations_is_current() -> None:
    assert DICTIONARY.read_text(encoding="utf-8") == dictionary(), "run: rcstats dictionary > " + str(DICTIONARY)


def test_every_statistic_has_its_line_in_the_dictionary() -> None:
    lines = dictionary().splitlines()

    for statistic in STATISTICS:
        start, end = f"| `{statistic.key}` | {statistic.meaning} |", f"| {statistic.releases} |"
        assert sum(line.startswith(start) and line.endswith(end) for line in lines) == 1


@pytest.mark.parametrize("release", BOUNDARIES, ids=str)
def test_every_reading_and_every_statistic_is_declared_once_in_a_release(release: Release) -> None:
    readings = of_release(READINGS, release)
    keys = (f"statistic {one.key}" for reading in readings for one in reading.statistics)
    names = Counter([*(reading.name for reading in readings), *keys])

    assert [name for name, times in names.items() if times > 1] == []


def test_the_definitions_of_a_statistic_do_not_overlap() -> None:
    pairs = [(one, other) for one, other in combinations(STATISTICS, 2) if one.key == other.key]

    assert len(pairs) > 3
    assert [one.key for one, other in pairs if one.releases.overlaps(other.releases)] == []


def test_the_dictionary_of_a_release_has_its_statistics_by_their_definition_there() -> None:
    earlier, later = (dictionary(release).splitlines() for release in (Release(7, 10), Release(8)))

    assert [line for line in later if line.startswith("## voip")] == []
    key = "| `contactVerification.totalVerifiedContacts` |"
    assert [line.split(" | ")[1] for line in (*earlier, *later) if line.startswith(key)] == [
        "Contacts that are marked as known.",
        "Contacts with a verified channel.",
    ]


def test_meanings_are_sentences() -> None:
    assert all(s.meaning[0].isupper() and s.meaning.endswith(".") for s in STATISTICS)
    assert all(subject.title.endswith(".") for subject in SUBJECTS)


def test_every_file_of_declarations_is_in_the_catalogue() -> None:
    files = {file.stem for file in DECLARATIONS.glob("*.py")} - {"__init__"}

    assert files == {subject.name for subject in SUBJECTS}
