"""Opens MongoDB by URL, and says in our own words what went wrong with it."""

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
from collector.mongodb.driver_errors import told
from collector.mongodb.unreachable import Heartbeats

log = logging.getLogger(__name__)

Client = MongoClient[Document]

# An option that the URL names itself wins over these.
DEFAULTS: Document = {
    "appName": "rcstats",
    "readPreference": "secondaryPreferred",
    "connectTimeoutMS": 5_000,
    "timeoutMS": 5_000,  # for what has no time limit of its own, finding a server included
    "serverSelectionTimeoutMS": 2_000,  # for what timeoutMS does not bound: closing a client whose server has gone
}
# Options of the URL that name files.
_FILES = frozenset({"tlscafile", "tlscertificatekeyfile", "tlscrlfile"})

# What a snapshot and a page need is far below the driver's pool of 100.
POOL: Document = {"maxPoolSize": 20}

# A node that was just restarted can't check a signed time for a moment, and the driver does not ask again by itself.
_NO_KEYS_YET = 211
_UNTIL_THERE_ARE_KEYS = 1.0  # seconds


class Connected(Protocol):
    """An object that asks MongoDB through a client."""

    @property
    def client(self) -> Client: ...


P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound=Connected)

time_limit = timeout
"""`with time_limit(seconds):` bounds all that is asked of MongoDB inside, the server's own work included."""


def connect(url: str, setting: str, *listeners: CommandListener) -> Client:
    """A client that connects at its first use; dates come back aware, in UTC. `listeners` hear of each command.

    Texts of the database that are not UTF-8 are read as well, with U+FFFD in place of what is broken.

    Raises:
        SettingsError: the driver does not take the URL, or a file that it names; the text names `setting`.
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
    except (PyMongoError, ValueError):  # their texts can quote a piece of the password
        raise SettingsError(
            f"{setting} is no URL that MongoDB's driver takes. Expected: mongodb://[user:password@]host[:port]/database"
            " with known options, special characters of user and password percent-encoded."
        ) from None
    except OSError:  # also what ssl finds wrong
        named = ", ".join(f"{name}={value}" for name, value in parse_qsl(urlsplit(url).query) if name.lower() in _FILES)
        raise SettingsError(f"{setting}: {named} is not a file in PEM that can be read") from None
    for doubt in doubts:  # Rocket.Chat's own URL may have options that only Node's driver knows
        log.warning("%s: %s", setting, doubt.message)
    return client


def database(client: Client, name: str, setting: str) -> Database[Document]:
    """The client's database of this name.

    Raises:
        SettingsError: MongoDB's databases have no names like this; the text names `setting`.
    """
    try:
        return client[name]
    except InvalidName:
        raise SettingsError(f"{setting}: expected the name of a database as the URL's path, got {name!r}") from None


def hosts(url: str) -> list[str]:
    """The hosts that the URL names, with their ports, as they are written; without user and password."""
    return urlsplit(url).netloc.rpartition("@")[2].split(",")


def database_name(url: str) -> str:
    """The database that the URL's path names, or ''."""
    return unquote(urlsplit(url).path.lstrip("/"))


@contextmanager
def plainly(whose: str, client: MongoClient[Any] | None = None) -> Iterator[None]:
    """Turns the driver's errors into a DatabaseError such as "the store's MongoDB does not give this login …".

    The `client` that was asked tells why its servers can't be reached.
    """
    try:
        yield
    except DocumentTooLarge as error:  # found out before it is sent
        raise UnacceptableError(f"{whose} MongoDB takes no document as large as this") from error
    except (InvalidDocument, OverflowError, UnicodeEncodeError) as error:  # likewise
        raise UnacceptableError(f"{whose} MongoDB has no form for a key or a value of this") from error
    except InvalidBSON as error:
        raise DatabaseError(f"{whose} MongoDB gave a document that cannot be read") from error
    except PyMongoError as error:
        raise told(whose, error, client) from error


def asks(whose: str) -> Callable[[Callable[Concatenate[S, P], T]], Callable[Concatenate[S, P], T]]:
    """Decorates a method that asks MongoDB, as `ask` does."""

    def decorated(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
        @functools.wraps(method)
        def asked(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
            return ask(whose, self.client, lambda: method(self, *args, **kwargs))

        return asked

    return decorated


def ask(whose: str, client: Client, call: Callable[[], T]) -> T:
    """The call's result; errors are told plainly, and what a restarted node can't check is asked again."""
    with plainly(whose, client):
        try:
            return call()
        except OperationFailure as error:
            if error.code != _NO_KEYS_YET:
                raise
            time.sleep(_UNTIL_THERE_ARE_KEYS)
            return call()
