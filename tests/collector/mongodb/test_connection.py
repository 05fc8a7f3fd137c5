"""MongoDB by URL, and its errors in our words."""

from pathlib import Path
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
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
)

from collector.errors import (
    CommandRefusedError,
    DatabaseError,
    DatabaseTimeoutError,
    SettingsError,
    UnacceptableError,
)
from collector.mongodb.connection import Client, ask, connect, database, database_name, plainly
from tests.failpoints import OF_ATLAS, TOO_SLOW, refused


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
def test_the_error_of_an_invalid_url_names_the_setting_and_shows_no_part_of_the_url(url: str) -> None:
    with pytest.raises(SettingsError) as error:
        connect(url, "RCSTATS_MONGO_URL")
    assert str(error.value).startswith("RCSTATS_MONGO_URL: not a valid MongoDB URL")
    assert "hid" not in str(error.value)


def test_an_option_that_only_node_knows_is_logged_and_ignored(caplog: pytest.LogCaptureFixture) -> None:
    connect("mongodb://host/db?useNewUrlParser=true", "MONGO_URL").close()

    (message,) = caplog.messages
    assert message.startswith('driver warning setting=MONGO_URL text="Unknown option')


TROUBLE = [
    (ServerSelectionTimeoutError("host secret"), "can't be reached"),
    (AutoReconnect("host secret"), "can't be reached: the server closed the connection"),
    (WaitQueueTimeoutError("secret"), "can't be reached: all connections to it are in use"),
    (NotPrimaryError("secret"), "can't be reached: it has no primary at the moment"),
    (NetworkTimeout("host secret"), "did not answer in time"),
    (ExecutionTimeout("secret", 50), "did not answer in time"),
    (OperationFailure("secret", 18), "refuses the login: user name, password or authSource is wrong"),
    (OperationFailure("secret", 13), "does not grant this login the required privilege"),
    (OperationFailure("secret", 14031), "refuses to write: its disk is full"),
    (OperationFailure("you are over your space quota: secret", 8000), "refuses to write: the storage quota is used up"),
    (PyMongoError("secret"), "failed (PyMongoError)"),
]


@pytest.mark.parametrize(("error", "words"), TROUBLE, ids=lambda value: type(value).__name__)
def test_driver_errors_are_translated_without_their_text(error: PyMongoError, words: str) -> None:
    with pytest.raises(DatabaseError) as told, plainly("the store's"):
        raise error
    assert str(told.value) == f"the store's MongoDB {words}"
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("code", [13, 18])
def test_a_missing_privilege_is_not_a_refused_command(code: int) -> None:
    with pytest.raises(DatabaseError) as told, plainly("the store's"):
        raise OperationFailure("secret", code)
    assert not isinstance(told.value, CommandRefusedError)


def test_atlass_error_code_is_a_refused_login_only_while_connecting(mongod_url: str, real_client: Client) -> None:
    login = mongod_url.replace("//", "//reader:hidden-word@") + "&appName=atlas-login"
    with (
        refused(real_client, "atlas-login", "saslStart", code=OF_ATLAS),
        connect(login, "TEST") as client,
        pytest.raises(DatabaseError, match="refuses the login"),
    ):
        ask("the store's", client, client["rcstats"]["statistics"].find_one)
    with (
        refused(real_client, "atlas-command", "find", code=OF_ATLAS),
        connect(f"{mongod_url}&appName=atlas-command", "TEST") as client,
        pytest.raises(CommandRefusedError, match=r"answered with an error \(code 8000\)"),
    ):
        ask("the store's", client, client["rcstats"]["statistics"].find_one)


def test_a_slow_command_is_a_timeout_and_not_an_unreachable_server(mongod_url: str, real_client: Client) -> None:
    with (
        refused(real_client, "slow", "find", code=TOO_SLOW),
        connect(f"{mongod_url}&appName=slow", "TEST") as client,
        pytest.raises(DatabaseTimeoutError, match="did not answer in time"),
    ):
        ask("the store's", client, client["rcstats"]["statistics"].find_one)


@pytest.mark.parametrize("content", [None, "no certificate"], ids=["missing", "not in PEM"])
def test_the_error_names_an_unusable_tls_file(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "authority.pem"
    if content:
        path.write_text(content)
    with pytest.raises(SettingsError) as told:
        connect(f"mongodb://u:hidden-word@host/db?tls=true&tlsCAFile={path}", "RCSTATS_MONGO_URL")

    assert str(told.value) == f"RCSTATS_MONGO_URL: tlsCAFile={path} is not a readable PEM file"


@pytest.mark.parametrize("name", ["my%00db", "my.db"])
def test_an_invalid_database_name_is_a_settings_error(name: str) -> None:
    url = f"mongodb://u:hidden-word@host/{name}"
    with connect(url, "RCSTATS_MONGO_URL") as client, pytest.raises(SettingsError) as told:
        database(client, database_name(url), "RCSTATS_MONGO_URL")

    assert str(told.value).startswith("RCSTATS_MONGO_URL: expected a database name as the URL's path, got ")
    assert "\0" not in str(told.value)


def test_an_invalid_command_is_a_refused_command() -> None:
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
def test_a_document_that_cannot_be_stored_is_unacceptable(
    real_database: Database[dict[str, Any]], document: dict[str, Any]
) -> None:
    with pytest.raises(UnacceptableError, match=r"^the store's MongoDB "), plainly("the store's"):
        real_database["kept"].insert_one(document)


def test_a_document_that_cannot_be_decoded_is_a_database_error() -> None:
    with pytest.raises(DatabaseError) as told, plainly("the store's"):
        bson.decode(b"half a document")
    assert str(told.value) == "the store's MongoDB returned a document that cannot be decoded"


def test_invalid_utf8_is_decoded_with_replacement_characters(real_database: Database[dict[str, Any]]) -> None:
    broken = bson.encode({"_id": 1, "key": "text"}).replace(b"key", b"k\xffy").replace(b"text", b"t\xfext")
    real_database["kept"].insert_one(RawBSONDocument(broken))

    assert real_database["kept"].find_one() == {"_id": 1, "k\ufffdy": "t\ufffdxt"}
