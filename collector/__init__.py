"""rcstats: statistics of a Rocket.Chat workspace, collected on a schedule and kept as documents."""

__version__ = "0.1.0"
