"""Owns the number of roles."""

from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.expressions import each, equals
from collector.statistics.reading import Cost, Statistic, Unit
from collector.statistics.subject import Subject
from collector.statistics.values import Values

roles = Subject("roles", "Roles and their assignments.")


@roles.reads(
    "roles",
    Statistic("totalSubscriptionRoles", "Roles that people have in a room.", Unit.NUMBER),
    Statistic("totalUserRoles", "Roles that people have in the workspace.", Unit.NUMBER),
    Statistic("totalCustomRoles", "Roles that are not protected: the workspace's own.", Unit.NUMBER),
    source="rocketchat_roles, one group over scope and protected",
    cost=Cost.SCAN,
    reason="Only _id is indexed; a workspace has few roles.",
)
def totals(sources: Sources) -> Values:
    sums = {
        "totalSubscriptionRoles": each(equals("$scope", "Subscriptions")),
        "totalUserRoles": each(equals("$scope", "Users")),
        "totalCustomRoles": each(equals("$protected", value=False)),
    }
    return sources.workspace.sums(Collection.ROLES, {}, sums)
