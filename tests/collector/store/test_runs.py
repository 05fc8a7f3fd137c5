"""Snapshots as runs of equal fields."""

from datetime import timedelta
from typing import Any

import pytest
from bson import encode
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database

from collector.errors import TooLargeError
from collector.store.runs import runs, stages_of_runs
from collector.store.snapshots import Store
from tests.factories import NOW, hours, keep, snapshot
from tests.plans import plan

Db = Database[dict[str, Any]]
OPTIONS: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)
FIELDS = {"version": 1, "collector.kind": 1}


def row(number: int, **fields: Any) -> RawBSONDocument:
    at = NOW + hours(number)
    raw = CodecOptions(document_class=RawBSONDocument, tz_aware=True)
    return RawBSONDocument(encode({"createdAt": at, "fields": fields}), raw)


class Counted(dict[str, Any]):
    """A document that counts how many are decoded."""

    made = 0

    def __init__(self) -> None:
        super().__init__()
        Counted.made += 1


def test_only_one_of_equal_snapshots_is_decoded() -> None:
    rows = [row(number, version="1" if number < 5 else "2") for number in range(1000)]
    found = list(runs(rows, CodecOptions(document_class=Counted), 1000))

    assert [(dict(fields), len(moments)) for fields, moments in found] == [
        ({"version": "1"}, 5),
        ({"version": "2"}, 995),
    ]
    assert found[1][1][0] == NOW + hours(5)
    assert Counted.made == 2


def test_more_snapshots_than_allowed_are_refused() -> None:
    with pytest.raises(TooLargeError, match="more than 2 snapshots"):
        list(runs([row(number) for number in range(3)], OPTIONS, 2))


def test_the_fields_are_as_stored_and_the_one_before_the_period_comes_first(real_database: Db) -> None:
    for age in range(5):
        keep(real_database, snapshot(at=NOW - hours(age), version=f"8.{age}", os={"type": "Linux"}))
    found = list(Store(real_database).runs("workspace", NOW - hours(2), NOW, FIELDS, 100))

    assert found == [({"version": f"8.{age}", "collector": {}}, [NOW - hours(age)]) for age in (3, 2, 1)]


def test_they_are_read_by_the_index_in_its_order(real_database: Db) -> None:
    Store(real_database).prepare()
    keep(real_database, *(snapshot(at=NOW - timedelta(days=age), version="8.0") for age in range(20)))
    stages = stages_of_runs({"collector.workspace": "workspace"}, NOW - timedelta(days=5), NOW, FIELDS)

    before, within = (
        plan(real_database, {"aggregate": "statistics", "pipeline": pipeline, "cursor": {}}) for pipeline in stages
    )
    assert before.indexes == within.indexes == {"trends"}
    assert (before.documents, before.sorts) == (1, False)
    assert (within.documents, within.sorts) == (5, False)
