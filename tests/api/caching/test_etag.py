"""What is sent again, and what is not as the client has it."""

from typing import Any

import pytest
from pymongo.database import Database
from starlette.testclient import TestClient

from collector.sources.collections import Collection
from collector.store.snapshots import Store
from tests.api.conftest import ADMIN, LIST, MEMORY, PLAIN, SERIES, client_of
from tests.commands import Commands
from tests.factories import insert, setting, snapshot

Db = Database[dict[str, Any]]


@pytest.mark.parametrize("path", [LIST, "/api/v1/statistics", "/api/v1/statistics.dictionary", "/api/info"])
def test_what_the_client_has_is_not_sent_again(watched: Db, heard: Commands, path: str) -> None:
    with client_of(watched, seconds=60) as client:
        tag = client.get(path, headers=ADMIN).headers["etag"]
        heard.names.clear()
        for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', f'"with,comma",{tag}', "*"):
            answer = client.get(path, headers=ADMIN | {"If-None-Match": known})
            assert (answer.status_code, answer.content) == (304, b"")
            assert answer.headers["etag"] == tag
        lines = [*ADMIN.items(), ("If-None-Match", '"other"'), ("If-None-Match", tag)]
        assert client.get(path, headers=lines).status_code == 304
        assert client.get(path, headers=ADMIN | {"If-None-Match": '"other"'}).status_code == 200

    assert heard.names.count("find") <= 1  # by the last one


def test_a_tag_is_worth_nothing_without_the_right_to_read(watched: Db) -> None:
    with client_of(watched, seconds=60) as client:
        tag = client.get(LIST, headers=ADMIN).headers["etag"]

        assert client.get(LIST, headers={"If-None-Match": tag}).status_code == 401
        assert client.get(LIST, headers=PLAIN | {"If-None-Match": tag}).status_code == 400


def test_a_tag_holds_after_a_restart_and_not_after_a_change(workspace: Db) -> None:
    def tag() -> str:
        with client_of(workspace) as client:
            return str(client.get(LIST, headers=ADMIN).headers["etag"])

    seen = [tag(), tag()]
    Store(workspace).add(snapshot())
    seen += [tag(), tag()]
    insert(workspace, Collection.SETTINGS, setting("API_Default_Count", 1))
    seen.append(tag())

    assert seen[0] == seen[1] != seen[2] == seen[3] != seen[4]


def test_a_tag_inside_another_is_not_the_same(admin: TestClient) -> None:
    tag = admin.get(LIST).headers["etag"].removeprefix("W/").strip('"')

    assert admin.get(LIST, headers={"If-None-Match": f'"x{tag}", "{tag}x", {tag}'}).status_code == 200


def test_many_kinds_of_headers_are_few_responses_in_memory(watched: Db, heard: Commands) -> None:
    with client_of(watched, seconds=60, keep=MEMORY) as client:
        client.get(SERIES, headers=ADMIN | {"Accept-Encoding": "gzip"})
        heard.names.clear()
        for n in range(100):
            odd = {"Accept-Encoding": f"gzip;q=0.{n}1, x{n}", "Accept": f"text/x{n}, */*;q=0.{n}1"}
            assert client.get(SERIES, headers=ADMIN | odd).status_code == 200

    assert heard.names == ["aggregate"] * 100  # login and permission
