"""Owns the gauges that Rocket.Chat's own exporter has too, by its names and labels, so that its dashboards run on ours.

Names that both have are one metric with the labels of both, see METRICS.md.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric

from api.routes.gauges import gauge, number
from collector.errors import DatabaseError
from collector.key_paths import Document
from collector.mongodb.connection import time_limit
from collector.sources.rocketchat import RocketChat

SITE_URL = "Site_Url"

# Help and key path of each gauge, none of which has a label.
GAUGES: Mapping[str, tuple[str, str]] = {
    "rocketchat_users_total": ("All accounts.", "totalUsers"),
    "rocketchat_users_active": ("Active accounts.", "activeUsers"),
    "rocketchat_users_non_active": ("Deactivated accounts.", "nonActiveUsers"),
    "rocketchat_users_online": ("Accounts whose status is online.", "onlineUsers"),
    "rocketchat_users_away": ("Accounts whose status is away.", "awayUsers"),
    "rocketchat_users_offline": ("Accounts whose status is offline.", "offlineUsers"),
    "rocketchat_rooms_total": ("All rooms.", "totalRooms"),
    "rocketchat_channels_total": ("Channels.", "totalChannels"),
    "rocketchat_private_groups_total": ("Private groups.", "totalPrivateGroups"),
    "rocketchat_direct_total": ("Direct message rooms.", "totalDirect"),
    "rocketchat_livechat_total": ("Omnichannel rooms.", "totalLivechat"),
    "rocketchat_messages_total": ("Messages in all rooms.", "totalMessages"),
    "rocketchat_channel_messages_total": ("Messages in channels.", "totalChannelMessages"),
    "rocketchat_private_group_messages_total": ("Messages in private groups.", "totalPrivateGroupMessages"),
    "rocketchat_direct_messages_total": ("Messages in direct message rooms.", "totalDirectMessages"),
    "rocketchat_livechat_messages_total": ("Messages in omnichannel rooms.", "totalLivechatMessages"),
    "rocketchat_visitors_total": ("Omnichannel visitors.", "totalLivechatVisitors"),
    "rocketchat_agents_total": ("Omnichannel agents.", "totalLivechatAgents"),
    "rocketchat_push_queue": ("Push notifications waiting to be sent.", "pushQueue"),
    "rocketchat_instance_count": ("Running instances of this workspace.", "instanceCount"),
    "rocketchat_migration": ("Version of the server's database migrations.", "migration.version"),
    "rocketchat_apps_enabled": ("Enabled apps.", "apps.totalActive"),
    "rocketchat_apps_failed": ("Apps that are neither enabled nor manually disabled.", "apps.totalFailed"),
}


@dataclass
class ServerMetrics:
    """Makes the gauges of a snapshot; the workspace's address is read again after `holds` seconds, if possible."""

    workspace: RocketChat
    holds: float = 60.0
    within: float = 0.5
    _site_url: Any = field(default=None, init=False)
    _asked_at: float | None = field(default=None, init=False)

    def labels(self) -> dict[str, Any]:
        """The label that `rocketchat_info` has in addition."""
        now = time.monotonic()
        if self._asked_at is None or now - self._asked_at > self.holds:
            self._asked_at = now
            with suppress(DatabaseError), time_limit(self.within):
                self._site_url = self.workspace.values(SITE_URL).get(SITE_URL)
        return {"site_url": self._site_url}

    def of(self, snapshot: Document) -> Iterator[Metric]:
        """The gauges; those whose statistic the snapshot does not have are without a sample."""
        for name, (meaning, path) in GAUGES.items():
            yield gauge(name, meaning, "", {"": number(snapshot, path)})
        version = GaugeMetricFamily("rocketchat_version", "1, labelled with the server's release.", labels=["version"])
        if isinstance(release := snapshot.get("version"), str):
            version.add_metric([release], 1)
        yield version
