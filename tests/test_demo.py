"""The demo as a process: what it prints works, and it leaves nothing behind."""

import re
import shlex
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import psutil
import pytest

from collector.demo.sample import workspace
from tests.processes import Running, rcstats, running

ADMIN = {"X_User_Id": workspace.ADMIN.user_id, "X_Auth_Token": workspace.ADMIN.token}


def curls(demo: Running) -> list[str]:
    """The lines that a new user would paste."""
    return [line.strip() for line in demo.output.splitlines() if line.startswith("curl ")]


def wait_until_ready(demo: Running) -> None:
    demo.wait_for(lambda: "Press Ctrl-C to stop." in demo.output, 60)  # three seconds are usual; other tests run


def server_of(demo: Running) -> tuple[psutil.Process, Path]:
    """The demo's mongod, and the folder of its data."""
    (server,) = psutil.Process(demo.process.pid).children()
    words = server.cmdline()
    return server, Path(words[words.index("--dbpath") + 1])


@pytest.mark.usefixtures("mongod_url")
def test_the_requests_that_the_demo_prints_work() -> None:
    if not shutil.which("curl"):
        pytest.skip("there is no curl")
    with running("demo") as demo:
        wait_until_ready(demo)
        answers = [subprocess.check_output([*shlex.split(line), "-s"], text=True, timeout=10) for line in curls(demo)]
        assert len(answers) == 3
        assert re.match(r'\{"statistics":\[\{"_id":"\w{17}","uniqueId":"\w{17}",', answers[0])
        assert re.search(r'\}\],"count":1,"offset":0,"total":[0-9]+,"success":true\}$', answers[0])
        assert answers[1].endswith(',"success":true}')
        assert answers[2] == '{"success":false,"error":"error-not-allowed"}'


@pytest.mark.usefixtures("mongod_url")
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM], ids=lambda by: by.name)
def test_the_demo_leaves_neither_processes_nor_files(by: signal.Signals) -> None:
    with running("demo") as demo:
        wait_until_ready(demo)
        server, data = server_of(demo)
        assert data.is_dir()

        assert demo.end(by) == 0
    assert not server.is_running()
    assert not data.exists()
    assert "Traceback" not in demo.output


@pytest.mark.usefixtures("mongod_url")
def test_a_killed_demo_stops_its_server() -> None:
    with running("demo") as demo:
        wait_until_ready(demo)
        server, data = server_of(demo)
        demo.end(signal.SIGKILL)
        _, alive = psutil.wait_procs([server], 10)

    assert alive == []
    shutil.rmtree(data)  # nobody was left to do it


@pytest.mark.usefixtures("mongod_url")
def test_a_data_directory_keeps_the_workspace_and_its_history(tmp_path: Path) -> None:
    seen = []
    for _ in range(2):
        with running("demo", "--data", str(tmp_path / "demo")) as demo:
            wait_until_ready(demo)
            fresh = demo.get("/api/v1/statistics?refresh=true", **ADMIN)[1]
            page = demo.get("/api/v1/statistics.list?count=1", **ADMIN)[1]
            seen.append((fresh["uniqueId"], page["total"]))
            demo.end()

    (first_id, first_total), (second_id, second_total) = seen
    assert first_id == second_id
    assert second_total > first_total


@pytest.mark.usefixtures("mongod_url")
def test_the_demo_uses_another_port_if_its_own_is_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running("demo", listen=f"127.0.0.1:{port}") as demo:
            wait_until_ready(demo)
            demo.address = curls(demo)[0].split("http://")[1].split("/")[0]

            assert not demo.address.endswith(f":{port}")
            assert demo.get("/health")[0] == 200


@pytest.mark.parametrize("content", ["a file", "a folder of something else"])
def test_a_directory_with_foreign_files_is_refused_and_unchanged(tmp_path: Path, content: str) -> None:
    data = tmp_path / "data"
    if content == "a file":
        data.write_text("mine")
    else:
        data.mkdir()
        (data / "mine").write_text("mine")
    done = rcstats("demo", "--data", str(data))

    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"rcstats: {data} ")
    assert sorted(path.name for path in tmp_path.rglob("*")) == (["data"] if data.is_file() else ["data", "mine"])
