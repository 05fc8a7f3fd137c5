"""Compares a document of ours with the recount of its workspace, leaf by leaf."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from collector.key_paths import Document, at
from collector.statistics.catalog import SUBJECTS
from collector.statistics.releases import NULLS, Release
from tests.oracle.documents import UNDEFINED, Allowed, Counts
from tests.oracle.whole import is_elsewhere
from tests.releases import names

MISSING = "no key"
FOLDER = Path(__file__).parent


def differences(document: Document, expected: Counts, release: Release) -> dict[str, tuple[Any, Any]]:
    """By path, what ours is and what the recount gives; {} if all leaves are right, and there are no others."""
    found = {path: value for path, value in names.of_document(document).items() if not is_elsewhere(path)}
    bare = {path for path, value in found.items() if value == {} and is_bare(path, expected, release)}
    paths = (found.keys() | expected.keys()) - bare
    pairs = {path: (found.get(path, MISSING), expected.get(path, MISSING)) for path in sorted(paths)}
    return {path: pair for path, pair in pairs.items() if not is_right(document, path, pair, release)}


def to_do(found: Mapping[str, tuple[Any, Any]]) -> str:
    """Where to recount the statistics that have no recount yet."""
    lacking = {path: file_of(path) for path, (_, expected) in found.items() if expected is MISSING}
    return "".join(f"recount {path} in {file}\n" for path, file in lacking.items())


def file_of(path: str) -> str:
    """The file that recounts the subject of a statistic."""
    keys = {s.key: subject.name for subject in SUBJECTS for reading in subject for s in reading.statistics}
    name = next((keys[whole] for whole in (path, *wholes(path)) if whole in keys), "")
    own = FOLDER / f"{name}.py"
    return f"tests/oracle/{own.name if own.exists() else ''}"


def wholes(path: str) -> Iterator[str]:
    """The paths above this one."""
    parts = path.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))


def is_bare(path: str, expected: Counts, release: Release) -> bool:
    """Whether it is a document that stays although nothing in it has a value, as before 7.4."""
    inside = [value for key, value in expected.items() if key.startswith(f"{path}.")]
    return release < NULLS and UNDEFINED in inside


def is_right(document: Document, path: str, pair: tuple[Any, Any], release: Release) -> bool:
    ours, expected = pair
    if expected is UNDEFINED:
        return ours is None if release >= NULLS else ours is MISSING
    if expected is None and release < NULLS and ours is MISSING:  # ours has no null but of rooms before 7.4
        return path not in names.NULL_IN_EVERY_RELEASE
    if not isinstance(expected, Allowed):
        return equal(ours, expected, release)
    if ours is MISSING:
        is_no_null = release < NULLS and None in expected.values
        return expected.absent and (is_no_null or is_explained(document, path))
    return any(equal(ours, value, release) for value in expected.values)


def is_explained(document: Document, path: str) -> bool:
    return isinstance(at(document, f"collector.unavailable.{path}"), str)


def equal(ours: Any, expected: Any, release: Release) -> bool:
    return bool(comparable(ours, release) == comparable(expected, release))


def comparable(value: Any, release: Release, *, in_list: bool = False) -> Any:
    """A value in which neither the order of a list nor the kind of a number counts, nor a null within a list's row."""
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if item is not None or (release >= NULLS and not in_list)}
        return {key: comparable(item, release, in_list=in_list) for key, item in kept.items()}
    if isinstance(value, list):
        return sorted((comparable(item, release, in_list=True) for item in value), key=as_text)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(f"{value:.12g}")
    return value


def as_text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
