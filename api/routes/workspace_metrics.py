"""Owns the metrics of the workspace: which of its newest statistics are gauges, and by which names."""

from collections.abc import Iterator, Mapping, Sequence

from prometheus_client.core import InfoMetricFamily, Metric

from api.routes.gauges import gauge, number
from collector.key_paths import Document, at

# Name, help and label (or "") of each gauge, and a key path per label value; rows of a list are summed.
# A value that the snapshot lacks has no sample.
WORKSPACE: Sequence[tuple[str, str, str, Mapping[str, str]]] = (
    (
        "rocketchat_users",
        "Users: active, active with the role guest only, and deactivated.",
        "state",
        {"active": "activeUsers", "guest": "activeGuests", "inactive": "nonActiveUsers"},
    ),
    (
        "rocketchat_users_connected",
        "All accounts by presence status.",
        "status",
        {"online": "onlineUsers", "away": "awayUsers", "busy": "busyUsers", "offline": "offlineUsers"},
    ),
    ("rocketchat_users_app", "Accounts of apps.", "", {"": "appUsers"}),
    ("rocketchat_accounts", "All accounts, including bots, apps, guests and deactivated ones.", "", {"": "totalUsers"}),
    ("rocketchat_daily_active_users", "Users active yesterday.", "", {"": "uniqueUsersOfYesterday.data.count"}),
    ("rocketchat_weekly_active_users", "Users active in 7 days.", "", {"": "uniqueUsersOfLastWeek.data.count"}),
    ("rocketchat_monthly_active_users", "Users active in a month.", "", {"": "uniqueUsersOfLastMonth.data.count"}),
    (
        "rocketchat_rooms",
        "Rooms by type, including discussions and the main rooms of teams.",
        "type",
        {"channel": "totalChannels", "private_group": "totalPrivateGroups"}
        | {"direct": "totalDirect", "livechat": "totalLivechat"},
    ),
    ("rocketchat_discussions", "Discussions in rooms of any type.", "", {"": "totalDiscussions"}),
    ("rocketchat_teams", "Teams.", "", {"": "teams.totalTeams"}),
    (
        "rocketchat_messages",
        "Messages by room type, according to the rooms' counters, which may drift.",
        "room_type",
        {"channel": "totalChannelMessages", "private_group": "totalPrivateGroupMessages"}
        | {"discussion": "totalDiscussionsMessages", "direct": "totalDirectMessages"}
        | {"livechat": "totalLivechatMessages"},
    ),
    ("rocketchat_messages_stored", "Messages in the database.", "", {"": "collector.messages.documents"}),
    ("rocketchat_last_message_timestamp_seconds", "Date of the newest message.", "", {"": "lastMessageSentAt"}),
    ("rocketchat_last_login_timestamp_seconds", "Date of the last login.", "", {"": "lastLogin"}),
    ("rocketchat_uploads", "Uploaded files, including thumbnails.", "", {"": "uploadsTotal"}),
    ("rocketchat_upload_bytes", "Total size of all uploaded files.", "", {"": "uploadsTotalSize"}),
    ("rocketchat_livechat_visitors", "Omnichannel visitors.", "", {"": "totalLivechatVisitors"}),
    ("rocketchat_livechat_agents", "Accounts with the role livechat-agent.", "", {"": "totalLivechatAgents"}),
    ("rocketchat_apps_installed", "Installed apps.", "", {"": "apps.totalInstalled"}),
    ("rocketchat_push_queue_notifications", "Push notifications waiting to be sent.", "", {"": "pushQueue"}),
    ("rocketchat_instances", "Running instances of this workspace.", "", {"": "instanceCount"}),
    ("rocketchat_connections", "Open websockets of all instances.", "", {"": "collector.connections.now"}),
    (
        "rocketchat_connections_peak",
        "The highest sample of open websockets, one a minute, in the last hour or day.",
        "window",
        {"1h": "collector.connections.hourPeak", "24h": "collector.connections.dayPeak"},
    ),
)
ABOUT = {"version": "version", "unique_id": "uniqueId", "mongodb_version": "mongoVersion"}
ABOUT |= {"node_version": "process.nodeVersion", "deploy_method": "deploy.method", "deploy_platform": "deploy.platform"}


def of_workspace(snapshot: Document, more: Mapping[str, object] = {}) -> Iterator[Metric]:
    """What and who the workspace is, by ABOUT and `more` labels, and its gauges; some may have no sample."""
    about = {label: at(snapshot, path) for label, path in ABOUT.items()} | dict(more)
    known = {label: value for label, value in about.items() if isinstance(value, str)}
    yield InfoMetricFamily("rocketchat", "The workspace and its software versions.", known or None)
    for name, meaning, label, paths in WORKSPACE:
        yield gauge(name, meaning, label, {value: number(snapshot, path) for value, path in paths.items()})
