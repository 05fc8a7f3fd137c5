"""MongoDB by URL, and its errors in our words."""

from typing import Any

import bson
import pytest
from bson.raw_bson import RawBSONDocument
from pymongo import ReadPreference
from pymongo.database import Database
from pymongo.errors import (
    AutoReconnect,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from collector.connection import connect, database_name, plainly
from collector.errors import CommandRefusedError, DatabaseError, SettingsError, UnacceptableError


def test_readings_go_to_secondaries_unless_the_url_says_otherwise() -> None:
    with connect("mongodb://host/db", "TEST") as client:
        assert client.read_preference == ReadPreference.SECONDARY_PREFERRED
    with connect("mongodb://host/db?readpreference=primary", "TEST") as client:
        assert client.read_preference == ReadPreference.PRIMARY


def test_the_database_is_the_path_of_the_url() -> None:
    assert database_name("mongodb://u:p@a,b:27018/my%20chat?replicaSet=rs0") == "my chat"
    assert database_name("mongodb://a") == ""


@pytest.mark.parametrize(
    "url",
    ["mongodb://u:hid/den@host/db", "mongodb://host:port/db", "mongodb://", "mongodb://host/db?hidden"],
)
def test_a_url_that_the_driver_refuses_names_the_setting_and_shows_nothing_of_itself(url: str) -> None:
    with pytest.raises(SettingsError) as error:
        connect(url, "RCSTATS_MONGO_URL")
    assert str(error.value).startswith("RCSTATS_MONGO_URL is no URL")
    assert "hid" not in str(error.value)


def test_an_option_that_only_node_knows_is_logged_and_ignored(caplog: pytest.LogCaptureFixture) -> None:
    connect("mongodb://host/db?useNewUrlParser=true", "MONGO_URL").close()

    (message,) = caplog.messages
    assert message.startswith("MONGO_URL: Unknown option")


TROUBLE = [
    (ServerSelectionTimeoutError("host secret"), "can't be reached"),
    (AutoReconnect("host secret"), "can't be reached"),
    (NetworkTimeout("host secret"), "did not answer in time"),
    (ExecutionTimeout("secret", 50), "did not answer in time"),
    (OperationFailure("secret", 18), "refuses the login: user name, password or authSource are wrong"),
    (OperationFailure("secret", 13), "does not give this login the right to do this"),
    (PyMongoError("secret"), "failed"),
]


@pytest.mark.parametrize(("error", "words"), TROUBLE, ids=lambda value: type(value).__name__)
def test_trouble_is_told_in_our_words(error: PyMongoError, words: str) -> None:
    with pytest.raises(DatabaseError) as told, plainly("the store's"):
        raise error
    assert str(told.value) == f"the store's MongoDB {words}"
    assert not isinstance(told.value, CommandRefusedError)


def test_a_command_that_is_refused_as_written_is_told_apart() -> None:
    with pytest.raises(CommandRefusedError) as refused, plainly("the store's"):
        raise OperationFailure("secret", 2)
    assert str(refused.value) == "the store's MongoDB answered with an error (code 2)"


def nested(levels: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(levels):
        found = {"a": found}
    return found


@pytest.mark.parametrize(
    "document",
    [{"a\0b": 1}, {"a": 2**63}, {"a": "\ud800"}, {"a": object()}, nested(190)],
    ids=["a key with NUL", "a large integer", "half of a surrogate pair", "an object", "190 levels"],
)
def test_what_can_not_be_stored_is_told_apart(
    real_database: Database[dict[str, Any]], document: dict[str, Any]
) -> None:
    with pytest.raises(UnacceptableError, match=r"^the store's MongoDB "), plainly("the store's"):
        real_database["kept"].insert_one(document)


def test_a_document_that_can_not_be_read_is_told_in_our_words() -> None:
    with pytest.raises(DatabaseError) as told, plainly("the store's"):
        bson.decode(b"half a document")
    assert str(told.value) == "the store's MongoDB gave a document that cannot be read"


def test_broken_texts_and_keys_are_read_with_replacements(real_database: Database[dict[str, Any]]) -> None:
    broken = bson.encode({"_id": 1, "key": "text"}).replace(b"key", b"k\xffy").replace(b"text", b"t\xfext")
    real_database["kept"].insert_one(RawBSONDocument(broken))

    assert real_database["kept"].find_one() == {"_id": 1, "k\ufffdy": "t\ufffdxt"}
