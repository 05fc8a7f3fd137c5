"""Owns the workspace's API policy: page limits, origins, and roles with permissions."""

from dataclasses import dataclass
from functools import cached_property

from api.access import cors
from api.access.cors import Origins
from api.query.listing import PAGE_SETTINGS, PageLimits
from collector.sources.rocketchat import RocketChat

VIEW = "view-statistics"
UNLIMITED = "api-bypass-rate-limit"


@dataclass(frozen=True)
class ApiPolicy:
    """The policy at a moment; `readers` and `unlimited` are roles."""

    workspace: str
    release: str | None
    pages: PageLimits
    origins: Origins
    readers: frozenset[str]
    unlimited: frozenset[str]

    @cached_property
    def key(self) -> str:
        """The part of the policy that responses depend on; stable across restarts."""
        return repr((self.workspace, self.release, self.pages))

    @classmethod
    def read(cls, workspace: RocketChat) -> "ApiPolicy":
        settings = workspace.values(*PAGE_SETTINGS, *cors.SETTINGS)
        roles = workspace.permitted_roles(VIEW, UNLIMITED)
        return cls(
            workspace.identity(),
            workspace.release(),
            PageLimits.of(settings),
            Origins.of(settings),
            frozenset(roles[VIEW]),
            frozenset(roles[UNLIMITED]),
        )
