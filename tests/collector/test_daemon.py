"""The daemon's own parts, without a process."""

from pathlib import Path
from uuid import uuid4

from api.network.bounds import Bounds
from collector import daemon
from collector.bootstrap import open_components
from collector.mongodb.connection import Client
from collector.settings import load
from tests.factories import NOW, hours, snapshot, with_id


def test_connections_are_bounded_as_the_settings_say() -> None:
    settings = load(mongo_url="mongodb://localhost/rocketchat", max_connections=7, max_connections_per_address=3)

    assert daemon.bounds(settings) == Bounds(connections=7, per_address=3)
    assert daemon.bounds(load(mongo_url="mongodb://localhost/rocketchat")) == Bounds()


def test_pruning_ends_after_its_time_and_goes_on_the_next_time(
    mongod_url: str, real_client: Client, tmp_path: Path
) -> None:
    name = f"pruning_{uuid4().hex}"
    database = with_id(real_client[name], name)
    database["statistics"].insert_many([snapshot(name, at=NOW - hours(age)) for age in range(48)])
    url = mongod_url.replace("/?", f"/{name}?")
    settings = load(mongo_url=url, store_url=url, retention_daily_days=0, state_directory=tmp_path)
    with open_components(settings) as components:
        left = []
        for within in (-1.0, 60.0):
            daemon.prune(components, lambda: False, within)
            left.append(components.store.count(name, {}))

    real_client.drop_database(name)
    assert left == [48, 0]
