"""The files of the page, as they are sent."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.dashboard import static_files
from tests.api.conftest import LIST


def test_the_page_names_only_what_is_there_and_by_relative_addresses(anonymous: TestClient) -> None:
    answer = anonymous.get("/")
    named = {part.split('"')[0] for part in answer.text.split('="page/')[1:]}

    assert {"page.js", "page.css", "theme.js"} <= named
    for name in named:
        assert anonymous.get(f"/page/{name}").status_code == 200
    assert 'href="/' not in answer.text
    assert 'src="/' not in answer.text


def test_the_pages_policy_is_strict(anonymous: TestClient) -> None:
    headers = anonymous.get("/").headers

    assert "default-src 'none'; script-src 'self';" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_chartjs_travels_in_few_bytes_and_is_kept_by_its_release(anonymous: TestClient, encoding: str) -> None:
    (address,) = [part.split('"')[0] for part in anonymous.get("/").text.split('data-chart="')[1:]]
    with anonymous.stream("GET", f"/{address}", headers={"Accept-Encoding": encoding}) as answer:
        raw = b"".join(answer.iter_raw())

    assert answer.headers["content-encoding"] == encoding
    assert len(raw) < 200_000
    assert "immutable" in answer.headers["cache-control"]
    assert anonymous.get("/page/Chart.bundle.js?v=0").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/page/", "/page/static_files.py", "/page/none.js", "/page/..%2fapp.py", "/page/index.html"]
)
def test_nothing_else_is_served(anonymous: TestClient, path: str) -> None:
    assert anonymous.get(path).status_code == 404


def test_the_page_is_small() -> None:
    folder = Path(static_files.__file__).parent
    sizes = {kind: sum(path.stat().st_size for path in folder.glob(f"*.{kind}")) for kind in ("js", "css")}

    assert sizes["js"] < 80_000
    assert sizes["css"] < 16_000


def test_the_api_that_it_asks_is_there(anonymous: TestClient) -> None:
    assert anonymous.get(LIST).status_code == 401
