"""Owns the places where settings are read besides the environment: the TOML file and the credentials."""

import os
from pathlib import Path

from pydantic_settings import BaseSettings, InitSettingsSource, TomlConfigSettingsSource

from collector.errors import SettingsError
from collector.settings import credentials

PREFIX = "RCSTATS_"
CONFIG_VARIABLE = "RCSTATS_CONFIG"
CONFIG_FILE = Path("/etc/rcstats/rcstats.toml")


def variable(field: str) -> str:
    """The environment variable of a field, or of one of its aliases."""
    name = field.upper()
    return name if name.startswith(PREFIX) else PREFIX + name


def credentials_in(directory: Path, settings: type[BaseSettings]) -> InitSettingsSource:
    """The credentials of a directory, each in a file named like the variable in lower case."""
    found = {name: credentials.read(directory / variable(name).lower()) for name in settings.model_fields}
    return InitSettingsSource(settings, {name: value for name, value in found.items() if value is not None})


def config_file(settings: type[BaseSettings]) -> TomlConfigSettingsSource:
    """The TOML file, if there is one."""
    return TomlConfigSettingsSource(settings, config_path())


def config_path() -> Path | None:
    """The TOML file that is named or installed.

    Raises:
        SettingsError: the named one does not exist.
    """
    if named := os.environ.get(CONFIG_VARIABLE):
        if not Path(named).is_file():
            raise SettingsError(f"{CONFIG_VARIABLE}: {named} does not exist or is not a file")
        return Path(named)
    return CONFIG_FILE if CONFIG_FILE.is_file() else None
