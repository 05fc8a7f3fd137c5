"""All that is read, and the dictionary of it."""

from collections import Counter
from pathlib import Path

from collector.statistics import catalog
from collector.statistics.catalog import READINGS, STATISTICS, SUBJECTS, dictionary

DICTIONARY = Path(catalog.__file__).parent / "README.md"
DECLARATIONS = Path(catalog.__file__).parent / "subjects"


def test_the_dictionary_beside_the_declarations_is_current() -> None:
    assert DICTIONARY.read_text(encoding="utf-8") == dictionary(), "run: rcstats dictionary > " + str(DICTIONARY)


def test_every_statistic_has_its_line_in_the_dictionary() -> None:
    lines = dictionary().splitlines()

    for statistic in STATISTICS:
        assert sum(line.startswith(f"| `{statistic.key}` |") for line in lines) == 1


def test_every_reading_and_every_statistic_is_declared_once() -> None:
    names = Counter([*(reading.name for reading in READINGS), *(f"statistic {one.key}" for one in STATISTICS)])

    assert [name for name, times in names.items() if times > 1] == []


def test_meanings_are_sentences() -> None:
    assert all(s.meaning[0].isupper() and s.meaning.endswith(".") for s in STATISTICS)
    assert all(subject.title.endswith(".") for subject in SUBJECTS)


def test_every_file_of_declarations_is_in_the_catalogue() -> None:
    files = {file.stem for file in DECLARATIONS.glob("*.py")} - {"__init__"}

    assert files == {subject.name for subject in SUBJECTS}
