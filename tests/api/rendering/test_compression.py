"""How an answer is compressed."""

import gzip
import json
from typing import Any

import pytest
import zstandard
from pymongo.database import Database
from starlette.testclient import TestClient

from tests.api.conftest import ADMIN, LIST, MEMORY, client_of

Db = Database[dict[str, Any]]


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1.0, zstd;q=0", "gzip"),
        ("gzip;q=0.9, zstd;q=0.1", "gzip"),
        ("*", "zstd"),
        ("identity", None),
        ("gzip;q=0", None),
        ("gzip;q=x", None),
        ("", None),
    ],
)
def test_an_answer_is_compressed_as_the_client_accepts_it(watched: Db, accepted: str, encoding: str | None) -> None:
    with client_of(watched, keep=MEMORY) as client:
        for _ in range(2):  # made, and from memory
            with client.stream("GET", LIST, headers=ADMIN | {"Accept-Encoding": accepted}) as answer:
                raw = b"".join(answer.iter_raw())
            assert answer.headers.get("content-encoding") == encoding
            assert "Accept-Encoding" in answer.headers["vary"]
            assert json.loads(_plain(raw, encoding))["count"] == 3


def _plain(raw: bytes, encoding: str | None) -> bytes:
    if encoding == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(raw)
    return gzip.decompress(raw) if encoding else raw


def test_what_fits_a_packet_is_not_compressed(admin: TestClient) -> None:
    assert "content-encoding" not in admin.get(LIST, headers={"Accept-Encoding": "gzip"}).headers


def test_it_is_compressed_for_a_client_that_accepts_nothing_else(admin: TestClient) -> None:
    answer = admin.get(LIST, headers={"Accept-Encoding": "gzip, identity;q=0"})

    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json()["success"] is True
    assert "content-encoding" not in admin.get(LIST, headers={"Accept-Encoding": "identity;q=0"}).headers
