"""Reads that are made once, for all who ask."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from collector.errors import DatabaseError
from collector.sources.once import Once


def test_the_first_result_is_that_of_all() -> None:
    once, numbers = Once(), count()

    assert [once("a", lambda: next(numbers)) for _ in range(3)] == [0, 0, 0]


def test_reads_of_other_names_are_others() -> None:
    once, numbers = Once(), count()

    assert [once(name, lambda: next(numbers)) for name in ("a", "b", "a")] == [0, 1, 0]


def test_a_failed_read_fails_for_all_and_is_not_repeated() -> None:
    once, reads = Once(), count()

    def fails() -> None:
        next(reads)
        raise DatabaseError("the workspace's MongoDB did not answer in time")

    for _ in range(3):
        with pytest.raises(DatabaseError, match="did not answer in time"):
            once("a", fails)
    assert next(reads) == 1


def test_whoever_asks_meanwhile_waits_for_the_same_read() -> None:
    once, numbers = Once(), count()
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> int:
        begun.set()
        assert go_on.wait(10)
        return next(numbers)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(once, "a", slow)
        assert begun.wait(10)
        second = pool.submit(once, "a", slow)
        other = once("b", lambda: "not kept waiting")
        go_on.set()
        assert (first.result(10), second.result(10), other) == (0, 0, "not kept waiting")
