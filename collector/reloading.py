"""Settings that are read again while the service runs: which it takes over, and which count only after a restart."""

from collector.settings import Settings, variable

CHANGEABLE = frozenset({"schedule", "jitter", "rate_limit", "log_level"})


def taken_over(running: Settings, read: Settings) -> Settings:
    """The settings by which the service runs once it has read others."""
    return running.model_copy(update={name: getattr(read, name) for name in CHANGEABLE})


def difference(running: Settings, read: Settings) -> str:
    """Which settings differ from those that run, for example "changed=RCSTATS_SCHEDULE needs_restart=none"."""
    changed = [name for name in Settings.model_fields if getattr(running, name) != getattr(read, name)]
    now = ",".join(variable(name) for name in changed if name in CHANGEABLE)
    later = ",".join(variable(name) for name in changed if name not in CHANGEABLE)
    return f"changed={now or 'none'} needs_restart={later or 'none'}"
