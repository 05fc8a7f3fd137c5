"""rcstats: collects statistics of a Rocket.Chat workspace on a schedule, and stores them as documents."""

__version__ = "0.1.0"
