"""The description of this host."""

import os
import time
from pathlib import Path

import psutil

from collector.sources.host import Host


def test_os_has_the_fields_and_types_that_node_prints() -> None:
    system = Host().system()

    assert list(system) == [
        "type", "platform", "arch", "release", "uptime", "loadavg", "totalmem", "freemem", "cpus",
    ]  # fmt: skip
    assert len(system["loadavg"]) == 3
    assert 0 < system["freemem"] < system["totalmem"] == psutil.virtual_memory().total
    assert len(system["cpus"]) == os.cpu_count()
    assert abs(system["uptime"] - (time.time() - psutil.boot_time())) < 5


def test_cpu_times_are_whole_milliseconds() -> None:
    times = [cpu["times"] for cpu in Host().system()["cpus"]]

    assert all(list(t) == ["user", "nice", "sys", "idle", "irq"] for t in times)
    assert all(isinstance(value, int) for t in times for value in t.values())
    assert abs(sum(t["idle"] for t in times) - psutil.cpu_times().idle * 1000) < 20_000 * len(times)


def test_the_cpu_model_is_read_from_cpuinfo(tmp_path: Path) -> None:
    processor = "processor\t: 0\nmodel name\t: Weitek 4167 @ 33 MHz: fast\n\n"
    (tmp_path / "cpuinfo").write_text(processor * (os.cpu_count() or 1))

    assert Host(tmp_path).system()["cpus"][0]["model"] == "Weitek 4167 @ 33 MHz: fast"


def test_a_cpu_whose_model_is_nowhere_is_unknown(tmp_path: Path) -> None:
    assert Host(tmp_path).system()["cpus"][0]["model"] == "unknown"
