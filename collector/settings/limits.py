"""The settings of limits: from where on they are near, and the storage for uploads."""

from functools import cached_property

from pydantic import Field
from pydantic_settings import BaseSettings

from collector.limits.standing import Thresholds
from collector.settings.types import CriticalDays, CriticalPercentage, Size


class LimitSettings(BaseSettings):
    """A part of `Settings`."""

    limit_warning: float = Field(
        default=80, gt=0, le=100, description="Percentage of a limit from which on `rcstats check` warns."
    )
    limit_critical: CriticalPercentage = Field(
        default=95, gt=0, le=100, description="Percentage of a limit from which on `rcstats check` is critical."
    )
    limit_warning_days: int = Field(
        default=30,
        ge=0,
        description="Days before a date, such as the end of the licence, from which on `rcstats check` "
        "warns. Of the lock-out it warns from 7 days on at most.",
    )
    limit_critical_days: CriticalDays = Field(
        default=7,
        ge=0,
        description="Days before a date from which on `rcstats check` is critical. Of the lock-out, it "
        "is so from 3 days on at most.",
    )
    uploads_size: Size | None = Field(
        default=None, description="Size of the storage for uploads, such as `500GiB`. Default: not limited."
    )

    @cached_property
    def thresholds(self) -> Thresholds:
        """From where on a limit is near."""
        return Thresholds(self.limit_warning, self.limit_critical, self.limit_warning_days, self.limit_critical_days)
