"""The API page that started the project: its request answers with its answer."""

import json
from datetime import datetime
from typing import Any

from pymongo.database import Database
from starlette.testclient import TestClient

from collector.demo.sample import workspace
from collector.sources import Sources
from collector.sources.rocketchat import RocketChat
from collector.statistics import catalog, snapshot
from collector.store.snapshots import Store
from tests.api.conftest import client_of

Db = Database[dict[str, Any]]

REQUEST = (
    "/api/v1/statistics.list?query=%7B%22_id%22%3A%22v3D4mvobwfznKozH8%22%7D"
    "&fields=%7B%22os%22%3A0%2C%22migration%22%3A0%2C%22deploy%22%3A0%2C%22process%22%3A0%7D"
)
SAMPLE: dict[str, Any] = json.loads("""
{
  "_id": "v3D4mvobwfznKozH8", "uniqueId": "wD4EP3M7FeFzJZgk9", "installedAt": "2018-02-18T19:40:45.369Z",
  "version": "0.61.0-develop", "totalUsers": 88, "activeUsers": 88, "nonActiveUsers": 0, "onlineUsers": 0,
  "awayUsers": 1, "offlineUsers": 87, "totalRooms": 81, "totalChannels": 41, "totalPrivateGroups": 37,
  "totalDirect": 3, "totlalLivechat": 0, "totalMessages": 2408, "totalChannelMessages": 730,
  "totalPrivateGroupMessages": 1869, "totalDirectMessages": 25, "totalLivechatMessages": 0,
  "lastLogin": "2018-02-24T12:44:45.045Z", "lastMessageSentAt": "2018-02-23T18:14:03.490Z",
  "lastSeenSubscription": "2018-02-23T17:58:54.779Z", "instanceCount": 1,
  "createdAt": "2018-02-24T15:13:00.312Z", "_updatedAt": "2018-02-24T15:13:00.312Z"
}
""")
DATES = {"installedAt", "lastLogin", "lastMessageSentAt", "lastSeenSubscription", "createdAt", "_updatedAt"}
LEFT_OUT: dict[str, Any] = {"os": {}, "migration": {}, "deploy": {}, "process": {}}


def stored(sample: dict[str, Any]) -> dict[str, Any]:
    """The sample as it lies in the store: dates are dates, and it belongs to a workspace."""
    dated = {key: datetime.fromisoformat(value) if key in DATES else value for key, value in sample.items()}
    return dated | LEFT_OUT | {"collector": {"workspace": "workspace"}}


def test_the_pages_request_has_the_pages_answer(workspace: Db, admin: TestClient) -> None:
    Store(workspace).add(stored(SAMPLE))
    Store(workspace).add(stored(SAMPLE) | {"_id": "another"})

    answer = admin.get(REQUEST)
    body = answer.json()
    assert body["statistics"][0].pop("collector") == {"workspace": "workspace"}
    assert body == {"statistics": [SAMPLE], "count": 1, "offset": 0, "total": 1, "success": True}
    assert list(body) == ["statistics", "count", "offset", "total", "success"]


def test_a_snapshot_of_ours_has_every_field_of_the_sample_in_its_shape(real_database: Db) -> None:
    workspace.fill(real_database, snapshot.now(), workspace.Size(users=50, messages=200))
    source, store = RocketChat(real_database), Store(real_database)
    about = snapshot.SnapshotContext(source.identity(), "UTC")
    taken = snapshot.take(catalog.READINGS, Sources(source), about)
    store.add(taken)

    headers = {"X-User-Id": workspace.ADMIN.user_id, "X-Auth-Token": workspace.ADMIN.token}
    with client_of(real_database) as client:
        body = client.get(REQUEST.replace(SAMPLE["_id"], taken["_id"]), headers=headers).json()

    (served,) = body["statistics"]
    ours = {statistic.key.partition(".")[0] for statistic in catalog.STATISTICS} - set(LEFT_OUT)
    assert set(SAMPLE) <= set(served) <= set(SAMPLE) | ours
    assert {key: type(served[key]) for key in SAMPLE} == {key: type(value) for key, value in SAMPLE.items()}
    assert {key: len(served[key]) for key in DATES} == {key: len(SAMPLE[key]) for key in DATES}
    assert set(LEFT_OUT) <= set(taken)
