"""Loads all servers with one ask after the other, in turn, checks their answers, and keeps what each took."""

import json
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import astuple, dataclass
from statistics import median
from typing import Any

import psutil

from tests.benchmarks.serving import load
from tests.benchmarks.serving.requests import LOGIN, Ask, Dialect, Page
from tests.benchmarks.serving.servers import BARE, EVES, NODE, OURS, OURS_COLD, Server

WARM, SAME = "ours, warm", "ours, 304"
# What is measured, and on which server.
WAYS = {OURS_COLD: OURS_COLD, NODE: NODE, EVES: EVES, WARM: OURS, SAME: OURS, BARE: BARE}
CONNECTIONS = 8


@dataclass(frozen=True)
class Figures:
    """Of one way and ask: answers in a second; ms until half and until 99 % of them were there.

    For each answer the server's and MongoDB's processor time in ms, and bytes; and the client's share of a processor.
    """

    rate: float
    p50: float
    p99: float
    server: float
    mongodb: float
    bytes: float
    client: float


@dataclass(frozen=True)
class Result:
    """One ask: the snapshots that an answer has, and of each way the median of the rounds."""

    name: str
    documents: int
    figures: Mapping[str, Figures]
    rounds: Mapping[str, list[Figures]]


class Race:
    """The servers, MongoDB's process, and the executor whose process is the client's.

    Each connection asks for a page of its own, unless all ask for the same.
    """

    def __init__(
        self, servers: Mapping[str, Server], mongod: int, client: Executor, seconds: float, *, is_same: bool = False
    ) -> None:
        self._servers = servers
        self._mongod = psutil.Process(mongod)
        self._client = client
        self._seconds = seconds
        self._is_same = is_same
        self._ways = [way for way, name in WAYS.items() if name in servers]

    def run(self, name: str, ask: Ask, rounds: int) -> Result:
        """The first round warms up and is not kept; each round begins with another way."""
        kept: dict[str, list[Figures]] = {way: [] for way in self._ways}
        page = self._checked(ask)
        for number in range(rounds + 1):
            first = number % len(self._ways)
            for way in self._ways[first:] + self._ways[:first]:
                figures = self._loaded(way, ask)
                if number:
                    kept[way].append(figures)
            assert self._checked(ask) == page, "the answers have changed meanwhile"
        return Result(name, len(page.rows), {way: _medians(each) for way, each in kept.items()}, kept)

    def _checked(self, ask: Ask) -> Page:
        """The page that all servers answer: the same snapshots and numbers, and in the same API the same answer."""
        pages: list[Page] = []
        answers: dict[Dialect, Any] = {}
        for name, server in self._servers.items():
            if not server.dialect:
                continue
            response, body = server.get(server.dialect.target(ask), LOGIN)
            assert response.status == 200, f"{name} answers {response.status}: {body[:500]!r}"
            answer = json.loads(body)
            assert answers.setdefault(server.dialect, answer) == answer, f"{name} answers differently"
            pages.append(server.dialect.page(answer))
            assert pages[-1] == pages[0], f"{name} answers with other snapshots"
        assert 0 < len(pages[0].rows) <= ask.count, "too many snapshots or none"
        return pages[0]

    def _loaded(self, way: str, ask: Ask) -> Figures:
        server = self._servers[WAYS[way]]
        asks = [ask if self._is_same else ask.other(number) for number in range(CONNECTIONS)]
        requests = [_request(server, each, is_known=way == SAME) for each in asks]
        processes = psutil.Process(server.pid), self._mongod
        before = [_worked(process) for process in processes]
        status = 304 if way == SAME else 200
        ran = self._client.submit(load.run, server.address, requests, status, self._seconds).result()
        return _figures(ran, [_worked(process) - was for process, was in zip(processes, before, strict=True)])


def _request(server: Server, ask: Ask, *, is_known: bool) -> bytes:
    """The bytes of a request; where the answer is known, one that says so."""
    target = server.dialect.target(ask) if server.dialect else "/"
    headers = dict(LOGIN)
    if is_known:
        answer, _ = server.get(target, LOGIN)
        headers["If-None-Match"] = answer.headers["ETag"]
    lines = [f"GET {target} HTTP/1.1", "Host: localhost", *(f"{key}: {text}" for key, text in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def _figures(ran: load.Load, worked: list[float]) -> Figures:
    answers = len(ran.waited)
    waited = sorted(ran.waited)
    p50, p99 = (1_000 * waited[int(answers * share)] for share in (0.5, 0.99))
    server, mongodb = (1_000 * seconds / answers for seconds in worked)
    return Figures(ran.rate, p50, p99, server, mongodb, ran.bytes / answers, ran.busy / ran.seconds)


def _worked(process: psutil.Process) -> float:
    """Seconds of processor time until now."""
    times = process.cpu_times()
    return times.user + times.system


def _medians(rounds: list[Figures]) -> Figures:
    return Figures(*(median(values) for values in zip(*map(astuple, rounds), strict=True)))
