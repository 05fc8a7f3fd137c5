"""Clients that ask the daemon all the time, and what they were answered."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

LIST, READY, HEALTH = "/api/v1/statistics.list", "/ready", "/health"
PAUSE = 0.1  # seconds from answer to question
PATIENCE = 20  # seconds, far more than an answer may take


@dataclass(frozen=True)
class Answer:
    """What became of a request; the status is 0 where there was no answer."""

    path: str
    status: int
    seconds: float


def ask(address: str, path: str, headers: dict[str, str]) -> Answer:
    begun, status = time.monotonic(), 0
    connection = HTTPConnection(address, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        status = answer.status
    except (OSError, HTTPException):
        pass
    finally:
        connection.close()
    return Answer(path, status, time.monotonic() - begun)


@dataclass
class Callers:
    """One thread for each path, and the answers that came."""

    address: str
    headers: dict[str, str]
    answers: list[Answer] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def go_on(self, path: str) -> None:
        while not self.ended.wait(PAUSE):
            self.answers.append(ask(self.address, path, self.headers))

    def slow(self, seconds: float) -> list[Answer]:
        return [answer for answer in self.answers if answer.seconds > seconds]

    def statuses(self, *paths: str) -> set[int]:
        return {answer.status for answer in self.answers if answer.path in paths}


@contextmanager
def calling(address: str, headers: dict[str, str]) -> Iterator[Callers]:
    """Callers from now on; at the end each has its last answer."""
    callers = Callers(address, headers)
    threads = [threading.Thread(target=callers.go_on, args=[path], daemon=True) for path in (LIST, READY, HEALTH)]
    for thread in threads:
        thread.start()
    try:
        yield callers
    finally:
        callers.ended.set()
        for thread in threads:
            thread.join(PATIENCE + 1)
