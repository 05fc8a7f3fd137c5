"""Opens MongoDB by URL, and says in our own words what went wrong with it."""

import functools
import logging
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from bson.codec_options import DatetimeConversion
from bson.errors import InvalidBSON, InvalidDocument
from pymongo import MongoClient, timeout
from pymongo.errors import (
    ConnectionFailure,
    DocumentTooLarge,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    WriteError,
)
from pymongo.monitoring import CommandListener

from collector.errors import (
    CommandRefusedError,
    DatabaseError,
    SettingsError,
    UnacceptableError,
    UnknownTimeZoneError,
    UnreachableError,
)

log = logging.getLogger(__name__)

Document = dict[str, Any]
Client = MongoClient[Document]

# An option that the URL names itself wins over these.
DEFAULTS: Document = {
    "appName": "rcstats",
    "readPreference": "secondaryPreferred",
    "connectTimeoutMS": 5_000,
    "timeoutMS": 5_000,  # for what has no time limit of its own, finding a server included
}
# What a snapshot and a page need is far below the driver's pool of 100.
POOL: Document = {"maxPoolSize": 20}

# A node that was just restarted can't check a signed time for a moment, and the driver does not ask again by itself.
_NO_KEYS_YET = 211
_UNTIL_THERE_ARE_KEYS = 1.0  # seconds

P = ParamSpec("P")
T = TypeVar("T")

# A value that can't be stored, a document nested too deep, an id that can be none, a document that its collection's
# rules or size forbid.
_UNACCEPTABLE = frozenset({2, 15, 53, 121, 10334, 17280})

_LOGIN_REFUSED = frozenset({18, 8000})
_NO_RIGHT = 13
UNKNOWN_TIME_ZONE = 40485
_RIGHTS = _LOGIN_REFUSED | {_NO_RIGHT}

time_limit = timeout
"""`with time_limit(seconds):` bounds all that is asked of MongoDB inside, the server's own work included."""


def connect(url: str, setting: str, *listeners: CommandListener) -> Client:
    """A client that connects at its first use; dates come back aware, in UTC. `listeners` hear of each command.

    Texts of the database that are not UTF-8 are read as well, with U+FFFD in place of what is broken.

    Raises:
        SettingsError: the URL is none that MongoDB's driver takes; the text names `setting`.
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
                event_listeners=listeners,
                **options,
            )
    except (PyMongoError, ValueError):  # their texts can quote a piece of the password
        raise SettingsError(
            f"{setting} is no URL that MongoDB's driver takes. Expected: mongodb://[user:password@]host[:port]/database"
            " with known options, special characters of user and password percent-encoded."
        ) from None
    for doubt in doubts:  # Rocket.Chat's own URL may have options that only Node's driver knows
        log.warning("%s: %s", setting, doubt.message)
    return client


def hosts(url: str) -> list[str]:
    """The hosts that the URL names, with their ports, as they are written; without user and password."""
    return urlsplit(url).netloc.rpartition("@")[2].split(",")


def database_name(url: str) -> str:
    """The database that the URL's path names, or ''."""
    return unquote(urlsplit(url).path.lstrip("/"))


@contextmanager
def plainly(whose: str) -> Iterator[None]:
    """Turns the driver's errors into a DatabaseError such as "the store's MongoDB can't be reached"."""
    try:
        yield
    except DocumentTooLarge as error:  # found out before it is sent
        raise UnacceptableError(f"{whose} MongoDB takes no document as large as this") from error
    except (InvalidDocument, OverflowError, UnicodeEncodeError) as error:  # likewise
        raise UnacceptableError(f"{whose} MongoDB has no form for a key or a value of this") from error
    except InvalidBSON as error:
        raise DatabaseError(f"{whose} MongoDB gave a document that cannot be read") from error
    except PyMongoError as error:
        raise _kind(error)(f"{whose} MongoDB {_in_our_words(error)}") from error


def asks(whose: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorates what asks MongoDB: errors are told plainly, and what a restarted node can't check is asked again."""

    def decorated(method: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(method)
        def asked(*args: P.args, **kwargs: P.kwargs) -> T:
            with plainly(whose):
                try:
                    return method(*args, **kwargs)
                except OperationFailure as error:
                    if error.code != _NO_KEYS_YET:
                        raise
                    time.sleep(_UNTIL_THERE_ARE_KEYS)
                    return method(*args, **kwargs)

        return asked

    return decorated


def _kind(error: PyMongoError) -> type[DatabaseError]:
    if isinstance(error, WriteError) and error.code in _UNACCEPTABLE:
        return UnacceptableError
    if isinstance(error, OperationFailure) and error.code == UNKNOWN_TIME_ZONE:
        return UnknownTimeZoneError
    if isinstance(error, OperationFailure) and not error.timeout and error.code not in _RIGHTS:
        return CommandRefusedError
    return UnreachableError if _is_unreachable(error) else DatabaseError


def _is_unreachable(error: PyMongoError) -> bool:
    return isinstance(error, ConnectionFailure) and not isinstance(error, NetworkTimeout)


def _in_our_words(error: PyMongoError) -> str:
    """What happened, without MongoDB's text, which can hold data, host names and queries."""
    code = error.code if isinstance(error, OperationFailure) else None
    if code in _LOGIN_REFUSED:
        return "refuses the login: user name, password or authSource are wrong"
    if code == _NO_RIGHT:
        return "does not give this login the right to do this"
    if _is_unreachable(error):
        return "can't be reached"
    if error.timeout:
        return "did not answer in time"
    return f"answered with an error (code {code})" if code else "failed"
