"""Owns the loading of the settings, and what is said of those that are wrong, missing or unknown."""

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from collector.errors import SettingsError
from collector.settings import credentials
from collector.settings.model import Settings
from collector.settings.sources import CONFIG_VARIABLE, PREFIX, config_path, variable


def load(*, credstore: Path | str = credentials.CREDSTORE, **given: Any) -> Settings:
    """The settings of this process; `given` overrides every other source.

    Credentials are files of `$CREDENTIALS_DIRECTORY`, or of `credstore` if it is not set.

    Raises:
        SettingsError: settings are invalid, missing or unknown; one line each, which names the variable.
    """
    _refuse_unknown_variables()
    directory = Path(os.environ.get("CREDENTIALS_DIRECTORY") or credstore)
    try:
        return Settings(**given | {"_secrets_dir": directory})
    except ValidationError as error:
        lines = [f"{variable(str(e['loc'][0]))}: {_expectation(e, directory)}" for e in error.errors()]
        raise SettingsError("\n".join(lines)) from None
    except OSError as error:
        path = error.filename or config_path()
        raise SettingsError(f"{CONFIG_VARIABLE}: {credentials.unreadable(path, error)}") from None
    except ValueError as error:  # the TOML file's syntax
        raise SettingsError(f"{CONFIG_VARIABLE}: {config_path()} is not a TOML file: {error}") from None


def _expectation(error: Any, directory: Path) -> str:
    if isinstance(error["input"], credentials.Unusable):
        return error["input"].reason
    if error["type"] == "missing":
        where = credentials.hidden(directory / variable(str(error["loc"][0])).lower())
        return (
            f"missing{where}. Expected: the workspace's MongoDB URL, for example mongodb://localhost:27017/rocketchat"
        )
    if error["type"] == "extra_forbidden":
        return f"unknown setting{_guess(str(error['loc'][0]))}"
    return str(error["msg"]).removeprefix("Value error, ")


def _refuse_unknown_variables() -> None:
    """A misspelt variable would otherwise leave its setting at the default, silently."""
    known = {variable(name) for name in Settings.model_fields} | {CONFIG_VARIABLE}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise SettingsError("\n".join(f"{name}: unknown setting{_guess(name)}" for name in unknown))


def _guess(name: str) -> str:
    close = get_close_matches(variable(name), map(variable, Settings.model_fields), n=1)
    return f"; did you mean {close[0]}?" if close else ""
