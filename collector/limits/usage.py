"""Owns what is used of each limit: the statistic of the same snapshot that counts it. Pure."""

from collector.key_paths import Document, at, place
from collector.limits.limit import FIGURES, LIKELY
from collector.numbers import is_figure

NOT_KNOWN = "what is used is not known"


def complete(document: Document) -> None:
    """Adds `used` and `left` to the limits of a new snapshot, and leaves out those whose statistic is absent."""
    own = document["collector"]
    limits = {limit["name"]: _counted(limit, document) for limit in own.get("limits", ())}
    if unknown := [f"{name}: {NOT_KNOWN}" for name, limit in limits.items() if limit is None]:
        notes = [at(own, "notes.collector.limits"), *unknown]
        place(own, "notes.collector.limits", "; ".join(filter(None, notes)))
    if limits:
        own["limits"] = [limit for limit in limits.values() if limit is not None]


def _counted(limit: Document, document: Document) -> Document | None:
    """The limit with the number that is used of it; one that is a date has none."""
    if "allowed" not in limit:
        return limit
    paths = FIGURES[limit["name"]]
    figures = [at(document, path) for path in paths]
    if not all(is_figure(figure) for figure in figures):
        return None
    used = max(figures[0] - sum(figures[1:]), 0)
    counted = {
        "name": limit["name"],
        "used": used,
        "allowed": limit["allowed"],
        "left": max(limit["allowed"] - used, 0),
    }
    is_noted = any(at(document, f"collector.notes.{path}") for path in paths)
    return counted | limit | ({"certainty": LIKELY} if is_noted else {})
