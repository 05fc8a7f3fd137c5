"""The units under a real systemd, where a container can boot one."""

from urllib.request import urlopen

import pytest
from pymongo.collection import Collection

from collector.demo.mongod import free_port
from collector.key_paths import Document
from collector.mongodb.connection import Client, database_name
from tests.failpoints import DISK_FULL, refused
from tests.systemd.container import Host
from tests.systemd.pages import BY_HAND, INSTALL, UNINSTALL


def stored(client: Client, url: str) -> Collection[Document]:
    return client[database_name(url)]["statistics"]


def answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.timeout(180)
def test_installed_as_the_readme_says_it_serves_reloads_and_uninstalled_it_leaves_its_state_only(
    machine: Host, urls: tuple[str, str], real_client: Client
) -> None:
    port = free_port()
    before = machine.files()
    machine.install(urls[0], f'listen = "127.0.0.1:{port}"')
    machine.write("etc/credstore/rcstats_store_url", f"{urls[1]}&appName=installed")

    machine.run(INSTALL[-1])
    assert answers(port)
    store = stored(real_client, urls[1])
    (snapshot,) = store.find()
    assert [name for name, record in snapshot["collector"]["readings"].items() if not record["ok"]] == []
    assert {"cpus", "totalmem", "loadavg"} <= set(snapshot["os"])
    assert machine.run("stat -c '%U %a' /var/lib/rcstats") == "rcstats 700"

    pid = machine.show("MainPID")
    machine.write("etc/rcstats/rcstats.toml", f'listen = "127.0.0.1:{port}"', 'schedule = "0 12 15 6 *"')
    machine.run("systemctl reload rcstats")
    machine.wait_for(lambda: "-06-15" in machine.show("StatusText"))
    assert (machine.show("MainPID"), machine.show("NRestarts"), machine.show("ActiveState")) == (pid, "0", "active")

    with refused(real_client, "installed", "insert", code=DISK_FULL):
        machine.run("rcstats snapshot", 1)
    assert machine.run("find /var/lib/rcstats -name '*.bson' -printf '%u %m'") == "rcstats 644"
    machine.run("systemctl start rcstats-snapshot")
    assert store.count_documents({}) == 3
    machine.run("systemctl enable --now rcstats-snapshot.timer")

    for line in UNINSTALL:
        machine.run(line)
    assert not answers(port)
    left = machine.files() - before
    assert {path for path in left if not path.startswith("/var/lib/rcstats/")} == {"/var/lib/rcstats"}
    assert machine.run("ls /usr/local/bin") == ""
    assert "Failed with result" not in machine.journal()
    assert "rcstats" not in (machine.root / "etc/passwd").read_text() + (machine.root / "etc/group").read_text()


COMMANDS = ["rcstats snapshot", "rcstats check", "rcstats list"]
NO_LOGIN = 1  # the check warns that MongoDB has access control disabled


@pytest.mark.timeout(180)
def test_commands_work_for_root_and_tell_others_what_to_do_until_they_may_read_the_url(
    machine: Host, urls: tuple[str, str], real_client: Client
) -> None:
    machine.install(urls[0], f'listen = "127.0.0.1:{free_port()}"', f'store_url = "{urls[1]}"')
    machine.write("etc/sysusers.d/users.conf", "u member - - /tmp", "m member rcstats", "u stranger - - /tmp")
    machine.run("systemd-sysusers")

    for command in COMMANDS:
        machine.run(command, NO_LOGIN)
        for user in ("member", "stranger"):
            told = refused_to(user, command, machine)
            assert told.startswith("RCSTATS_MONGO_URL: missing, or in /etc/credstore, which this user ")

    for line in BY_HAND:
        machine.run(line)
    for command in COMMANDS:
        machine.run(command, NO_LOGIN)
        assert machine.as_user("member", command).returncode in {0, NO_LOGIN}
        assert refused_to("stranger", command, machine).startswith(
            "RCSTATS_CONFIG: this user may not read /etc/rcstats/rcstats.toml; "
            "run the command as a user who may, for example with sudo\n"
        )
    assert stored(real_client, urls[1]).count_documents({}) > 3


def refused_to(user: str, command: str, machine: Host) -> str:
    """The one line on which a user is told why a command cannot run: a check tells it as a monitoring plugin does."""
    done = machine.as_user(user, command)
    is_check = command == "rcstats check"
    told, other = (done.stdout, done.stderr) if is_check else (done.stderr, done.stdout)
    assert (done.returncode, other, told.count("\n")) == (3 if is_check else 2, "", 1)
    return told.removeprefix("RCSTATS UNKNOWN - " if is_check else "rcstats: ")


@pytest.mark.timeout(180)
def test_a_daemon_that_hangs_is_started_again(machine: Host, urls: tuple[str, str]) -> None:
    port = free_port()
    machine.install(urls[0], f'listen = "127.0.0.1:{port}"')
    machine.write("etc/credstore/rcstats_store_url", urls[1])
    machine.write("etc/systemd/system/rcstats.service.d/soon.conf", "[Service]", "WatchdogSec=10", "RestartSec=0")
    machine.run(INSTALL[-1])
    fed = machine.show("WatchdogTimestampMonotonic")
    machine.wait_for(lambda: machine.show("WatchdogTimestampMonotonic") != fed)
    assert machine.show("NRestarts") == "0"

    machine.run("systemctl kill --signal=STOP rcstats")
    machine.wait_for(lambda: machine.show("NRestarts") == "1" and machine.show("ActiveState") == "active")
    assert answers(port)
    assert "Fatal Python error: Aborted" in machine.journal()
    assert "(most recent call first)" in machine.journal()


@pytest.mark.timeout(180)
def test_without_a_url_it_says_so_and_is_tried_until_there_is_one(machine: Host, urls: tuple[str, str]) -> None:
    machine.install(urls[0], f'listen = "127.0.0.1:{free_port()}"')
    machine.write("etc/credstore/rcstats_store_url", urls[1])
    credential = machine.root / "etc/credstore/rcstats_mongo_url"
    credential.rename(credential.with_name("elsewhere"))
    machine.write(
        "etc/systemd/system/rcstats.service.d/soon.conf", "[Service]", "RestartSec=0", "[Unit]", "StartLimitBurst=1"
    )
    machine.run(INSTALL[-1], 1)
    machine.wait_for(lambda: int(machine.show("NRestarts")) > 2)
    assert "RCSTATS_MONGO_URL: missing" in machine.journal()

    credential.with_name("elsewhere").rename(credential)
    machine.wait_for(lambda: machine.show("ActiveState") == "active")
