"""The demo as a process: what it prints works, and it leaves nothing behind, however it ends."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest

from collector.demo import mongod
from collector.demo.sample import workspace
from collector.errors import RcstatsError
from tests.processes import RCSTATS, Running, environment, rcstats, running, started

ADMIN = {"X_User_Id": workspace.ADMIN.user_id, "X_Auth_Token": workspace.ADMIN.token}
DEFAULT = 3080


@pytest.fixture(scope="module", autouse=True)
def _needs_mongod() -> None:
    try:
        mongod.executable()
    except RcstatsError as error:
        pytest.skip(str(error))


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory for temporary files of the demos that a test starts."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.fixture(scope="module")
def ready() -> Iterator[Running]:
    """A demo for several tests that only ask it."""
    with running("demo") as demo:
        wait_until_ready(demo)
        yield demo


def curls(demo: Running) -> list[str]:
    """The lines that a new user would paste."""
    return [line.strip() for line in demo.output.splitlines() if line.startswith("curl ")]


def wait_until_ready(demo: Running) -> None:
    demo.wait_for(lambda: "Press Ctrl-C to stop." in demo.output, 60)  # five seconds are usual; other tests run


def wait_for_python(pid: int) -> None:
    """Until the interpreter itself has started, and our first lines have run: Ctrl-C then has its default effect."""
    deadline = time.monotonic() + 10
    for wanted in (True, False):
        while catches_ctrl_c(pid) != wanted:
            assert time.monotonic() < deadline
            time.sleep(0.001)


def catches_ctrl_c(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    (caught,) = re.findall(r"^SigCgt:\t(\w+)$", status, re.MULTILINE)
    return bool(int(caught, 16) & 1 << signal.SIGINT - 1)


def server_of(demo: Running) -> tuple[psutil.Process, Path]:
    """The demo's mongod, and the folder of its data."""
    (server,) = psutil.Process(demo.process.pid).children()
    words = server.cmdline()
    return server, Path(words[words.index("--dbpath") + 1])


def command(demo: Running, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command that the guide prints, with other arguments."""
    (line,) = [line for line in demo.output.splitlines() if line.startswith("RCSTATS_MONGO_URL=")]
    setting, *words = shlex.split(line)
    assert words[-1] == "list"
    env = environment() | dict([setting.split("=", 1)])
    return subprocess.run([*words[:-1], *arguments], env=env, capture_output=True, text=True, timeout=30, check=True)


def test_the_requests_that_the_demo_prints_work(ready: Running) -> None:
    if not shutil.which("curl"):
        pytest.skip("there is no curl")
    answers = [subprocess.check_output([*shlex.split(line), "-s"], text=True, timeout=10) for line in curls(ready)]

    assert len(answers) == 3
    figures = r'"totalUsers":320,"onlineUsers":[0-9]+,"totalMessages":[0-9]+'
    assert re.match(rf'\{{"statistics":\[\{{"_id":"\w{{17}}",{figures}\}}\],"count":1,', answers[0])
    assert answers[1].endswith(',"success":true}')
    assert answers[2] == '{"success":false,"error":"error-not-allowed"}'


def test_the_command_that_the_demo_prints_works(ready: Running) -> None:
    listed = command(ready, "list", "--count", "5").stdout

    assert "collected" in listed
    assert "sample" in listed


def test_the_server_s_own_documents_are_whole_so_that_an_import_shows_figures(ready: Running) -> None:
    found = re.match(r"(\d+) of (\d+) documents imported$", command(ready, "import").stdout.strip())
    page = ready.get('/api/v1/statistics.list?query={"collector.kind":"imported"}&count=1', **ADMIN)[1]

    assert found
    assert int(found[1]) == int(found[2]) > 90
    (newest,) = page["statistics"]
    assert newest["totalMessages"] > 8_000
    assert newest["uniqueUsersOfYesterday"]["data"][0]["count"] > 0


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda by: by.name)
def test_the_demo_leaves_neither_processes_nor_files(by: signal.Signals, temporary: Path) -> None:
    with running("demo") as demo:
        wait_until_ready(demo)
        server, data = server_of(demo)
        assert data.parent == temporary

        assert demo.end(by) == 0
    assert not server.is_running()
    assert list(temporary.iterdir()) == []
    assert "Traceback" not in demo.output


@pytest.mark.parametrize(
    ("by", "seconds"),
    [
        (signal.SIGINT, 0),
        (signal.SIGHUP, 0.1),
        (signal.SIGINT, 0.3),
        (signal.SIGHUP, 0.7),
        (signal.SIGINT, 1.2),
        (signal.SIGHUP, 2),
    ],
)
def test_a_demo_that_is_ended_while_it_starts_leaves_nothing(
    by: signal.Signals, seconds: float, temporary: Path
) -> None:
    with running("demo") as demo:
        wait_for_python(demo.process.pid)
        time.sleep(seconds)  # wherever its start is by then
        code = demo.end(by)

    assert code in {130, -by}
    assert demo.output == ""
    assert list(temporary.iterdir()) == []


def test_a_second_signal_does_not_disturb_the_cleanup(temporary: Path) -> None:
    with running("demo") as demo:
        wait_until_ready(demo)
        for _ in range(20):
            demo.process.send_signal(signal.SIGHUP)
            demo.process.send_signal(signal.SIGINT)
        demo.process.wait(10)

    assert list(temporary.iterdir()) == []


def test_what_a_killed_demo_leaves_is_deleted_at_the_next_start(temporary: Path) -> None:
    with running("demo") as demo:
        wait_until_ready(demo)
        server, data = server_of(demo)
        demo.end(signal.SIGKILL)
        _, alive = psutil.wait_procs([server], 10)
        assert (alive, data.is_dir()) == ([], True)

    with running("demo") as demo:
        demo.wait_for(lambda: data not in temporary.iterdir(), 30)


def test_a_data_directory_keeps_the_workspace_and_its_history(tmp_path: Path) -> None:
    seen = []
    for _ in range(2):
        with running("demo", "--data", str(tmp_path / "demo")) as demo:
            wait_until_ready(demo)
            assert f"{tmp_path / 'demo'} keeps the data." in demo.output
            fresh = demo.get("/api/v1/statistics?refresh=true", **ADMIN)[1]
            page = demo.get("/api/v1/statistics.list?count=1", **ADMIN)[1]
            seen.append((fresh["uniqueId"], page["total"]))
            demo.end()

    (first_id, first_total), (second_id, second_total) = seen
    assert first_id == second_id
    assert 2_000 < first_total < second_total < first_total + 10


def test_the_demo_says_so_if_the_default_port_is_in_use() -> None:
    with ExitStack() as stack:
        with suppress(OSError):  # somebody else's is as good
            stack.enter_context(socket.create_server(("127.0.0.1", DEFAULT)))
        demo = stack.enter_context(started([*RCSTATS, "demo"], f"127.0.0.1:{DEFAULT}"))
        wait_until_ready(demo)
        demo.address = curls(demo)[0].split("http://")[1].split("/")[0]

        assert f"Port {DEFAULT} is in use" in demo.output
        assert not demo.address.endswith(f":{DEFAULT}")
        assert demo.get("/health")[0] == 200


def refused(*arguments: str, **settings: str) -> str:
    """The one line with which the demo refuses to start."""
    done = rcstats("demo", *arguments, **settings)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    return line


def test_a_port_that_was_asked_for_and_is_in_use_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"

        assert refused(listen=address).startswith(f"rcstats: RCSTATS_LISTEN: cannot listen on {address}: ")


def test_unknown_settings_are_refused() -> None:
    assert refused(fo="1").startswith("rcstats: RCSTATS_FO: unknown setting")


@pytest.mark.parametrize("content", ["a file", "a folder of something else"])
def test_a_directory_with_foreign_files_is_refused_and_unchanged(tmp_path: Path, content: str) -> None:
    data = tmp_path / "data"
    if content == "a file":
        data.write_text("mine")
    else:
        data.mkdir()
        (data / "mine").write_text("mine")

    assert refused("--data", str(data)).startswith(f"rcstats: {data} ")
    assert sorted(path.name for path in tmp_path.rglob("*")) == (["data"] if data.is_file() else ["data", "mine"])


def test_a_directory_that_cannot_be_made_is_refused() -> None:
    data = f"/proc/{os.getpid()}/demo"
    assert refused("--data", data) == f"rcstats: {data} cannot be used as data directory: No such file or directory"


def test_a_directory_that_is_in_use_is_refused(tmp_path: Path) -> None:
    with running("demo", "--data", str(tmp_path)) as demo:
        demo.wait_for(lambda: any(tmp_path.iterdir()), 30)
        assert refused("--data", str(tmp_path)) == f"rcstats: {tmp_path} is in use by another demo"
