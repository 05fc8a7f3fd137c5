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

# What to say of a value, by pydantic's name of what is wrong with it; the fields are those of the error's context.
_EXPECTED = {
    "int_parsing": "an integer",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_parsing": "a number",
    "float_type": "a number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "text",
    "path_type": "the path of a file",
    "path_not_file": "the path of a file that exists",
    "string_too_short": "{min_length} character or more",
    "too_short": "{min_length} character or more",
    "greater_than_equal": "{ge} or more",
    "greater_than": "more than {gt}",
    "less_than_equal": "{le} or less",
    "less_than": "less than {lt}",
    "literal_error": "{expected}",
}


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
    if expected := _EXPECTED.get(error["type"]):
        return f"expected {expected.format(**error.get('ctx', {}))}".replace("'", "")
    return str(error["msg"]).removeprefix("Value error, ")


def _refuse_unknown_variables() -> None:
    """A misspelt variable would otherwise leave its setting at the default, silently."""
    known = {variable(name) for name in Settings.model_fields} | {CONFIG_VARIABLE}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise SettingsError("\n".join(f"{name}: unknown setting{_guess(name)}" for name in unknown))


def _guess(name: str) -> str:
    close = get_close_matches(variable(name).removeprefix(PREFIX).lower(), Settings.model_fields, n=1)
    return f"; did you mean {variable(close[0])}?" if close else ""
