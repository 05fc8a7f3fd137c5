"""Sessions by kept days: the numbers of a reading of the whole month, whatever became of the days and the cache."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from bson import Int64
from bson.codec_options import CodecOptions
from bson.datetime_ms import DatetimeMS
from bson.raw_bson import RawBSONDocument
from pymongo import UpdateOne
from pymongo.collection import Collection as MongoCollection
from pymongo.database import Database

from collector.errors import DatabaseError
from collector.key_paths import Document
from collector.mongodb.connection import connect
from collector.sources import Sources
from collector.sources.collections import Collection, Pipeline
from collector.sources.rocketchat import RocketChat
from collector.sources.session_days import NotKept
from collector.statistics.collector import Collector
from collector.statistics.releases import NEWEST
from collector.statistics.values import Noted
from collector.store.session_days import COLLECTION, SPARE, SessionDayStore
from tests.collector.statistics.session_histories import ODD_ROWS, History
from tests.factories import reading, with_id
from tests.failpoints import NO_RIGHT, refused
from tests.oracle import sessions as oracle
from tests.oracle.comparison import comparable

Db = Database[dict[str, Any]]

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati")
BEGINNINGS = (date(2023, 1, 25), date(2024, 1, 25), date(2024, 2, 25), date(2024, 9, 24), date(2025, 11, 26))
HISTORIES, BATCHES = 200, 8
BEFORE, NIGHTS = 31, 9  # nights without snapshots, and nights with them

Keeper = SessionDayStore


def at(database: Db, now: datetime, zone: ZoneInfo, keeper: Keeper | None, workspace: str = "w") -> dict[str, Any]:
    """The nine as of a moment, by the kept days or, without them, by the month as a whole."""
    sources = Sources(RocketChat(database), timezone=zone, now=now)
    if keeper:
        sources = Sources(RocketChat(database), timezone=zone, now=now, session_days=keeper.of(workspace))
    return {key: resolved(value) for key, value in reading("sessions").read(sources).items()}


def resolved(value: Any) -> Any:
    return (value.value, value.note) if isinstance(value, Noted) else value


def put(database: Db, history: History) -> None:
    """The rows as they are now."""
    rows = database[Collection.SESSIONS]
    changed = [row for row in history.rows.values() if row is not history.written.get(row["_id"])]
    if changed:
        rows.bulk_write(
            [UpdateOne({"_id": row["_id"]}, [{"$replaceWith": {"$literal": row}}], upsert=True) for row in changed]
        )
    history.written = dict(history.rows)


def moments(random: Random, today: date, zone: ZoneInfo) -> list[datetime]:
    """When snapshots are taken on a day: before the job at times, right after it, and later."""
    hours = (time(0, 30), time(2, 6), time(2, 50), time(9), time(23, 30))
    return [datetime.combine(today, hour, zone).astimezone(UTC) for hour in hours if random.random() < 0.3]


@pytest.mark.parametrize("batch", range(BATCHES))
def test_any_history_is_counted_as_recounted(batch: int, real_database: Db) -> None:
    for number in range(batch, HISTORIES, BATCHES):
        real_database[Collection.SESSIONS].drop()
        with_indexes(real_database)
        real_database[COLLECTION].drop()
        live_through(real_database, Random(number), odd=0.0 if number % 3 else 0.004)  # noqa: S311


def with_indexes(database: Db) -> None:
    """Those of the server, without the one by which MongoDB would remove what is older than six weeks."""
    database[Collection.SESSIONS].create_index([("type", 1), ("year", 1), ("month", 1), ("day", 1)])
    database[Collection.SESSIONS].create_index([("_computedAt", 1)])


def live_through(database: Db, random: Random, odd: float) -> None:
    """Some days after a month, snapshot after snapshot by one of two daemons."""
    zone, begin = ZoneInfo(random.choice(ZONES)), random.choice(BEGINNINGS)
    history = History(random, zone, odd)
    keepers = [SessionDayStore(database) for _ in range(2)]
    for night in range(BEFORE):
        history.night(begin + timedelta(days=night))
    put(database, history)
    for night in range(BEFORE, BEFORE + NIGHTS):
        today = begin + timedelta(days=night)
        is_computed = False
        for now in moments(random, today, zone):
            if now.astimezone(zone).time() > time(2) and not is_computed:
                history.night(today)
                put(database, history)
                is_computed = True
            assert_right(database, history, now, zone, random.choice(keepers))
        if not is_computed:
            history.night(today)
            put(database, history)


def assert_right(database: Db, history: History, now: datetime, zone: ZoneInfo, keeper: Keeper) -> None:
    ours = at(database, now, zone, keeper)
    if history.odd:
        assert ours == at(database, now, zone, None), (now, zone)
    else:
        expected = oracle.recounted({Collection.SESSIONS: list(history.rows.values())}, now, zone)
        assert comparable(ours, NEWEST) == comparable(expected, NEWEST), (now, zone)


class TestOneMonth:
    """Kept by a first snapshot at nine o'clock; then something happens."""

    TODAY = date(2024, 4, 1)
    NOW = datetime(2024, 4, 1, 9, tzinfo=UTC)

    @pytest.fixture
    def history(self, real_database: Db) -> History:
        history = History(Random(1), ZoneInfo("UTC"))  # noqa: S311
        for ago in range(40, -1, -1):
            history.night(self.TODAY - timedelta(days=ago))
        with_indexes(real_database)
        put(real_database, history)
        assert_right(real_database, history, self.NOW, history.zone, SessionDayStore(real_database))
        return history

    def asks(self, database: Db, now: datetime) -> list[str]:
        """What the next snapshot asks: the days that it reads, and `month` for a whole one."""
        asked: list[str] = []

        class Noting(RocketChat):
            def aggregate(self, of: Collection, pipeline: Pipeline, hint: Document | None = None) -> list[Document]:
                if "$project" in pipeline[1] or "$facet" in pipeline[-1]:
                    where = pipeline[0]["$match"]
                    asked.append("month" if "$or" in where else f"{where['month']}-{where['day']}")
                return super().aggregate(of, pipeline, hint)

        sources = Sources(Noting(database), now=now, session_days=SessionDayStore(database).of("w"))
        reading("sessions").read(sources)
        return asked

    def test_the_next_day_is_the_only_one_that_is_read(self, real_database: Db, history: History) -> None:
        self.compute(real_database, history, ago=0)

        assert self.asks(real_database, self.NOW + timedelta(days=1)) == ["4-1"]
        assert self.asks(real_database, self.NOW + timedelta(days=1, minutes=1)) == []

    def compute(self, database: Db, history: History, ago: int) -> None:
        """What the job of the next night does of a day."""
        computed = datetime.combine(self.TODAY + timedelta(days=1), time(2), UTC)
        row = history.row("user1", self.TODAY - timedelta(days=ago), computed)
        history.rows[row["_id"]] = row
        history.end(computed + timedelta(minutes=1))
        put(database, history)

    def test_a_recount_finds_a_day_that_was_changed_without_a_new_date_and_removes_the_days(
        self, real_database: Db, history: History, caplog: pytest.LogCaptureFixture
    ) -> None:
        now, days = datetime.now(UTC), SessionDayStore(with_id(real_database))
        newest: list[Document] = []
        collector = Collector(
            Sources(RocketChat(real_database), now=now),
            "UTC",
            lambda _: newest[-1] if newest else None,
            [reading("sessions")],
            session_days=days.of,
            recount_interval=timedelta(microseconds=1),
        )
        for ago in range(40):
            history.night(now.date() - timedelta(days=ago))
        put(real_database, history)
        newest.append(collector.collect())
        real_database[Collection.SESSIONS].update_many({}, {"$inc": {"sessions": 1}})
        newest.append(collector.collect())

        assert newest[-1]["collector"]["recount"]["differing"] == ["sessions"]
        assert "recount differs readings=sessions" in caplog.messages
        assert real_database[COLLECTION].distinct("_id.workspace") == ["w"]  # another workspace's

    @pytest.mark.parametrize("ago", [1, 2, 3, 20])
    def test_a_day_that_was_computed_again_is_read_again(self, real_database: Db, history: History, ago: int) -> None:
        self.compute(real_database, history, ago)

        now = self.NOW + timedelta(days=1)
        assert_right(real_database, history, now, history.zone, SessionDayStore(real_database))

    @pytest.mark.parametrize("minute", [1, 20])
    def test_rows_that_come_while_the_job_runs_are_seen_later(
        self, real_database: Db, history: History, minute: int
    ) -> None:
        self.compute(real_database, history, ago=0)
        now = datetime.combine(self.TODAY + timedelta(days=1), time(2, minute), UTC)
        assert_right(real_database, history, now, history.zone, SessionDayStore(real_database))
        row = history.row("user2", self.TODAY, datetime.combine(self.TODAY + timedelta(days=1), time(2), UTC))
        history.rows[row["_id"]] = row | {"_id": "late"}
        self.compute(real_database, history, ago=2)

        later = now + timedelta(days=1)
        history.night(later.date())
        put(real_database, history)
        assert_right(real_database, history, later, history.zone, SessionDayStore(real_database))

    @pytest.mark.parametrize("days", [8, 40, -1, -8, -40])
    def test_a_skipped_week_or_a_clock_put_back_changes_no_number(
        self, real_database: Db, history: History, days: int
    ) -> None:
        for night in range(1, days + 1):
            history.night(self.TODAY + timedelta(days=night))
        put(real_database, history)

        for now in (self.NOW + timedelta(days=days), self.NOW):
            assert_right(real_database, history, now, history.zone, SessionDayStore(real_database))

    @pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
    def test_a_change_of_the_zone_moves_the_days(self, real_database: Db, history: History, zone: str) -> None:
        for hour in (0, 8, 11, 14, 23):
            now = self.NOW.replace(hour=hour)
            assert_right(real_database, history, now, ZoneInfo(zone), SessionDayStore(real_database))
            assert_right(real_database, history, now, history.zone, SessionDayStore(real_database))

    @pytest.mark.parametrize(
        "damage",
        [
            pytest.param([{"$unset": "content"}], id="no content"),
            pytest.param([{"$set": {"content": b"x"}}], id="truncated"),
            pytest.param([{"$set": {"content": "text"}}], id="text"),
            pytest.param([{"$unset": "checksum"}], id="no checksum"),
            pytest.param([{"$set": {"seen": "today"}}], id="seen is a text"),
            pytest.param([{"$set": {"seen": datetime(2099, 1, 1, tzinfo=UTC)}}], id="seen in the future"),
            pytest.param([{"$set": {"key": b"x"}}], id="no key"),
            pytest.param([{"$set": {"key": "x"}}], id="a text for a key"),
        ],
    )
    def test_a_damaged_cache_is_made_anew(self, real_database: Db, history: History, damage: list[Document]) -> None:
        real_database[COLLECTION].update_many({}, damage)

        later = self.NOW + timedelta(minutes=1)
        assert_right(real_database, history, later, history.zone, SessionDayStore(real_database))
        assert self.asks(real_database, later) == []

    def test_days_that_were_swapped_or_are_anothers_are_read_again(self, real_database: Db, history: History) -> None:
        days = real_database[COLLECTION]
        one, other = days.find({"content": {"$exists": True}}).limit(2)
        days.replace_one({"_id": one["_id"]}, other | {"_id": one["_id"]})
        days.replace_one({"_id": other["_id"]}, one | {"_id": other["_id"]})
        days.insert_many(row | {"_id": row["_id"] | {"workspace": "x"}} for row in (one, other))

        assert_right(real_database, history, self.NOW, history.zone, SessionDayStore(real_database))
        assert at(real_database, self.NOW, history.zone, SessionDayStore(real_database), "x") == at(
            real_database, self.NOW, history.zone, None
        )

    def test_a_removed_row_is_missed_two_weeks_after_its_day(self, real_database: Db, history: History) -> None:
        day = self.TODAY - timedelta(days=6)
        gone = next(
            name for name, row in history.rows.items() if row.get("day") == day.day and row["month"] == day.month
        )
        del history.rows[gone]
        real_database[Collection.SESSIONS].delete_one({"_id": gone})

        assert self.asks(real_database, self.NOW) == []
        now = datetime.combine(day + timedelta(days=14), time(9), UTC)
        assert_right(real_database, history, now, history.zone, SessionDayStore(real_database))

    def test_a_day_without_rows_any_more_is_missed_at_once(self, real_database: Db, history: History) -> None:
        day = self.TODAY - timedelta(days=5)
        parts = {"year": day.year, "month": day.month, "day": day.day}
        history.rows = {name: row for name, row in history.rows.items() if not parts.items() <= row.items()}
        real_database[Collection.SESSIONS].delete_many(parts)

        assert_right(real_database, history, self.NOW, history.zone, SessionDayStore(real_database))

    def test_the_cache_has_no_more_than_the_days_about_the_month(self, real_database: Db, history: History) -> None:
        for days in range(0, 100, 9):
            history.night(self.TODAY + timedelta(days=days))
            put(real_database, history)
            at(real_database, self.NOW + timedelta(days=days), history.zone, SessionDayStore(real_database))

        assert real_database[COLLECTION].count_documents({}) <= 31 + 2 * SPARE.days + 1

    def test_the_cache_names_nobody(self, real_database: Db, history: History) -> None:
        assert not any(b"user1" in row.raw for row in raw(real_database[COLLECTION]).find())

    def test_without_the_index_of_dates_the_month_is_read_whole(self, real_database: Db, history: History) -> None:
        real_database[Collection.SESSIONS].drop_index("_computedAt_1")
        self.compute(real_database, history, ago=0)

        now = self.NOW + timedelta(days=1)
        assert_right(real_database, history, now, history.zone, SessionDayStore(real_database))
        assert self.asks(real_database, now) == ["month"]

    def test_a_date_that_python_does_not_have_fails_no_reading(self, real_database: Db, history: History) -> None:
        row = history.row("user1", self.TODAY - timedelta(days=3), self.NOW)
        real_database[Collection.SESSIONS].insert_one(row | {"_id": "odd", "_computedAt": DatetimeMS(10**15)})
        self.compute(real_database, history, ago=0)

        assert self.asks(real_database, self.NOW + timedelta(days=1)) == ["4-1"]

    @pytest.mark.parametrize("odd", ODD_ROWS, ids=repr)
    def test_an_odd_row_counts_as_in_a_month_that_is_read_whole(
        self, real_database: Db, history: History, odd: Document
    ) -> None:
        row = history.row("someone", self.TODAY - timedelta(days=1), self.NOW)
        real_database[Collection.SESSIONS].insert_one(row | {"_id": "odd"} | odd)

        ours = at(real_database, self.NOW, history.zone, SessionDayStore(real_database), "x")
        assert ours == at(real_database, self.NOW, history.zone, None)

    def test_the_servers_doubles_are_read_by_days(self, real_database: Db, history: History) -> None:
        row = history.row("someone", self.TODAY, self.NOW + timedelta(hours=17))
        use = {"sessions": Int64(2), "time": 90.0, "device": {"name": "A", "os": {"name": "B"}}}
        row |= {"sessions": Int64(2), "time": 90.0, "devices": [use, use]}
        real_database[Collection.SESSIONS].insert_one(row)

        assert self.asks(real_database, self.NOW + timedelta(days=1)) == ["4-1"]

    def test_of_too_many_kinds_mongodb_chooses(self, real_database: Db, history: History) -> None:
        """Each day has less than the limit, and the month more."""
        for ago in (1, 2):
            row = history.row("many", self.TODAY - timedelta(days=ago), self.NOW)
            uses = [{"sessions": 1, "time": kind, "device": {"name": f"{ago} {kind}"}} for kind in range(3_000)]
            real_database[Collection.SESSIONS].insert_one(row | {"devices": uses})

        now = self.NOW + timedelta(days=1)
        ours = at(real_database, now, history.zone, SessionDayStore(real_database))
        assert ours == at(real_database, now, history.zone, None)
        assert self.asks(real_database, now)[-1] == "month"

    def test_while_the_store_is_away_the_month_is_read_whole(
        self, real_database: Db, history: History, caplog: pytest.LogCaptureFixture
    ) -> None:
        with connect("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100", "TEST") as nobody:
            keeper = SessionDayStore(nobody["rcstats"])
            for _ in range(2):
                assert_right(real_database, history, self.NOW, history.zone, keeper)

        assert [line.split()[:4] for line in caplog.messages] == [["session", "days", "not", "read"]]

    @pytest.mark.parametrize("refused_command", ["find", "update", "delete"])
    def test_without_a_right_the_numbers_are_the_same_and_one_line_is_logged(
        self,
        real_database: Db,
        history: History,
        mongod_url: str,
        caplog: pytest.LogCaptureFixture,
        refused_command: str,
    ) -> None:
        with (
            connect(f"{mongod_url}&appName=no-right", "TEST") as client,
            refused(real_database.client, "no-right", refused_command, code=NO_RIGHT),
        ):
            keeper = SessionDayStore(client[real_database.name])
            self.compute(real_database, history, ago=0)
            for days in range(1, 4):
                assert_right(real_database, history, self.NOW + timedelta(days=days), history.zone, keeper)

        (line,) = caplog.messages
        assert line.startswith("session days not ")
        assert line.endswith('reason="the store\'s MongoDB does not grant this login the required privilege"')

    def test_a_day_that_another_daemon_reads_at_the_same_time_is_right_for_both(
        self, real_database: Db, history: History
    ) -> None:
        """The other one sees the job's rows of two days, this one only those of the first: it writes last."""
        keepers = SessionDayStore(real_database), SessionDayStore(real_database)
        now = self.NOW + timedelta(days=1)
        self.compute(real_database, history, ago=0)

        def meanwhile() -> None:
            self.compute(real_database, history, ago=1)
            history.end(now)
            put(real_database, history)
            assert_right(real_database, history, now + timedelta(hours=1), history.zone, keepers[1])

        sources = Sources(Interrupted(real_database, meanwhile), now=now, session_days=keepers[0].of("w"))
        reading("sessions").read(sources)
        for hours, keeper in enumerate(keepers, 2):
            assert_right(real_database, history, now + timedelta(hours=hours), history.zone, keeper)


class Interrupted(RocketChat):
    """Something happens after the first day was read."""

    def __init__(self, database: Db, act: Callable[[], None]) -> None:
        super().__init__(database)
        self._acts = [act]

    def aggregate(self, of: Collection, pipeline: Pipeline, hint: Document | None = None) -> list[Document]:
        rows = super().aggregate(of, pipeline, hint)
        if self._acts and "$project" in pipeline[1]:
            self._acts.pop()()
        return rows


class Untouched(NotKept):
    """A cache that nobody may open."""

    def open(self, _days: Sequence[date]) -> None:
        raise AssertionError


def store_is_away(_: str) -> None:
    raise DatabaseError("the store's MongoDB did not answer in time")


@pytest.mark.parametrize(
    ("newest", "fresh", "is_used"),
    [(lambda _: None, False, True), (lambda _: None, True, False), (store_is_away, False, False)],
    ids=["usual", "fresh", "store away"],
)
def test_only_a_usual_snapshot_uses_the_cache(
    real_database: Db, newest: Callable[[str], None], fresh: bool, is_used: bool
) -> None:
    sources = Sources(RocketChat(with_id(real_database)))
    collector = Collector(sources, "UTC", newest, [reading("sessions")], session_days=lambda _: Untouched())

    for one, is_opened in ((collector, is_used), (collector.without_session_days(), False)):
        record = one.collect(fresh=fresh)["collector"]["readings"]["sessions"]
        assert record["ok"] is not is_opened


def raw(collection: MongoCollection[Document]) -> MongoCollection[RawBSONDocument]:
    return collection.with_options(codec_options=CodecOptions(document_class=RawBSONDocument))
