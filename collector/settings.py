"""Every setting: name, type, default and a sentence; the only reader of the environment."""

import os
from difflib import get_close_matches
from functools import cached_property
from hashlib import blake2b
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzlocal
from pydantic import AfterValidator, AliasChoices, Field, FilePath, SecretStr, ValidationError, ValidationInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from collector.errors import SettingsError
from collector.mongodb.connection import database_name, hosts

PREFIX = "RCSTATS_"
CONFIG_VARIABLE = "RCSTATS_CONFIG"
CONFIG_FILE = Path("/etc/rcstats/rcstats.toml")
STORE_DATABASE = "rcstats"


def _mongo_url(url: SecretStr) -> SecretStr:
    if urlsplit(url.get_secret_value()).scheme not in {"mongodb", "mongodb+srv"}:
        raise ValueError("expected a URL that starts with mongodb:// or mongodb+srv://")
    return url


def _names_a_database(url: SecretStr) -> SecretStr:
    if not database_name(url.get_secret_value()):
        raise ValueError(
            "expected the workspace's database as the URL's path, for example mongodb://localhost:27017/rocketchat"
        )
    return url


def _address(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if not (host and colon and port.isascii() and port.isdigit() and int(port) < 2**16):
        raise ValueError("expected HOST:PORT, for example 127.0.0.1:3080 or [::1]:3080")
    return text


def time_zone(name: str) -> str:
    """The name of a time zone that is there.

    Raises:
        ValueError: there is none.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("expected an IANA time zone, for example Europe/Berlin") from None
    return name


def _no_fewer_than_every(days: int | None, given: ValidationInfo) -> int | None:
    """Days that would remove snapshots of which every one is to be kept are a mistake."""
    every = given.data.get("keep_every_days")
    if days is not None and every is not None and days < every:
        raise ValueError(
            f"expected {every} or more: snapshots can't be removed after {days} days "
            f"while RCSTATS_KEEP_EVERY_DAYS keeps every one of them for {every}"
        )
    return days


def _networks(text: str) -> tuple[str, ...]:
    return tuple(str(ip_network(part.strip(), strict=False)) for part in text.split(","))


def _proxies(text: str) -> str:
    try:
        _networks(text)
    except ValueError:
        raise ValueError(
            "expected IP addresses or networks with commas between, for example 127.0.0.1,10.0.0.0/8"
        ) from None
    return text


MongoUrl = Annotated[SecretStr, AfterValidator(_mongo_url)]


class Settings(BaseSettings):
    """What the operator decides. Read from the environment, systemd credentials and a TOML file, in this order."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,  # an input can be a URL with a password
        validate_by_name=True,
        validate_by_alias=True,
    )

    mongo_url: Annotated[MongoUrl, AfterValidator(_names_a_database)] = Field(
        validation_alias=AliasChoices("RCSTATS_MONGO_URL", "MONGO_URL"),
        description="The workspace's MongoDB; the path names the database. Read only.",
    )
    store_url: MongoUrl | None = Field(
        default=None,
        description="Where snapshots are kept: the path names the database, `rcstats` if it names none. "
        "Default: the workspace's server.",
    )
    listen: Annotated[str, AfterValidator(_address)] = Field(
        default="127.0.0.1:3080", description="Address and port of the HTTP layer."
    )
    tls_certificate: FilePath | None = Field(
        default=None, description="File in PEM with the certificate and its chain; with it the HTTP layer is HTTPS."
    )
    tls_key: FilePath | None = Field(default=None, description="File in PEM with the certificate's key.")
    max_connections: int = Field(
        default=500,
        ge=1,
        description="HTTP connections that may be open at a time. Beyond them the one that has been idle longest is "
        "closed; if none is idle, the new one is answered 503. Loopback may have 16 more.",
    )
    max_connections_per_address: int = Field(
        default=100,
        ge=0,
        description="HTTP connections that one address may have open, of IPv6 a /64 network; 0 for any number. "
        "Loopback has no such limit: a reverse proxy on this host connects from there.",
    )
    rate_limit: int = Field(
        default=600,
        ge=0,
        description="Requests that each user at each address may make in a minute; 0 for any number.",
    )
    trusted_proxies: Annotated[str, AfterValidator(_proxies)] | None = Field(
        default=None,
        description="IP addresses or networks of reverse proxies, with commas between: the client's address is then "
        "the one that their `X-Forwarded-For` gives. Default: no proxy is trusted.",
    )
    answer_memory: int = Field(
        default=16, ge=0, lt=2**12, description="MiB of recent answers that are kept in memory; 0 for none."
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        min_length=1,
        description="What `GET /metrics` asks for, as a bearer token. Default: only this host itself may ask.",
    )
    schedule: str = Field(
        default="0 * * * *", description="When a snapshot is taken: a cron expression of five fields."
    )
    jitter: int = Field(
        default=0,
        ge=0,
        le=3600,
        description="Seconds by which a slot may be taken late, by chance: for many daemons over one database.",
    )
    state_directory: Path = Field(
        default_factory=lambda: Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser() / "rcstats",
        validation_alias=AliasChoices("RCSTATS_STATE_DIRECTORY", "STATE_DIRECTORY"),
        description="Where snapshots wait while the store is away. Default: systemd's, or the user's own.",
    )
    keep_every_days: int | None = Field(
        default=None,
        ge=0,
        description="Days for which every snapshot is kept; of older days only the last one. Default: for ever.",
    )
    keep_daily_days: Annotated[int | None, AfterValidator(_no_fewer_than_every)] = Field(
        default=None,
        ge=0,
        description="Days after which those are removed too; no fewer than RCSTATS_KEEP_EVERY_DAYS. Default: never.",
    )
    timezone: Annotated[str, AfterValidator(time_zone)] = Field(
        default_factory=tzlocal.get_localzone_name,
        validate_default=True,
        description="IANA name of the workspace's time zone, for the schedule and for days. Default: the host's.",
    )
    server_pid_file: Path | None = Field(
        default=None,
        description="File with the Rocket.Chat server's pid, where `instances` does not tell it.",
    )
    server_port: int | None = Field(
        default=None,
        ge=1,
        lt=2**16,
        description="Port on which the Rocket.Chat server listens, where neither `instances` nor a pid file tells.",
    )
    deploy_method: str = Field(
        default="tar",
        validation_alias=AliasChoices("RCSTATS_DEPLOY_METHOD", "DEPLOY_METHOD"),
        description="How Rocket.Chat was deployed, as its own variable of this name says.",
    )
    deploy_platform: str = Field(
        default="selfinstall",
        validation_alias=AliasChoices("RCSTATS_DEPLOY_PLATFORM", "DEPLOY_PLATFORM"),
        description="On which platform Rocket.Chat was deployed, as its own variable of this name says.",
    )
    log_level: str = Field(
        default="info",
        pattern="^(debug|info|warning|error)$",
        description="How much is logged: debug, info, warning or error.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  not ours to name
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        sources = [init_settings, env_settings]
        if credentials := os.environ.get("CREDENTIALS_DIRECTORY"):
            sources.append(SecretsSettingsSource(settings_cls, credentials))
        if file := _config_file():
            sources.append(TomlConfigSettingsSource(settings_cls, file))
        return tuple(sources)

    @cached_property
    def workspace_url(self) -> str:
        return self.mongo_url.get_secret_value()

    @cached_property
    def store_database(self) -> str:
        return (database_name(self.store_url.get_secret_value()) if self.store_url else "") or STORE_DATABASE

    @cached_property
    def spool(self) -> Path:
        """The folder of what waits for this store and no other, whoever logs in and in whatever order its hosts are."""
        url = self.store_url or self.mongo_url
        named = sorted(hosts(url.get_secret_value()))
        name = blake2b(f"{','.join(named)}/{self.store_database}".encode(), digest_size=8).hexdigest()
        return self.state_directory / "spool" / name

    @cached_property
    def proxies(self) -> tuple[str, ...]:
        """The networks of the proxies that are trusted."""
        return _networks(self.trusted_proxies) if self.trusted_proxies else ()

    @cached_property
    def address(self) -> tuple[str, int]:
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)

    @cached_property
    def tls(self) -> tuple[Path, Path] | None:
        """Certificate and key, or neither.

        Raises:
            SettingsError: only one of them is given.
        """
        if self.tls_certificate and self.tls_key:
            return self.tls_certificate, self.tls_key
        if self.tls_certificate or self.tls_key:
            raise SettingsError("RCSTATS_TLS_CERTIFICATE, RCSTATS_TLS_KEY: one needs the other")
        return None


def load(**given: Any) -> Settings:
    """The settings of this process; `given` wins over every other source.

    Raises:
        SettingsError: one line for each wrong, missing or unknown setting, each naming its variable.
    """
    _refuse_unknown_variables()
    try:
        return Settings(**given)
    except ValidationError as error:
        lines = [f"{variable(str(e['loc'][0]))}: {_expectation(e)}" for e in error.errors()]
        raise SettingsError("\n".join(lines)) from None
    except OSError as error:
        raise SettingsError(f"{CONFIG_VARIABLE}: {_config_file()} cannot be read: {error.strerror}") from None
    except ValueError as error:  # the TOML file's syntax
        raise SettingsError(f"{CONFIG_VARIABLE}: {_config_file()} is no TOML file: {error}") from None


def variable(field: str) -> str:
    """The environment variable of a field, or of one of its aliases."""
    name = field.upper()
    return name if name.startswith(PREFIX) else PREFIX + name


def _expectation(error: Any) -> str:
    if error["type"] == "missing":
        return "missing. Expected: the workspace's MongoDB URL, for example mongodb://localhost:27017/rocketchat"
    if error["type"] == "extra_forbidden":
        return f"unknown setting{_guess(str(error['loc'][0]))}"
    return str(error["msg"]).removeprefix("Value error, ")


def _refuse_unknown_variables() -> None:
    """A misspelt variable would otherwise silently leave its setting at the default."""
    known = {variable(name) for name in Settings.model_fields} | {CONFIG_VARIABLE}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise SettingsError("\n".join(f"{name}: unknown setting{_guess(name)}" for name in unknown))


def _guess(name: str) -> str:
    close = get_close_matches(variable(name), map(variable, Settings.model_fields), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _config_file() -> Path | None:
    if named := os.environ.get(CONFIG_VARIABLE):
        if not Path(named).is_file():
            raise SettingsError(f"{CONFIG_VARIABLE}: there is no file {named}")
        return Path(named)
    return CONFIG_FILE if CONFIG_FILE.is_file() else None
