"""A workspace right after its installation: settings without those that come later, and the server's first document."""

from datetime import datetime

from pymongo.database import Database

from collector.demo import instance
from collector.demo.sample import own_statistics, small_collections
from collector.demo.sample.blueprint import Plan
from collector.demo.sample.settings import settings
from collector.demo.sample.size import Size
from collector.key_paths import Document
from collector.sources.collections import Collection
from collector.statistics.releases import Release
from tests.oracle.setting_names import COPIED
from tests.releases import names


def fill(database: Database[Document], now: datetime, release: Release) -> None:
    """No users, rooms or messages; what the server adds only with a licence or at the first use is not there."""
    plan = Plan(Size(), now, 1, release)
    later = {COPIED[path] for path in names.undefined(release) if path in COPIED}
    rows = [row for row in settings(plan) if row["_id"] not in later and "OAuth_Custom" not in row["_id"]]
    database[Collection.SETTINGS].insert_many(rows)
    database[Collection.MIGRATIONS].insert_many(small_collections.migrations(plan))
    database[Collection.STATISTICS].insert_one(next(own_statistics.statistics(plan)))
    database[Collection.INSTANCES].insert_one(instance.row(now) | {"_createdAt": now})
