"""Which stored values count as figures. Pure."""

from typing import Any, TypeGuard

LARGEST = 2.0**63  # beyond BSON's whole numbers; sums of larger numbers overflow


def is_figure(value: Any) -> TypeGuard[float]:
    """Whether it is a finite number of a size that counts something; flags are numbers, NaN is not."""
    return isinstance(value, int | float) and abs(value) <= LARGEST
