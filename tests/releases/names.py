"""The names of the server's statistics document in each release, read from the table `names.txt` beside this file."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collector.key_paths import Document
from collector.statistics.releases import ALL, NULLS, Release, Span, before, since

TABLE = Path(__file__).with_name("names.txt")

RELEASES = tuple(Release(*numbers) for numbers in ((6, 12), (7, 2), (7, 10), (8, 6), (8, 9), (9, 0)))
"""The releases that tests go through."""

NULL_IN_EVERY_RELEASE = frozenset({"matrixFederation.biggestRoom", "matrixFederation.smallestRoom"})
"""Null without a federated room; all other nulls are values that the server lacks, which began with 7.4."""


@dataclass(frozen=True)
class Name:
    """One leaf of the document; `undefined_in` are the releases in which a fresh workspace has no value for it."""

    path: str
    span: Span
    undefined_in: Span | None
    conditions: frozenset[str]
    flags: frozenset[str]

    def is_in(self, release: Release, conditions: Collection[str]) -> bool:
        return release in self.span and self.conditions.issubset(conditions)


def _rows() -> Iterator[Name]:
    for line in TABLE.read_text().splitlines():
        if cells := line.partition("#")[0].split():
            yield _name(cells[0], cells[1:])


def _name(path: str, rules: list[str]) -> Name:
    pairs = [rule.partition(":")[::2] for rule in rules]
    bounds = {key: value for key, value in pairs if key in {"since", "before"}}
    conditions = frozenset(value for key, value in pairs if key == "with")
    flags = frozenset(key for key, value in pairs if not value)
    from_on = next((since(value) for key, value in pairs if key == "null-since"), None)
    return Name(path, _span(bounds), ALL if "null" in flags else from_on, conditions, flags - {"null"})


def _span(bounds: dict[str, str]) -> Span:
    if "since" in bounds:
        return since(bounds["since"], before=bounds.get("before", ""))
    return before(bounds["before"]) if "before" in bounds else ALL


NAMES = tuple(_rows())


def of_server(release: Release, conditions: Collection[str] = ()) -> set[str]:
    """The leaves of the server's own document; `conditions` are the licence's modules and what else the table names."""
    return {name.path for name in NAMES if name.is_in(release, conditions) and "ours" not in name.flags}


def of_ours(release: Release, conditions: Collection[str] = ()) -> set[str]:
    """The leaves of our document of the same workspace, without those under `collector`."""
    return {name.path for name in NAMES if name.is_in(release, conditions) and "hidden" not in name.flags}


def undefined(release: Release, conditions: Collection[str] = ()) -> set[str]:
    """The leaves for which the server of a fresh workspace has no value."""
    names = [name for name in NAMES if name.is_in(release, conditions) and name.undefined_in]
    return {name.path for name in names if name.undefined_in and release in name.undefined_in}


def null(release: Release, undefined: Collection[str]) -> set[str]:
    """Those of the undefined leaves that a document of this release has as null."""
    return set(undefined) if release >= NULLS else set(undefined) & NULL_IN_EVERY_RELEASE


def present(release: Release, paths: Collection[str], undefined: Collection[str]) -> set[str]:
    """The leaves that remain of a document in which these have no value: before 7.4 only their parents stay."""
    gone = set(undefined) - null(release, undefined)
    kept = set(paths) - gone
    return kept | {parent for path in gone & set(paths) for parent in _bare_parents(path, kept)}


def _bare_parents(path: str, kept: set[str]) -> Iterator[str]:
    """The innermost document around a leaf that is gone, if nothing else is in it."""
    parent = path.rpartition(".")[0]
    if parent and not any(other.startswith(f"{parent}.") for other in kept):
        yield parent


_WHOLE = frozenset(name.path for name in NAMES)


def of_document(document: Document) -> dict[str, Any]:
    """The leaves of a document, by the rules of the table; those under `collector` are left out."""
    return dict(leaves({key: value for key, value in document.items() if key != "collector"}))


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of the value at a path."""
    if path in _WHOLE or not isinstance(value, dict) or not value:
        yield path, value
        return
    for key, item in value.items():
        yield from leaves(item, f"{path}.{key}" if path else key)
