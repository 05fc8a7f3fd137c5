"""What an error of MongoDB's driver means: its class among ours, and its sentence in our own words."""

import traceback
from typing import Any

from pymongo import MongoClient
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
    WriteError,
)
from pymongo.synchronous import auth

from collector.errors import (
    CommandRefusedError,
    DatabaseError,
    DatabaseTimeoutError,
    UnacceptableError,
    UnknownTimeZoneError,
    UnreachableError,
)
from collector.mongodb.unreachable import cause, is_of_dns, of_dns, reason

# A value that can't be stored, a document nested too deep, an id that can't be one, a document that its collection's
# rules or size forbid.
_UNACCEPTABLE = frozenset({2, 15, 53, 121, 10334, 17280})

_LOGIN_REFUSED = 18
_NO_RIGHT = 13
UNKNOWN_TIME_ZONE = 40485
# Atlas's own errors, whatever they are about: a login, a full quota, a command that it does not offer.
_OF_ATLAS = 8000
_WORDS = {
    _LOGIN_REFUSED: "refuses the login: user name, password or authSource are wrong",
    _NO_RIGHT: "does not give this login the right to do this",
    14031: "refuses to write: its disk is full",
}
_QUOTA = "refuses to write: the storage quota is used up"


def told(whose: str, error: PyMongoError, client: MongoClient[Any] | None = None) -> DatabaseError:
    """For example "the store's MongoDB does not give this login the right to do this"; `client` is the one asked."""
    if _is_unreachable(error):
        return UnreachableError(f"{whose} MongoDB can't be reached", _reason(error, client))
    return _kind(error)(f"{whose} MongoDB {_in_our_words(error)}")


def _is_unreachable(error: PyMongoError) -> bool:
    return is_of_dns(error) or (isinstance(error, ConnectionFailure) and not isinstance(error, NetworkTimeout))


def _reason(error: PyMongoError, client: MongoClient[Any] | None) -> str:
    match error:
        case ConfigurationError():
            return of_dns(error, client) if client else ""
        case ServerSelectionTimeoutError():
            return reason(client) if client else ""
        case WaitQueueTimeoutError():
            return "all connections to it were busy"
        case NotPrimaryError():
            return "it has no primary now"
    return cause(error)


def _kind(error: PyMongoError) -> type[DatabaseError]:
    if error.timeout:
        return DatabaseTimeoutError
    if isinstance(error, WriteError) and error.code in _UNACCEPTABLE:
        return UnacceptableError
    if isinstance(error, OperationFailure) and error.code == UNKNOWN_TIME_ZONE:
        return UnknownTimeZoneError
    if isinstance(error, OperationFailure) and error.code != _NO_RIGHT and not _is_login(error):
        return CommandRefusedError
    return DatabaseError


def _in_our_words(error: PyMongoError) -> str:
    """What happened, without MongoDB's text, which can hold data, host names and queries."""
    if error.timeout:
        return "did not answer in time"
    if not isinstance(error, OperationFailure):
        return f"failed ({type(error).__name__})"
    if error.code == _OF_ATLAS and "quota" in str(error):
        return _QUOTA
    code = _LOGIN_REFUSED if _is_login(error) else error.code
    return _WORDS.get(code or 0) or f"answered with an error (code {code})"


def _is_login(error: OperationFailure) -> bool:
    """Whether the login itself was refused; Atlas has one code for this and for all else."""
    if error.code != _OF_ATLAS:
        return error.code == _LOGIN_REFUSED
    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(frame.f_globals["__name__"] == auth.__name__ for frame in frames)
