"""Owns connections to MongoDB: clients by URL, time limits, and the translation of the driver's errors."""

import functools
import logging
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from bson.codec_options import DatetimeConversion
from bson.errors import InvalidBSON, InvalidDocument
from pymongo import MongoClient, timeout
from pymongo.database import Database
from pymongo.errors import DocumentTooLarge, InvalidName, OperationFailure, PyMongoError
from pymongo.monitoring import CommandListener

from collector.errors import DatabaseError, SettingsError, UnacceptableError
from collector.key_paths import Document
from collector.mongodb.driver_errors import database_error
from collector.mongodb.unreachable import Heartbeats

log = logging.getLogger(__name__)

Client = MongoClient[Document]

# Options of the URL override these.
DEFAULTS: Document = {
    "appName": "rcstats",
    "readPreference": "secondaryPreferred",
    "connectTimeoutMS": 5_000,
    "timeoutMS": 5_000,  # for operations without a time limit of their own, server selection included
    "serverSelectionTimeoutMS": 2_000,  # bounds what timeoutMS does not: closing a client whose server is gone
}
# Options of the URL that name files.
_FILES = frozenset({"tlscafile", "tlscertificatekeyfile", "tlscrlfile"})

# Snapshots and requests need far fewer than the driver's default of 100.
POOL: Document = {"maxPoolSize": 20}

# A restarted node cannot verify a signed cluster time for a moment, and the driver does not retry this error.
_NO_KEYS_YET = 211
_UNTIL_THERE_ARE_KEYS = 1.0  # seconds


class Connected(Protocol):
    """An object that queries MongoDB through a client."""

    @property
    def client(self) -> Client: ...


P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound=Connected)

time_limit = timeout
"""`with time_limit(seconds):` limits the MongoDB operations inside, the server's own work included."""


def connect(url: str, setting: str, *listeners: CommandListener) -> Client:
    """A client that connects at its first use; dates are aware, in UTC. `listeners` observe each command.

    Strings that are not valid UTF-8 are decoded with U+FFFD for invalid bytes.

    Raises:
        SettingsError: the driver does not accept the URL or a file that it names; the text names `setting`.
    """
    given = {name.lower() for name, _ in parse_qsl(urlsplit(url).query)}
    options = {name: value for name, value in (DEFAULTS | POOL).items() if name.lower() not in given}
    try:
        with warnings.catch_warnings(record=True, action="always") as doubts:
            client: Client = MongoClient(
                url,
                connect=False,
                tz_aware=True,
                datetime_conversion=DatetimeConversion.DATETIME_AUTO,
                unicode_decode_error_handler="replace",
                event_listeners=(*listeners, Heartbeats()),
                **options,
            )
    except (PyMongoError, ValueError):  # their texts can quote part of the password
        raise SettingsError(
            f"{setting}: not a valid MongoDB URL. Expected: mongodb://[user:password@]host[:port]/database"
            " with known options, special characters of user and password percent-encoded."
        ) from None
    except OSError:  # includes ssl.SSLError
        named = ", ".join(f"{name}={value}" for name, value in parse_qsl(urlsplit(url).query) if name.lower() in _FILES)
        raise SettingsError(f"{setting}: {named} is not a readable PEM file") from None
    for doubt in doubts:  # Rocket.Chat's own URL may have options that only Node's driver knows
        log.warning('driver warning setting=%s text="%s"', setting, doubt.message)
    return client


def database(client: Client, name: str, setting: str) -> Database[Document]:
    """The client's database of this name.

    Raises:
        SettingsError: the name is not valid for a database; the text names `setting`.
    """
    try:
        return client[name]
    except InvalidName:
        raise SettingsError(f"{setting}: expected a database name as the URL's path, got {name!r}") from None


def hosts(url: str) -> list[str]:
    """The hosts of the URL with their ports, as written; without user and password."""
    return urlsplit(url).netloc.rpartition("@")[2].split(",")


def database_name(url: str) -> str:
    """The database in the URL's path, or ''."""
    return unquote(urlsplit(url).path.lstrip("/"))


@contextmanager
def plainly(whose: str, client: MongoClient[Any] | None = None) -> Iterator[None]:
    """Turns the driver's errors into a DatabaseError such as "the store's MongoDB did not answer in time".

    The `client` knows why its servers cannot be reached.
    """
    try:
        yield
    except DocumentTooLarge as error:  # raised before it is sent
        raise UnacceptableError(f"{whose} MongoDB cannot store a document this large") from error
    except (InvalidDocument, OverflowError, UnicodeEncodeError) as error:  # as above
        raise UnacceptableError(f"{whose} MongoDB cannot store a key or a value of this document") from error
    except InvalidBSON as error:
        raise DatabaseError(f"{whose} MongoDB returned a document that cannot be decoded") from error
    except PyMongoError as error:
        raise database_error(whose, error, client) from error


def asks(whose: str) -> Callable[[Callable[Concatenate[S, P], T]], Callable[Concatenate[S, P], T]]:
    """Decorates a method that queries MongoDB, as `ask` does."""

    def decorated(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
        @functools.wraps(method)
        def asked(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
            return ask(whose, self.client, lambda: method(self, *args, **kwargs))

        return asked

    return decorated


def ask(whose: str, client: Client, call: Callable[[], T]) -> T:
    """The call's result; errors are translated, and a call that a restarted node cannot verify is retried."""
    with plainly(whose, client):
        try:
            return call()
        except OperationFailure as error:
            if error.code != _NO_KEYS_YET:
                raise
            time.sleep(_UNTIL_THERE_ARE_KEYS)
            return call()
