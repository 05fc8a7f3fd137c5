"""The bounded memory."""

import pytest

from api.caching.memory import OVERHEAD, Memory


def test_the_least_recently_used_value_goes_first() -> None:
    memory: Memory[bytes] = Memory(2 * (OVERHEAD + 10))
    memory.put("a", b"1" * 10)
    memory.put("b", b"2" * 10)
    assert memory.get("a") == b"1" * 10
    memory.put("c", b"3" * 10)

    assert [memory.get(key) for key in "abc"] == [b"1" * 10, None, b"3" * 10]


@pytest.mark.parametrize("most", [0, OVERHEAD + 9])
def test_a_value_that_does_not_fit_is_not_kept_and_drives_nothing_out(most: int) -> None:
    memory: Memory[bytes] = Memory(most)
    memory.put("small", b"")
    memory.put("large", b"1" * 10)

    assert memory.get("large") is None
    assert memory.get("small") == (b"" if most else None)
