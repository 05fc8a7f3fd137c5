"""Every setting: name, type, default and description."""

import os
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import cast

import tzlocal
from pydantic import AliasChoices, Field, FilePath, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict

from collector.errors import SettingsError
from collector.mongodb.connection import database_name, hosts
from collector.settings.limits import LimitSettings
from collector.settings.sources import PREFIX, config_file, credentials_in
from collector.settings.types import (
    Address,
    DatabaseUrl,
    DaysAfterAll,
    LogLevel,
    MongoUrl,
    Networks,
    Site,
    TimeZone,
    networks,
)

STATE_DIRECTORY = Path("/var/lib/rcstats")
STORE_DATABASE = "rcstats"


def state_directory(installed: Path = STATE_DIRECTORY) -> Path:
    """The service's state directory if this user may write there, or one of the user's own."""
    if os.access(installed, os.W_OK | os.X_OK, effective_ids=True):
        return installed
    return Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser() / "rcstats"


class Settings(LimitSettings):
    """The settings. Sources, by precedence: arguments, the environment, credentials, the TOML file."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,  # an input can be a URL with a password
        validate_by_name=True,
        validate_by_alias=True,
    )

    mongo_url: DatabaseUrl = Field(
        validation_alias=AliasChoices("RCSTATS_MONGO_URL", "MONGO_URL"),
        description="URL of the workspace's MongoDB, with the database as its path. It is never written to.",
    )
    store_url: MongoUrl | None = Field(
        default=None,
        description="URL of the MongoDB that stores the snapshots, with the database as its path (`rcstats` if "
        "omitted). Default: the workspace's server.",
    )
    listen: Address = Field(default="127.0.0.1:3080", description="Address and port on which the HTTP server listens.")
    tls_certificate: FilePath | None = Field(
        default=None, description="PEM file with the TLS certificate and its chain. Enables HTTPS."
    )
    tls_key: FilePath | None = Field(default=None, description="PEM file with the private key of the certificate.")
    max_connections: int = Field(
        default=500,
        ge=1,
        description="Maximum number of open HTTP connections. A new one beyond it replaces the connection that has "
        "been idle longest; if none is idle, it is answered 503. Loopback may open 16 more.",
    )
    max_connections_per_address: int = Field(
        default=100,
        ge=0,
        description="Maximum number of open HTTP connections per IPv4 address or IPv6 /64 network; 0 disables the "
        "limit. Loopback is exempt: a reverse proxy on this host connects from there.",
    )
    rate_limit: int | None = Field(
        default=None,
        ge=0,
        description="Maximum number of requests per minute, for each user at each address; 0 disables the limit. "
        "Default: the workspace's own limit for `statistics` and `statistics.list`, 600 for the other routes.",
    )
    trusted_proxies: Networks | None = Field(
        default=None,
        description="Comma-separated IP addresses or networks of reverse proxies whose `X-Forwarded-For` header is "
        "trusted to name the client. Default: none.",
    )
    response_cache_mib: int = Field(
        default=16,
        ge=0,
        lt=2**12,
        description="Memory for the JSON of snapshots and for computed responses, in MiB; 0 keeps none.",
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        min_length=1,
        description="Bearer token required by `GET /metrics`. Without one, only local requests are accepted.",
    )
    server_metrics: bool = Field(
        default=False,
        description="Add the metrics of Rocket.Chat's own exporter to `GET /metrics`, by its names, so that its "
        "dashboards work without it.",
    )
    site: Site | None = Field(
        default=None,
        description="Name of this site, if Rocket.Chat replicates the workspace between sites, each with its own "
        "rcstats: 1 to 64 letters, digits, `.`, `_` and `-`.",
    )
    schedule: str = Field(
        default="0 * * * *",
        description="When to take a snapshot: a cron expression of five fields, or a name such as `@hourly`.",
    )
    jitter: int = Field(
        default=0,
        ge=0,
        le=3600,
        description="Maximum random delay before each snapshot, in seconds; spreads the load when many daemons share a "
        "database.",
    )
    state_directory: Path = Field(
        default_factory=state_directory,
        validation_alias=AliasChoices("RCSTATS_STATE_DIRECTORY", "STATE_DIRECTORY"),
        description="Directory that spools snapshots while the store is unavailable. Default: "
        "`/var/lib/rcstats` if it exists and this user may write there, or `rcstats` in the user's state directory.",
    )
    retention_full_days: int | None = Field(
        default=None,
        ge=0,
        description="Keep every snapshot for this many days, then only the last one of each day. Default: keep all.",
    )
    retention_daily_days: DaysAfterAll = Field(
        default=None,
        ge=0,
        description="Delete the remaining snapshots after this many days; not less than `RCSTATS_RETENTION_FULL_DAYS`. "
        "Default: never.",
    )
    timezone: TimeZone = Field(
        default_factory=lambda: tzlocal.get_localzone_name() or "Etc/UTC",  # without /etc/localtime
        validate_default=True,
        description="IANA name of the time zone for the schedule and for calendar days. Default: the host's, and for "
        "the days of a snapshot that of the Rocket.Chat server, if the database tells it.",
    )
    scan_interval: int = Field(
        default=0,
        ge=0,
        le=86_400,
        description="Seconds for which snapshots reuse the values of expensive readings, whose cost grows "
        "with the workspace; 0 computes them for each snapshot.",
    )
    recount_days: int = Field(
        default=7,
        ge=0,
        le=366,
        description="Days after which a snapshot computes unchanged values again, to prove those that are reused; 0 "
        "disables this.",
    )
    daily_scan: bool = Field(
        default=False,
        description="Count messages whose index is missing, as in older releases of Rocket.Chat, by a scan "
        "once a day, on a secondary if there is one. Otherwise these statistics are absent.",
    )
    deploy_method: str | None = Field(
        default=None,
        description="Deployment method of the Rocket.Chat server, such as `docker`, for as long as the server has not "
        "told it.",
    )
    deploy_platform: str | None = Field(
        default=None,
        description="Deployment platform of the Rocket.Chat server, such as `compose`, for as long as the server has "
        "not told it.",
    )
    log_level: LogLevel = Field(
        default="info",
        description="Minimum level of logged events: debug, info, warning or error.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  not ours to name
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        directory = Path(cast("str", cast("SecretsSettingsSource", file_secret_settings).secrets_dir))
        return init_settings, env_settings, credentials_in(directory, settings_cls), config_file(settings_cls)

    @cached_property
    def timezone_is_set(self) -> bool:
        """Whether the time zone is a setting; otherwise it is the host's."""
        return "timezone" in self.model_fields_set

    @cached_property
    def deployment(self) -> dict[str, str]:
        """The method and platform of the deployment, as far as they are set."""
        given = {"method": self.deploy_method, "platform": self.deploy_platform}
        return {name: value for name, value in given.items() if value}

    @cached_property
    def workspace_url(self) -> str:
        return self.mongo_url.get_secret_value()

    @cached_property
    def store_mongo_url(self) -> str:
        """The store's own URL, or the workspace's."""
        return (self.store_url or self.mongo_url).get_secret_value()

    @cached_property
    def store_database(self) -> str:
        return (database_name(self.store_url.get_secret_value()) if self.store_url else "") or STORE_DATABASE

    @cached_property
    def spool(self) -> Path:
        """The spool directory of this store, whatever the credentials and the order of hosts in its URL."""
        named = sorted(hosts(self.store_mongo_url))
        name = blake2b(f"{','.join(named)}/{self.store_database}".encode(), digest_size=8).hexdigest()
        return self.state_directory / "spool" / name

    @cached_property
    def proxies(self) -> tuple[str, ...]:
        """The networks of the trusted proxies."""
        return networks(self.trusted_proxies) if self.trusted_proxies else ()

    @cached_property
    def address(self) -> tuple[str, int]:
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)

    @cached_property
    def tls(self) -> tuple[Path, Path] | None:
        """The files of certificate and key; None without TLS.

        Raises:
            SettingsError: only one of them is set.
        """
        if self.tls_certificate and self.tls_key:
            return self.tls_certificate, self.tls_key
        if self.tls_certificate or self.tls_key:
            raise SettingsError("RCSTATS_TLS_CERTIFICATE, RCSTATS_TLS_KEY: expected both or neither")
        return None
