"""Owns the key under which the snapshots of a workspace, or of one of its sites, are kept. Pure."""

from collector.key_paths import Document

_AT = "@"  # not part of a site's name: whatever a uniqueID contains, the last one precedes the site


def workspace_key(unique_id: str, site: str = "") -> str:
    """The uniqueID, and after "@" the site if there is one; no two pairs have the same key."""
    return f"{unique_id}{_AT}{site}" if site or _AT in unique_id else unique_id


def owner(key: str) -> Document:
    """The part of a snapshot's metadata that names its owner: {workspace: key}, and the site if there is one."""
    _, at, last = key.rpartition(_AT)
    return {"workspace": key, "site": last} if at and last else {"workspace": key}
