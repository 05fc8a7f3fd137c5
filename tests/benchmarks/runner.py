"""Runs both ways on one workspace, in turn, and keeps what each took."""

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from statistics import median
from time import perf_counter
from zoneinfo import ZoneInfo

from rich.console import Console
from tzlocal import get_localzone_name

from collector.demo.sample.randomness import Chance
from collector.key_paths import Document, at
from collector.mongodb.connection import connect
from collector.sources import Sources
from collector.sources.rocketchat import RocketChat
from collector.statistics import catalog, snapshot
from collector.statistics.reuse import NO_INTERVAL, Reuse
from collector.store.session_days import COLLECTION, SessionDayStore
from tests.benchmarks import activity, server
from tests.benchmarks.profiler import Meter, metered
from tests.benchmarks.query_model import Db
from tests.benchmarks.workspace import DATABASE

SERVER, EVER, FIRST, FOLLOWING, REUSING = "server", "ever", "first", "following", "reusing"
OURS = (EVER, FIRST, FOLLOWING, REUSING)
INTERVAL = timedelta(days=1)  # of a snapshot that reuses the values of expensive readings
WAYS = (SERVER, *OURS)
NAMES = {SERVER: "Rocket.Chat"} | dict.fromkeys(OURS, "rcstats")  # as MongoDB's log knows them
STORE = "rcstats"
# Nothing is cut short, and the server's many queries at once find a connection each; readings have limits of their own.
OPTIONS = "timeoutMS=600000&maxPoolSize=100"


@dataclass
class Result:
    """One size: seconds of each round and MongoDB's work by way, the parts of each way, and where they differ."""

    name: str
    counts: dict[str, int]
    seconds: dict[str, list[float]] = field(default_factory=lambda: {way: [] for way in WAYS})
    work: dict[str, Meter] = field(default_factory=dict)
    queries: dict[str, float] = field(default_factory=dict)
    readings: dict[str, dict[str, list[float]]] = field(default_factory=lambda: {way: {} for way in OURS})
    failed: dict[str, str] = field(default_factory=dict)  # readings that yielded nothing, and why
    compared: int = 0
    differing: list[str] = field(default_factory=list)

    def median(self, way: str) -> float:
        return median(self.seconds[way])

    def readings_of(self, way: str) -> dict[str, float]:
        """The median seconds of each reading."""
        return {name: median(seconds) for name, seconds in self.readings[way].items()}

    def note(self, way: str, seconds: float, document: Document) -> None:
        self.seconds[way].append(seconds)
        for name, record in document["collector"]["readings"].items() if way != SERVER else ():
            self.readings[way].setdefault(name, []).append(record["seconds"])
            if "error" in record:
                self.failed[name] = record["error"]


class Race:
    """Both ways, each with a connection of its own, and the last snapshot."""

    def __init__(self, theirs: Db, ours: Db) -> None:
        self.theirs = theirs
        self.ours = ours
        self.chance = Chance(1)
        self.last: Document | None = None
        zone = ZoneInfo(get_localzone_name())
        self.sources = Sources(RocketChat(ours), timezone=zone)
        self.about = snapshot.SnapshotContext(self.sources.workspace.identity(), str(zone))
        self.store = ours.client[STORE]

    def run(self, way: str) -> Document:
        """One document: the server's values, or a snapshot."""
        if way == SERVER:
            return server.compute(self.theirs, datetime.now(UTC)).values
        previous = self.last if way in {FOLLOWING, REUSING} else None
        interval = NO_INTERVAL if way == FOLLOWING else INTERVAL
        sources = replace(self.sources, session_days=SessionDayStore(self.store).of(self.about.workspace))
        self.last = snapshot.take(catalog.READINGS, sources, self.about, reuse=Reuse(previous, interval))
        return self.last

    def prepare(self, way: str) -> None:
        """Before the first snapshot ever no day of sessions is kept; before the first of a day, yesterday is not.

        Before one that reuses values, another one has been taken with the same interval.
        """
        days = self.store[COLLECTION]
        if way == REUSING:
            self.last = None
            self.run(REUSING)
        if way == EVER:
            days.drop()
        elif way == FIRST:
            today = self.sources.at(datetime.now(UTC)).today
            days.delete_many({"_id.day": str(today - timedelta(days=1))})
            before = datetime.combine(today, time(1), self.sources.timezone)  # and thus before last night's job
            days.update_many({"seen": {"$exists": True}}, {"$set": {"seen": before}})

    def timed(self, way: str) -> tuple[float, Document]:
        self.prepare(way)
        begun = perf_counter()
        document = self.run(way)
        return perf_counter() - begun, document

    def metered(self, way: str) -> Meter:
        self.prepare(way)
        with metered(self.theirs, NAMES[way]) as meter:
            self.run(way)
        return meter

    def meanwhile(self) -> None:
        activity.some(self.theirs, self.chance)


def race(name: str, url: str, rounds: int, console: Console) -> Result:
    """All rounds on the workspace at this URL."""
    with ExitStack() as stack:
        urls = [f"{url}&appName={NAMES[way]}&{OPTIONS}" for way in (SERVER, EVER)]
        theirs, ours = (stack.enter_context(connect(each, "BENCHMARK"))[DATABASE] for each in urls)
        contest = Race(theirs, ours)
        result = Result(name, _counts(contest.theirs))
        with console.status("measuring"):
            _rounds(contest, result, rounds)
            _work(contest, result)
            _compare(contest, result)
    return result


def _rounds(contest: Race, result: Result, rounds: int) -> None:
    """The first round warms up and is not kept; each round begins with another way."""
    contest.run(EVER)
    for number in range(rounds + 1):
        for place in range(len(WAYS)):
            way = WAYS[(number + place) % len(WAYS)]
            contest.meanwhile()
            seconds, document = contest.timed(way)
            if number:
                result.note(way, seconds, document)


def _work(contest: Race, result: Result) -> None:
    for way in WAYS:
        contest.meanwhile()
        result.work[way] = contest.metered(way)
    result.queries = server.one_by_one(contest.theirs, datetime.now(UTC)).seconds


def _compare(contest: Race, result: Result) -> None:
    """Nothing happens between the two: their numbers must be the same, or one of them measures something else."""
    theirs, ours = contest.run(SERVER), contest.run(FOLLOWING)
    for key, value in theirs.items():
        mine = at(ours, key)
        if isinstance(value, int | datetime) and mine is not None:
            result.compared += 1
            if value != mine:
                result.differing.append(f"{key}: {value} and {mine}")


def _counts(database: Db) -> dict[str, int]:
    names = database.list_collection_names()
    return {name: database[name].estimated_document_count() for name in sorted(names)}
