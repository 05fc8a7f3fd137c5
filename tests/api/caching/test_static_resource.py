"""Resources that never change while the process lives."""

import pytest
from starlette.testclient import TestClient


@pytest.mark.parametrize(
    "path", ["/", "/page/page.js", "/page/page.css", "/page/Chart.bundle.js", "/openapi.json", "/docs"]
)
def test_a_resource_is_not_sent_again_to_a_client_that_has_it(anonymous: TestClient, path: str) -> None:
    first = anonymous.get(path)
    again = anonymous.get(path, headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["cache-control"] == again.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/", "/page/page.js", "/openapi.json", "/docs"])
@pytest.mark.parametrize("encoding", ["gzip", ""])
def test_a_resource_is_encoded_as_the_client_accepts_it(anonymous: TestClient, path: str, encoding: str) -> None:
    answer = anonymous.get(path, headers={"Accept-Encoding": encoding})

    assert answer.headers.get("content-encoding", "") == encoding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.text == anonymous.get(path).text


def test_the_description_may_be_read_by_pages_of_other_origins(anonymous: TestClient) -> None:
    assert anonymous.get("/openapi.json").headers["access-control-allow-origin"] == "*"
