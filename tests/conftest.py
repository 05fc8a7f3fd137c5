"""The databases of the tests: mongomock for what it does faithfully, a real mongod for all of it."""

import signal
from collections.abc import Iterator
from uuid import uuid4

import mongomock
import pytest
from pymongo import MongoClient
from pymongo.database import Database

from collector.demo import mongod
from collector.errors import RcstatsError
from collector.key_paths import Document
from collector.mongodb.connection import Client, connect


def pytest_configure() -> None:
    """Processes that tests start and end by signals inherit what a shell or nohup ignores for this one."""
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


@pytest.fixture(scope="session")
def mongod_url() -> Iterator[str]:
    """A real server for the whole session: .../?replicaSet=…, without a database."""
    try:
        mongod.executable()
    except RcstatsError as error:
        pytest.skip(str(error))
    with mongod.running(None, None, "--setParameter", "enableTestCommands=1") as url:  # for tests/failpoints.py
        yield url


@pytest.fixture(scope="session")
def real_client(mongod_url: str) -> Iterator[Client]:
    with connect(mongod_url, "TEST") as client:
        yield client


@pytest.fixture
def real_database(real_client: Client) -> Iterator[Database[Document]]:
    """An empty database of the real server."""
    name = f"test_{uuid4().hex}"
    yield real_client[name]
    real_client.drop_database(name)


@pytest.fixture(params=["mongomock", "mongod"])
def database(request: pytest.FixtureRequest) -> Database[Document]:
    """An empty database, once faked and once real: what a test says must hold for both."""
    if request.param == "mongod":
        found: Database[Document] = request.getfixturevalue("real_database")
        return found
    client: MongoClient[Document] = mongomock.MongoClient(tz_aware=True)
    return client["test"]
