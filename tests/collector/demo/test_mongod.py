"""The embedded MongoDB says in one line why it does not start."""

import socket
from pathlib import Path

import pytest

from collector.demo import mongod
from collector.errors import RcstatsError


@pytest.mark.usefixtures("mongod_url")
def test_a_mongod_that_does_not_start_names_its_last_error_and_its_log(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        starting = mongod.running(tmp_path, taken.getsockname()[1])
        with pytest.raises(RcstatsError) as refusal, starting:
            pass

    assert "Address already in use" in str(refusal.value)
    assert str(refusal.value).endswith(f"its log is {tmp_path / 'mongod.log'}")
    assert "\n" not in str(refusal.value)
