"""Key paths that were meant to be others."""

import pytest

from collector.series.misspellings import meant

KEYS = ("totalUsers", "os.loadavg", "os.freemem", "uniqueUsersOfYesterday", "collector.instances")


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("totlaUsers", "totalUsers"),
        ("totalusers", "totalUsers"),
        ("os.freeMem", "os.freemem"),
        ("os.loadavgs.0", "os.loadavg"),
        ("totalUsers", ""),
        ("os", ""),
        ("os.loadavg.0", ""),
        ("uniqueUsersOfYesterday.data.0.count", ""),
        ("collector.second", ""),
        ("missing", ""),
    ],
)
def test_a_path_that_is_alike_to_a_statistic_means_it(path: str, key: str) -> None:
    assert meant(path, KEYS) == key
