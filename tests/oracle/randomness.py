"""Draws documents at random from lists of what each of their fields may be; MISSING leaves a field out."""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from collector.key_paths import Document

MISSING = object()
FLAG = (True, True, False, None, MISSING, "true")
"""What may stand where a yes or no belongs; no numbers, which mongomock takes for them."""

Choices = Mapping[str, Sequence[Any]]
"""What each field may be; what is listed twice comes twice as often."""


def draw(random: Random, choices: Choices) -> Document:
    chosen = {name: random.choice(values) for name, values in choices.items()}
    return {name: value for name, value in chosen.items() if value is not MISSING}


def some(random: Random, make: Callable[[int], Document], most: int = 15) -> list[Document]:
    """None, one or several documents; each is made of its own number."""
    size = random.choice([0, 1, *range(2, most + 1)])
    return [make(number) for number in range(size)]


def some_drawn(random: Random, choices: Choices) -> list[Document]:
    return some(random, lambda number: {"_id": f"{number}"} | draw(random, choices))
