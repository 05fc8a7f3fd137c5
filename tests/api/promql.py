"""A little of PromQL, by a parser of its whole grammar: what a query selects, and the maximum of it."""

import re
from collections.abc import Iterable, Mapping

import promql_parser
from prometheus_client.samples import Sample
from promql_parser import AggregateExpr, Expr, Matcher, MatchOp, VectorSelector

_VARIABLE = re.compile(r"\[\$\w+\]")


def selectors(query: str) -> list[VectorSelector]:
    """The vector selectors of a query, which may have Grafana's variables.

    Raises:
        ValueError: it is not PromQL.
    """
    found: list[VectorSelector] = []

    def visit(part: Expr) -> None:
        if isinstance(part, VectorSelector):
            found.append(part)

    promql_parser.walk(promql_parser.parse(_VARIABLE.sub("[5m]", query)), visit)
    return found


def names(query: str) -> set[str]:
    """The names of the metrics that a query asks for."""
    return {str(selector.name) for selector in selectors(query)}


def names_within_extremes(query: str) -> set[str]:
    """Those of them whose series are reduced to the highest or lowest one, if several are equal but for the target."""
    found: set[str] = set()

    def visit(part: Expr) -> None:
        if isinstance(part, AggregateExpr) and part.prettify().startswith(("max", "min")):
            found.update(names(part.prettify()))

    promql_parser.walk(promql_parser.parse(_VARIABLE.sub("[5m]", query)), visit)
    return found


def maximum(query: str, samples: Iterable[Sample]) -> float | None:
    """The value of `max(…)` over one selector; None if nothing matches. A variable of Grafana stands for all values."""
    whole = promql_parser.parse(query)
    assert isinstance(whole, AggregateExpr)
    assert whole.prettify().startswith("max(")
    (selector,) = selectors(query)
    return max((sample.value for sample in samples if matches(selector, sample)), default=None)


def matches(selector: VectorSelector, sample: Sample) -> bool:
    return sample.name == selector.name and all(
        _is_met(matcher, sample.labels) for matcher in selector.matchers.matchers
    )


def _is_met(matcher: Matcher, labels: Mapping[str, str]) -> bool:
    value, wanted = labels.get(matcher.name, ""), matcher.value
    if wanted.startswith("$"):
        return bool(value)
    # Tuples, as a MatchOp cannot be hashed.
    is_found = re.fullmatch(wanted, value) if matcher.op in (MatchOp.Re, MatchOp.NotRe) else value == wanted
    return bool(is_found) == (matcher.op in (MatchOp.Re, MatchOp.Equal))
