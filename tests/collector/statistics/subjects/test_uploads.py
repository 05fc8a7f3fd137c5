"""Uploads."""

from typing import Any

from pymongo.database import Database

from collector.sources.collections import Collection
from tests.factories import insert, read

Db = Database[dict[str, Any]]


def test_sizes_that_are_not_numbers_add_nothing(real_database: Db) -> None:
    insert(real_database, Collection.UPLOADS, {"size": 2**33}, {"size": 5.0}, {"size": "7"}, {"size": None}, {})

    assert read("uploads", real_database) == {"uploadsTotal": 5, "uploadsTotalSize": 2**33 + 5}
