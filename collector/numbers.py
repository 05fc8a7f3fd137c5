"""Owns the definitions of a number, a figure and a whole number among stored values. Pure."""

from typing import Any, TypeGuard

LARGEST = 2.0**63  # beyond BSON's integers; sums of larger numbers overflow


def is_figure(value: Any) -> TypeGuard[float]:
    """Whether a value is a finite number of plausible size; flags are figures, NaN is not."""
    return isinstance(value, int | float) and abs(value) <= LARGEST


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a value is a number, NaN included; flags are not numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def whole(value: Any, default: int, *, least: int) -> int:
    """The whole part of a number from `least` to below 2**31; the default in place of anything else."""
    return int(value) if is_number(value) and least <= value < 2**31 else default
