"""Owns the number of roles."""

from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.expressions import among, total
from collector.statistics.reading import Cost, Statistic, Subject, Unit, Values

roles = Subject("roles", "Roles and their assignments.")

SUBSCRIPTIONS, USERS = "Subscriptions", "Users"


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
    by = {"scope": among("$scope", (SUBSCRIPTIONS, USERS)), "protected": among("$protected", (False,))}
    rows = sources.workspace.groups(Collection.ROLES, {}, by=by)
    return {
        "totalSubscriptionRoles": total(rows, scope=SUBSCRIPTIONS),
        "totalUserRoles": total(rows, scope=USERS),
        "totalCustomRoles": total(rows, protected=False),
    }
