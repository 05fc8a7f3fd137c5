"""The settings, from arguments, the environment, credentials and the TOML file."""

from collector.settings.loading import load
from collector.settings.model import STORE_DATABASE, Settings, state_directory
from collector.settings.sources import CONFIG_VARIABLE, variable

__all__ = ["CONFIG_VARIABLE", "STORE_DATABASE", "Settings", "load", "state_directory", "variable"]
