"""Owns the types of settings that are more than text; each refuses an invalid one with the form that is expected."""

import re
from ipaddress import ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    ByteSize,
    SecretStr,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from collector.mongodb.connection import database_name
from collector.series.time_zones import time_zone


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


def networks(text: str) -> tuple[str, ...]:
    return tuple(str(ip_network(part.strip(), strict=False)) for part in text.split(","))


def _proxies(text: str) -> str:
    try:
        networks(text)
    except ValueError:
        raise ValueError(
            "expected comma-separated IP addresses or networks, for example 127.0.0.1,10.0.0.0/8"
        ) from None
    return text


def _site(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", text):
        raise ValueError("expected 1 to 64 letters, digits, dots, underscores and hyphens, for example berlin-1")
    return text


def _not_shorter_than_full(daily: int | None, given: ValidationInfo) -> int | None:
    """A shorter daily retention would delete snapshots that the full one keeps."""
    full = given.data.get("retention_full_days")
    if daily is not None and full is not None and daily < full:
        raise ValueError(
            f"expected {full} or more: deleting snapshots after {daily} days "
            f"contradicts RCSTATS_RETENTION_FULL_DAYS, which keeps every snapshot for {full}"
        )
    return daily


def _size(raw: object, parsed: ValidatorFunctionWrapHandler) -> ByteSize:
    try:
        size: ByteSize = parsed(raw)
    except ValidationError:
        size = ByteSize(0)
    if not 0 < size < 2**63:
        raise ValueError("expected a size, for example 500GiB")
    return size


def _not_below_warning(critical: float, given: ValidationInfo) -> float:
    if (warning := given.data.get("limit_warning")) is not None and critical < warning:
        raise ValueError(f"expected {warning:g} or more, the value of RCSTATS_LIMIT_WARNING")
    return critical


def _not_before_warning(critical: int, given: ValidationInfo) -> int:
    if (warning := given.data.get("limit_warning_days")) is not None and critical > warning:
        raise ValueError(f"expected {warning} or less, the value of RCSTATS_LIMIT_WARNING_DAYS")
    return critical


MongoUrl = Annotated[SecretStr, AfterValidator(_mongo_url)]
DatabaseUrl = Annotated[MongoUrl, AfterValidator(_names_a_database)]
Site = Annotated[str, AfterValidator(_site)]
LogLevel = Literal["debug", "info", "warning", "error"]
Address = Annotated[str, AfterValidator(_address)]
Networks = Annotated[str, AfterValidator(_proxies)]
TimeZone = Annotated[str, AfterValidator(time_zone)]
Size = Annotated[ByteSize, WrapValidator(_size)]
CriticalPercentage = Annotated[float, AfterValidator(_not_below_warning)]
CriticalDays = Annotated[int, AfterValidator(_not_before_warning)]
DaysAfterAll = Annotated[int | None, AfterValidator(_not_shorter_than_full)]
