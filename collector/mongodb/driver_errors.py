"""Owns the translation of the driver's errors: their classes and texts among ours."""

import traceback
from collections.abc import Mapping
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
    NotAuthorizedError,
    UnacceptableError,
    UnknownTimeZoneError,
    UnreachableError,
)
from collector.mongodb.unreachable import cause, is_of_dns, of_dns, reason

# MongoDB's codes for an invalid value, too deep nesting, an invalid id, a failed validation, and excessive size.
_UNACCEPTABLE = frozenset({2, 15, 53, 121, 10334, 17280})

_LOGIN_REFUSED = 18
_UNAUTHORIZED = 13
_UNKNOWN_TIME_ZONE = 40485
# Atlas's code for all of its own errors: a refused login, a full quota, an unsupported command.
_OF_ATLAS = 8000
_WORDS = {
    _LOGIN_REFUSED: "refuses the login: user name, password or authSource is wrong",
    _UNAUTHORIZED: "does not grant this login the required privilege",
    14031: "refuses to write: its disk is full",
}
_KINDS: Mapping[int, type[DatabaseError]] = {
    _UNAUTHORIZED: NotAuthorizedError,
    _UNKNOWN_TIME_ZONE: UnknownTimeZoneError,
}
_QUOTA = "refuses to write: the storage quota is used up"


def database_error(whose: str, error: PyMongoError, client: MongoClient[Any] | None = None) -> DatabaseError:
    """Our error for one of the driver's, such as "the store's MongoDB did not answer in time"."""
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
            return "all connections to it are in use"
        case NotPrimaryError():
            return "it has no primary at the moment"
    return cause(error)


def _kind(error: PyMongoError) -> type[DatabaseError]:
    if error.timeout:
        return DatabaseTimeoutError
    if not isinstance(error, OperationFailure) or _is_login(error):
        return DatabaseError
    if isinstance(error, WriteError) and error.code in _UNACCEPTABLE:
        return UnacceptableError
    return _KINDS.get(error.code or 0, CommandRefusedError)


def _in_our_words(error: PyMongoError) -> str:
    """The cause in our words; MongoDB's text can contain data, host names and queries."""
    if error.timeout:
        return "did not answer in time"
    if not isinstance(error, OperationFailure):
        return f"failed ({type(error).__name__})"
    if error.code == _OF_ATLAS and "quota" in str(error):
        return _QUOTA
    code = _LOGIN_REFUSED if _is_login(error) else error.code
    return _WORDS.get(code or 0) or f"answered with an error (code {code})"


def _is_login(error: OperationFailure) -> bool:
    """Whether the login itself was refused; Atlas uses the same code for other errors."""
    if error.code != _OF_ATLAS:
        return error.code == _LOGIN_REFUSED
    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(frame.f_globals["__name__"] == auth.__name__ for frame in frames)
