"""Settings: their sources, and the errors of invalid ones."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from collector.errors import SettingsError
from collector.limits.standing import Thresholds
from collector.settings import Settings, load, state_directory, variable
from tests.users import NOBODY, as_user, only_as_root, public_directory

URL = "mongodb://reader:hidden-word@localhost:27017/rocketchat"


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MONGO_URL", "DEPLOY_METHOD", "DEPLOY_PLATFORM", "CREDENTIALS_DIRECTORY", "STATE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    for field in Settings.model_fields:
        monkeypatch.delenv(variable(field), raising=False)


@contextmanager
def stranger() -> Iterator[None]:
    """A user who may read no secrets; what is loaded late is loaded before, as Python can lie in root's own home."""
    load(mongo_url=URL)
    with as_user(NOBODY):
        yield


def test_only_the_workspaces_url_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RCSTATS_MONGO_URL", URL)

    settings = load()
    assert settings.workspace_url == URL
    assert settings.address == ("127.0.0.1", 3080)
    assert settings.schedule == "0 * * * *"
    assert settings.store_database == "rcstats"


def test_rocketchats_own_variable_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONGO_URL", URL)

    assert load().workspace_url == URL


def test_the_deployment_of_rcstats_itself_is_not_taken_for_that_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONGO_URL", URL)
    monkeypatch.setenv("DEPLOY_METHOD", "docker")
    assert load().deployment == {}

    monkeypatch.setenv("RCSTATS_DEPLOY_METHOD", "docker")
    assert load().deployment == {"method": "docker"}


def test_the_environment_overrides_credentials_and_credentials_override_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "rcstats.toml").write_text(
        'mongo_url = "mongodb://file/db"\nlisten = "[::1]:1"\nschedule = "1 * * * *"'
    )
    (tmp_path / "rcstats_mongo_url").write_text("mongodb://credential/db\n")
    (tmp_path / "rcstats_listen").write_text("127.0.0.1:2")
    monkeypatch.setenv("RCSTATS_CONFIG", str(tmp_path / "rcstats.toml"))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("MONGO_URL", "mongodb://environment/db")

    settings = load()
    assert settings.workspace_url == "mongodb://environment/db"
    assert settings.address == ("127.0.0.1", 2)
    assert settings.schedule == "1 * * * *"


def test_without_a_directory_of_credentials_those_of_the_host_are_read(tmp_path: Path) -> None:
    (tmp_path / "rcstats_mongo_url").write_text(f"{URL}\n")
    (tmp_path / "rcstats_metrics_token").write_text("token")

    settings = load(credstore=tmp_path)
    assert settings.workspace_url == URL
    assert settings.metrics_token
    assert settings.metrics_token.get_secret_value() == "token"


def test_a_directory_of_credentials_that_is_named_is_the_only_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "rcstats_mongo_url").write_text(URL)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "nowhere"))

    with pytest.raises(SettingsError, match=r"^RCSTATS_MONGO_URL: missing\. Expected: the workspace's MongoDB URL"):
        load(credstore=tmp_path)


UNUSABLE = {
    "empty": (b"\n", "is empty"),
    "binary": (b"\xff\xfe", "is not a text file"),
    "a directory": (None, "cannot be read: Is a directory"),
}


@pytest.mark.parametrize("credential", ["mongo_url", "store_url", "metrics_token"])
@pytest.mark.parametrize(("content", "reason"), UNUSABLE.values(), ids=UNUSABLE)
def test_the_error_of_an_unusable_credential_names_variable_and_file(
    tmp_path: Path, credential: str, content: bytes | None, reason: str
) -> None:
    path = tmp_path / f"rcstats_{credential}"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    given = {} if credential == "mongo_url" else {"mongo_url": URL}

    with pytest.raises(SettingsError) as error:
        load(credstore=tmp_path, **given)
    assert str(error.value).startswith(f"RCSTATS_{credential.upper()}: {path} {reason}")
    assert "\n" not in str(error.value)


def test_a_setting_that_the_environment_gives_needs_no_credential(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "rcstats_mongo_url").touch()
    monkeypatch.setenv("MONGO_URL", URL)

    assert load(credstore=tmp_path).workspace_url == URL


@only_as_root
def test_whoever_may_not_read_a_credential_is_told_what_to_do() -> None:
    with public_directory() as credstore:
        path = credstore / "rcstats_mongo_url"
        path.write_text(URL)
        path.chmod(0o600)

        with stranger(), pytest.raises(SettingsError) as error:
            load(credstore=credstore)
    assert str(error.value) == (
        f"RCSTATS_MONGO_URL: this user may not read {path}; run the command as a user who may, for example with sudo"
    )


@only_as_root
def test_whoever_may_not_look_for_a_credential_is_told_what_to_do_unless_the_url_is_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with public_directory() as public:
        credstore, file = public / "credstore", public / "rcstats.toml"
        credstore.mkdir(mode=0o700)
        file.write_text(f'mongo_url = "{URL}"')

        with stranger():
            with pytest.raises(SettingsError) as error:
                load(credstore=credstore)
            monkeypatch.setenv("RCSTATS_CONFIG", str(file))
            assert load(credstore=credstore).workspace_url == URL
    assert str(error.value).startswith(
        f"RCSTATS_MONGO_URL: missing, or in {credstore}, which this user may not read: run the command with sudo. Exp"
    )


@only_as_root
def test_a_credential_is_read_from_a_directory_that_this_user_may_enter_but_not_list() -> None:
    with public_directory() as credstore:
        (credstore / "rcstats_mongo_url").write_text(URL)
        credstore.chmod(0o711)

        with stranger():
            assert load(credstore=credstore).workspace_url == URL


@only_as_root
@pytest.mark.parametrize("mode", [0o700, 0o755], ids=["its directory", "the file itself"])
def test_whoever_may_not_read_the_settings_file_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch, mode: int) -> None:
    with public_directory() as public:
        file = public / "etc" / "rcstats.toml"
        file.parent.mkdir(mode=mode)
        file.touch(mode=0o600)
        monkeypatch.setenv("RCSTATS_CONFIG", str(file))

        with (
            stranger(),
            pytest.raises(SettingsError, match=f"^RCSTATS_CONFIG: this user may not read {file}; run"),
        ):
            load(mongo_url=URL)


def test_the_store_may_have_its_own_server_and_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONGO_URL", URL)
    monkeypatch.setenv("RCSTATS_STORE_URL", "mongodb://elsewhere/history")

    assert load().store_database == "history"


WRONG = {
    "a size that is none": (
        {"RCSTATS_UPLOADS_SIZE": "much"},
        "RCSTATS_UPLOADS_SIZE: expected a size, for example 500GiB",
    ),
    "no storage": ({"RCSTATS_UPLOADS_SIZE": "0"}, "RCSTATS_UPLOADS_SIZE: expected a size, for example 500GiB"),
    "more than any storage": (
        {"RCSTATS_UPLOADS_SIZE": "9EiB"},
        "RCSTATS_UPLOADS_SIZE: expected a size, for example 500GiB",
    ),
    "critical below warning": (
        {"RCSTATS_LIMIT_CRITICAL": "70"},
        "RCSTATS_LIMIT_CRITICAL: expected 80 or more, the value of RCSTATS_LIMIT_WARNING",
    ),
    "critical before warning": (
        {"RCSTATS_LIMIT_CRITICAL_DAYS": "31"},
        "RCSTATS_LIMIT_CRITICAL_DAYS: expected 30 or less, the value of RCSTATS_LIMIT_WARNING_DAYS",
    ),
    "no workspace": ({}, "RCSTATS_MONGO_URL: missing"),
    "no database in the URL": ({"RCSTATS_MONGO_URL": "mongodb://host/"}, "RCSTATS_MONGO_URL: expected the workspace's"),
    "another kind of URL": ({"MONGO_URL": "mysql://host/db"}, "RCSTATS_MONGO_URL: expected a URL that starts with"),
    "an address without port": ({"RCSTATS_LISTEN": "localhost"}, "RCSTATS_LISTEN: expected HOST:PORT"),
    "a port beyond all ports": ({"RCSTATS_LISTEN": "localhost:70000"}, "RCSTATS_LISTEN: expected HOST:PORT"),
    "a proxy that is not an address": (
        {"RCSTATS_TRUSTED_PROXIES": "127.0.0.1,proxy.example"},
        "RCSTATS_TRUSTED_PROXIES: expected comma-separated IP addresses or networks",
    ),
    "an unknown time zone": ({"RCSTATS_TIMEZONE": "Mars/Olympus"}, "RCSTATS_TIMEZONE: expected an IANA time zone"),
    "a path as time zone": ({"RCSTATS_TIMEZONE": "/etc/passwd"}, "RCSTATS_TIMEZONE: expected an IANA time zone"),
    "a number in words": ({"RCSTATS_JITTER": "three"}, "RCSTATS_JITTER: expected an integer"),
    "a site with another character": (
        {"RCSTATS_SITE": "berlin@1"},
        "RCSTATS_SITE: expected 1 to 64 letters, digits, dots, ",
    ),
    "a site whose name is too long": (
        {"RCSTATS_SITE": "b" * 65},
        "RCSTATS_SITE: expected 1 to 64 letters, digits, dots, ",
    ),
    "a site of two lines": ({"RCSTATS_SITE": "berlin\n"}, "RCSTATS_SITE: expected 1 to 64 letters, digits, dots, "),
    "an unknown variable": ({"RCSTATS_FOO": "1"}, "RCSTATS_FOO: unknown setting"),
    "a misspelt variable": (
        {"RCSTATS_SHEDULE": "* * * * *"},
        "RCSTATS_SHEDULE: unknown setting; did you mean RCSTATS_SCH",
    ),
    "a file that can't be read": (
        {"RCSTATS_CONFIG": "/proc/self/mem"},
        "RCSTATS_CONFIG: /proc/self/mem cannot be read: Input/output error",
    ),
    "a missing file": ({"RCSTATS_CONFIG": "/nowhere.toml"}, "RCSTATS_CONFIG: /nowhere.toml does not exist"),
    "a daily retention shorter than the full one": (
        {"RCSTATS_RETENTION_FULL_DAYS": "30", "RCSTATS_RETENTION_DAILY_DAYS": "7"},
        "RCSTATS_RETENTION_DAILY_DAYS: expected 30 or more: deleting snapshots after 7 days contradicts RCSTATS",
    ),
    "an unknown level": ({"RCSTATS_LOG_LEVEL": "loud"}, "RCSTATS_LOG_LEVEL: expected debug, info, warning or error"),
}


@pytest.mark.parametrize(("given", "expected"), WRONG.values(), ids=WRONG)
def test_the_error_of_an_invalid_setting_names_the_variable_and_the_expected_value(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], expected: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as error:
        load()
    assert str(error.value).startswith(expected) or f"\n{expected}" in str(error.value)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_the_error_of_an_invalid_setting_is_never_in_the_words_of_a_library(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    given = {"mongo_url": f"'{URL}'", name: "-1.5"}
    (tmp_path / "rcstats.toml").write_text("".join(f"{key} = {value}\n" for key, value in given.items()))
    monkeypatch.setenv("RCSTATS_CONFIG", str(tmp_path / "rcstats.toml"))

    with pytest.raises(SettingsError) as error:
        load()
    assert str(error.value).startswith(f"{variable(name)}: expected ")


def test_all_invalid_settings_are_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RCSTATS_LISTEN", "nowhere")
    monkeypatch.setenv("RCSTATS_TIMEZONE", "never")

    with pytest.raises(SettingsError) as error:
        load()
    assert [line.partition(":")[0] for line in str(error.value).splitlines()] == [
        "RCSTATS_MONGO_URL",
        "RCSTATS_LISTEN",
        "RCSTATS_TIMEZONE",
    ]


@pytest.mark.parametrize("text", ['lisen = "x"', "mongo_url = "])
def test_an_invalid_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    (tmp_path / "rcstats.toml").write_text(text)
    monkeypatch.setenv("RCSTATS_CONFIG", str(tmp_path / "rcstats.toml"))

    with pytest.raises(SettingsError, match=r"unknown setting; did you mean RCSTATS_LISTEN|is not a TOML file"):
        load()


@pytest.mark.parametrize("over", [{}, {"RCSTATS_MONGO_URL": URL.replace("mongodb", "postgres")}])
def test_settings_and_their_errors_show_no_password(monkeypatch: pytest.MonkeyPatch, over: dict[str, str]) -> None:
    for name, value in ({"RCSTATS_MONGO_URL": URL} | over).items():
        monkeypatch.setenv(name, value)
    try:
        shown = repr(load())
    except SettingsError as error:
        shown = str(error)

    assert "hidden-word" not in shown


def test_each_store_has_a_spool_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RCSTATS_STATE_DIRECTORY", "/state")
    stores = [
        "mongodb://a/x",
        "mongodb://user:one@a/x",
        "mongodb://user:two@a/x?tls=true",
        "mongodb://b,c/x",
        "mongodb://u:p@c,b/x",
        "mongodb://a/y",
    ]
    spools = [load(mongo_url="mongodb://m/rocketchat", store_url=store).spool for store in stores]

    assert spools[0] == spools[1] == spools[2]
    assert len(set(spools)) == 3
    assert all(spool.parent.as_posix() == "/state/spool" for spool in spools)


def test_systemd_sets_the_state_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/rcstats")

    assert load(mongo_url="mongodb://m/rocketchat").state_directory.as_posix() == "/var/lib/rcstats"


def test_the_services_state_directory_is_used_if_this_user_may_write_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    assert state_directory(tmp_path / "nowhere") == tmp_path / "home" / "rcstats"
    assert state_directory(tmp_path) == tmp_path


@only_as_root
def test_the_services_state_directory_is_not_a_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/stranger")
    with public_directory() as installed, stranger():
        assert state_directory(installed) == Path("/home/stranger/.local/state/rcstats")


def test_a_daily_retention_shorter_than_the_full_one_is_refused_from_any_source(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "rcstats.toml").write_text(f'mongo_url = "{URL}"\nretention_full_days = 30\nretention_daily_days = 7')
    monkeypatch.setenv("RCSTATS_CONFIG", str(tmp_path / "rcstats.toml"))
    with pytest.raises(SettingsError, match="RCSTATS_RETENTION_DAILY_DAYS: expected 30 or more"):
        load()

    monkeypatch.setenv("RCSTATS_RETENTION_DAILY_DAYS", "29")
    with pytest.raises(SettingsError, match="RCSTATS_RETENTION_DAILY_DAYS: expected 30 or more"):
        load()


@pytest.mark.parametrize("daily", ["30", "31", ""])
def test_a_daily_retention_as_long_as_the_full_one_or_longer_is_accepted(
    monkeypatch: pytest.MonkeyPatch, daily: str
) -> None:
    monkeypatch.setenv("MONGO_URL", URL)
    monkeypatch.setenv("RCSTATS_RETENTION_FULL_DAYS", "30")
    monkeypatch.setenv("RCSTATS_RETENTION_DAILY_DAYS", daily)

    assert load().retention_daily_days == (int(daily) if daily else None)


def test_thresholds_and_the_size_of_the_storage_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RCSTATS_LIMIT_WARNING", "62.5")
    monkeypatch.setenv("RCSTATS_LIMIT_CRITICAL_DAYS", "30")
    monkeypatch.setenv("RCSTATS_UPLOADS_SIZE", "1.5 GiB")

    settings = load(mongo_url=URL)
    assert settings.uploads_size == 1.5 * 2**30
    assert settings.thresholds == Thresholds(warning=62.5, critical_days=30)
