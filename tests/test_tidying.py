"""What the daemon does after a slot."""

from pathlib import Path
from uuid import uuid4

from collector.bootstrap import open_components
from collector.daemon import tidy
from collector.mongodb.connection import Client
from collector.settings import load
from tests.factories import NOW, hours, snapshot


def test_tidying_ends_after_its_time_and_goes_on_the_next_time(
    mongod_url: str, real_client: Client, tmp_path: Path
) -> None:
    name = f"tidying_{uuid4().hex}"
    real_client[name]["statistics"].insert_many([snapshot(name, at=NOW - hours(age)) for age in range(48)])
    url = mongod_url.replace("/?", f"/{name}?")
    with open_components(load(mongo_url=url, store_url=url, retention_daily_days=0, state_directory=tmp_path)) as parts:
        left = []
        for within in (-1.0, 60.0):
            tidy(parts, within)
            left.append(parts.store.count(name, {}))

    real_client.drop_database(name)
    assert left == [48, 0]
