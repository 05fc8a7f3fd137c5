"""rcstats: statistics of a Rocket.Chat workspace, collected on a schedule and kept as documents."""

from importlib.metadata import version

__version__ = version("rcstats")
