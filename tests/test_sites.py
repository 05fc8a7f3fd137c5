"""Two sites of one workspace, each with its own database and rcstats, and one store."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from pymongo.database import Database

from collector.bootstrap import open_components
from collector.demo.sample import workspace
from collector.demo.sample.size import Size
from collector.mongodb.connection import Client
from collector.settings import load
from collector.sources.collections import Collection
from tests.factories import keep, reading, snapshot
from tests.processes import Running, rcstats, running

ADMIN = {"X_User_Id": workspace.ADMIN.user_id, "X_Auth_Token": workspace.ADMIN.token}
UNIQUE_ID = "3f0c6d1e-8a52-4c3b-9d3a-52f1f0a7c9e4"
USERS = {"berlin": 50, "paris": 40}
KEYS = {site: f"{UNIQUE_ID}@{site}" for site in USERS}
SLOTS = [datetime(2024, 3, day, tzinfo=UTC) for day in range(1, 9)]


@dataclass(frozen=True)
class Sites:
    """The database of each site by name, and the store of both."""

    url: str
    databases: dict[str, Database[dict[str, Any]]]
    store: Database[dict[str, Any]]

    def settings(self, site: str) -> dict[str, str]:
        """The settings of a daemon there that does not name its site."""
        databases = {"mongo_url": self.databases[site], "store_url": self.store}
        urls = {name: self.url.replace("/?", f"/{of.name}?") for name, of in databases.items()}
        return urls | {"schedule": "0 0 1 1 *"}


@pytest.fixture
def sites(real_client: Client, mongod_url: str) -> Iterator[Sites]:
    """Two databases of one uniqueID, whose servers have had their fingerprints for a day."""
    now = datetime.now(UTC)
    databases = {site: real_client[f"{site}_{uuid4().hex}"] for site in USERS}
    for site, database in databases.items():
        workspace.fill(database, now, Size(users=USERS[site], messages=100))
        rows = database[Collection.SETTINGS]
        rows.update_one({"_id": "uniqueID"}, {"$set": {"value": UNIQUE_ID}})
        fingerprint = {"value": f"of {site}", "_updatedAt": now - timedelta(days=1)}
        rows.update_one({"_id": "Deployment_FingerPrint_Hash"}, {"$set": fingerprint})
    store = real_client[f"store_{uuid4().hex}"]
    yield Sites(mongod_url, databases, store)
    for database in (*databases.values(), store):
        real_client.drop_database(database)


def test_each_slot_has_one_snapshot_of_each_site(sites: Sites, tmp_path: Path) -> None:
    start = Barrier(len(USERS), timeout=30)

    def take(site: str) -> None:
        settings = load(**sites.settings(site), site=site, state_directory=tmp_path)
        with open_components(settings, readings=[reading("presence"), reading("workspace")]) as components:
            for slot in SLOTS:
                start.wait()
                components.job.take_slot(slot, lambda: False)  # raises if another daemon holds its lease

    with ThreadPoolExecutor() as pool:
        list(pool.map(take, USERS))

    snapshots = list(sites.store["statistics"].find())
    taken = Counter((one["collector"]["site"], one["collector"]["slot"], one["totalUsers"]) for one in snapshots)
    assert taken == {(site, slot, users): 1 for site, users in USERS.items() for slot in SLOTS}
    assert {(one["collector"]["workspace"], one["uniqueId"]) for one in snapshots} == {
        (key, UNIQUE_ID) for key in KEYS.values()
    }
    assert len(list(sites.store["leases"].find())) == len(snapshots)


def answers(daemon: Running, path: str) -> Any:
    status, body = daemon.get(f"/api/v1/{path}", **ADMIN)
    assert status == 200
    return body


def listed(daemon: Running) -> int:
    """The number of snapshots with a slot, once the daemon answers."""
    status, body = daemon.get('/api/v1/statistics.list?query={"collector.slot":{"$exists":true}}', **ADMIN)
    return int(body["total"]) if status == 200 else 0


def test_each_endpoint_serves_its_own_site(sites: Sites) -> None:
    now = datetime.now(UTC)
    for site, users in USERS.items():
        ages = [timedelta(days=day) for day in range(1, 70)]
        keep(sites.store, *[snapshot(KEYS[site], now - age, totalUsers=users) for age in ages])
    with (
        running("run", site="berlin", **sites.settings("berlin")) as berlin,
        running("run", site="paris", **sites.settings("paris")) as paris,
    ):
        serves_its_own(berlin, "berlin")
        serves_its_own(paris, "paris")


def serves_its_own(daemon: Running, site: str) -> None:
    """Once its slot is taken, all that it answers is of its site."""
    daemon.wait_for(lambda: listed(daemon) == 1)
    page = answers(daemon, "statistics.list?count=100")
    assert (page["total"], {one["collector"]["workspace"] for one in page["statistics"]}) == (70, {KEYS[site]})
    assert answers(daemon, "statistics")["collector"]["site"] == site
    series = answers(daemon, "statistics.series?fields=totalUsers&start=-60d&every=1d&how=max")
    assert set(series["series"]["totalUsers"]) == {USERS[site]}
    growth = answers(daemon, "statistics.forecast")["growth"]
    assert [one["now"] for one in growth if one["key"] == "totalUsers"] == [USERS[site]]
    assert not any(word in daemon.output for word in ("refused", "dropped", "failing"))


def check(sites: Sites, at: str, **named: str) -> str:
    """The line on sites of a check at a site."""
    lines = rcstats("check", **sites.settings(at), **named).stdout.splitlines()
    (found,) = [line for line in lines if line.split()[1] == "sites"]
    return found


def test_sites_without_names_are_found(sites: Sites) -> None:
    for site in USERS:
        assert rcstats("snapshot", **sites.settings(site)).returncode == 0

    for site in USERS:
        warning = "warning  sites      another server with the same uniqueID has 1 of the last day's snapshots: set "
        assert check(sites, site).startswith(warning)
        assert check(sites, site, site=site).startswith("ok       sites ")


def test_a_replicated_workspace_without_a_name_is_found(sites: Sites) -> None:
    sites.databases["paris"][Collection.SITE_REPLICATION].insert_one({"_id": "anything"})

    assert check(sites, "berlin").startswith("ok       sites ")
    assert check(sites, "paris").startswith("warning  sites      rocketchat_site_replication_state has documents: ")
    assert check(sites, "paris", site="paris").startswith("ok       sites ")


def test_all_commands_act_on_their_own_site(sites: Sites) -> None:
    for site in USERS:
        named = {"site": site} | sites.settings(site)
        for command in ("snapshot", "import"):
            assert rcstats(command, **named).returncode == 0
        backfilled = rcstats("backfill", "--since", "-30d", "--every", "1w", **named)
        assert backfilled.returncode == 0, backfilled.stderr

    kinds = [{"$group": {"_id": {"site": "$collector.site", "key": "$collector.workspace"}, "n": {"$sum": 1}}}]
    found = {row["_id"]["site"]: (row["_id"]["key"], row["n"]) for row in sites.store["statistics"].aggregate(kinds)}
    assert {site: key for site, (key, _) in found.items()} == KEYS
    assert rcstats("prune", site="paris", retention_daily_days="0", **sites.settings("paris")).returncode == 0
    left = {row["_id"]["site"]: row["n"] for row in sites.store["statistics"].aggregate(kinds)}
    assert left["berlin"] == found["berlin"][1] > left["paris"]
