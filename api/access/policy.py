"""Owns the workspace's API policy: page limits, origins and the rate limit."""

from dataclasses import dataclass
from functools import cached_property

from api.access import cors, rate_limit
from api.access.cors import Origins
from api.access.rate_limit import CallLimit
from api.query.listing import PAGE_SETTINGS, PageLimits
from collector.sources.rocketchat import RocketChat


@dataclass(frozen=True)
class ApiPolicy:
    """The policy at a moment."""

    workspace: str
    release: str | None
    pages: PageLimits
    origins: Origins
    calls: CallLimit

    @cached_property
    def key(self) -> str:
        """The part of the policy that responses depend on; stable across restarts."""
        return repr((self.workspace, self.release, self.pages))

    @classmethod
    def read(cls, workspace: RocketChat) -> "ApiPolicy":
        settings = workspace.values(*PAGE_SETTINGS, *cors.SETTINGS, *rate_limit.SETTINGS)
        return cls(
            workspace.identity(),
            workspace.release(),
            PageLimits.of(settings),
            Origins.of(settings),
            CallLimit.of(settings),
        )
