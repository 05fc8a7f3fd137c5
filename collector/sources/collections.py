"""Owns the names of the workspace's collections, and the indexes that Rocket.Chat creates."""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from collector.key_paths import Document

Pipeline = Sequence[Mapping[str, Any]]

# A hint for queries that match nearly all documents: natural order is faster than any index.
NATURAL_ORDER: Document = {"$natural": 1}

# Rocket.Chat's indexes on the messages, by their first field. Older releases do not have all of them.
MESSAGE_INDEXES: Mapping[str, Document] = {
    "ts": {"ts": 1},
    "t": {"t": 1},
    "pinned": {"pinned": 1},
    "starred._id": {"starred._id": 1},
    "tcount": {"tcount": 1, "tlm": 1},
}


def index_name(index: Document) -> str:
    """The keys of an index as in mongosh, for example {"starred._id": 1}."""
    keys = (json.dumps(key) if "." in key else key for key in index)
    return "{" + ", ".join(f"{key}: {order}" for key, order in zip(keys, index.values(), strict=True)) + "}"


class Collection(StrEnum):
    """The workspace's collections, by content."""

    ABAC_ATTRIBUTES = "rocketchat_abac_attributes"
    ANALYTICS = "rocketchat_analytics"
    APPS = "rocketchat_apps"
    BUSINESS_HOURS = "rocketchat_livechat_business_hours"
    CANNED_RESPONSES = "rocketchat_canned_response"
    CONTACTS = "rocketchat_livechat_contact"
    CRON = "rocketchat_cron"
    CUSTOM_FIELDS = "rocketchat_livechat_custom_field"
    DEPARTMENTS = "rocketchat_livechat_department"
    EMAIL_INBOXES = "rocketchat_email_inbox"
    FEDERATION_SERVERS = "rocketchat_federation_servers"
    FREESWITCH_CALLS = "rocketchat_freeswitch_calls"
    INSTANCES = "instances"
    INTEGRATIONS = "rocketchat_integrations"
    INVITES = "rocketchat_invites"
    LIVECHAT_TAGS = "rocketchat_livechat_tag"
    MATRIX_BRIDGED_ROOMS = "rocketchat_matrix_bridged_rooms"
    MESSAGES = "rocketchat_message"
    MIGRATIONS = "migrations"
    NOTIFICATIONS = "rocketchat_notification_queue"
    OAUTH_TOKENS = "rocketchat_oauth_access_tokens"
    PERMISSIONS = "rocketchat_permissions"
    ROLES = "rocketchat_roles"
    ROOMS = "rocketchat_room"
    SERVICE_LEVELS = "rocketchat_omnichannel_service_level_agreements"
    SESSIONS = "rocketchat_sessions"
    SETTINGS = "rocketchat_settings"
    SITE_REPLICATION = "rocketchat_site_replication_state"
    STATISTICS = "rocketchat_statistics"
    SUBSCRIPTIONS = "rocketchat_subscription"
    TEAMS = "rocketchat_team"
    TRIGGERS = "rocketchat_livechat_trigger"
    UPLOADS = "rocketchat_uploads"
    USERS = "users"
    VIDEO_CONFERENCES = "rocketchat_video_conference"
    VISITORS = "rocketchat_livechat_visitor"


# Roles of earlier releases of rcstats do not have these, and no statistic needs them.
OPTIONAL = frozenset({Collection.OAUTH_TOKENS, Collection.SITE_REPLICATION})
