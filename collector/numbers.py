"""Which stored values count as numbers, and which as figures. Pure."""

from typing import Any, TypeGuard

LARGEST = 2.0**63  # beyond BSON's whole numbers; sums of larger numbers overflow


def is_figure(value: Any) -> TypeGuard[float]:
    """Whether it is a finite number of a size that counts something; flags are numbers, NaN is not."""
    return isinstance(value, int | float) and abs(value) <= LARGEST


def is_number(value: Any) -> TypeGuard[float]:
    """Whether it is a number, NaN too; flags are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)
