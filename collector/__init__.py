"""rcstats: collects statistics of a Rocket.Chat workspace on a schedule, and stores them as documents."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("rcstats")
except PackageNotFoundError:  # a folder that was not installed
    __version__ = "0.0"
