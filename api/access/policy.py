"""What the workspace's administrators have decided about its API: pages, origins, who may read, and how often."""

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
    """The rules of a moment; `readers` and `unlimited` are roles."""

    workspace: str
    release: str | None
    pages: PageLimits
    origins: Origins
    readers: frozenset[str]
    unlimited: frozenset[str]

    @cached_property
    def key(self) -> str:
        """The rules that an answer depends on: equal ones have equal keys, also after a restart."""
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
