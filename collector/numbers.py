"""Owns the definitions of a number and of a figure among stored values. Pure."""

from typing import Any, TypeGuard

LARGEST = 2.0**63  # beyond BSON's integers; sums of larger numbers overflow


def is_figure(value: Any) -> TypeGuard[float]:
    """Whether a value is a finite number of plausible size; flags are figures, NaN is not."""
    return isinstance(value, int | float) and abs(value) <= LARGEST


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a value is a number, NaN included; flags are not numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool)
