"""The README says what the code does."""

import json
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo
from typer.main import get_group

from api.openapi.document import DOCUMENT
from collector.cli import main
from collector.demo import guide
from collector.demo.sample import workspace
from collector.settings import Settings, variable
from collector.sources.collections import Collection
from collector.statistics.reading import Unit
from collector.statistics.subject import Subject

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FIELDS = Settings.model_fields.items()


def line(name: str, field: FieldInfo) -> str:
    is_plain = field.default_factory is None and field.default is not None
    default = "required" if field.is_required() else f"`{field.default}`" if is_plain else ""
    return f"| `{variable(name)}` | {default} | {field.description} |"


def request() -> list[str]:
    """The words of the request that is shown, as the shell hands them to curl."""
    (found,) = re.findall(r"^curl .*?(?<!\\)$", README, re.MULTILINE | re.DOTALL)
    return shlex.split(found.replace("\\\n", " "))


@pytest.mark.parametrize(("name", "field"), FIELDS, ids=[name for name, _ in FIELDS])
def test_every_setting_has_its_line(name: str, field: FieldInfo) -> None:
    assert line(name, field) in README.splitlines()


def test_every_command_is_listed() -> None:
    listed = set(re.findall(r"^\| `rcstats (\w+)[^`]*` \|", README, re.MULTILINE))

    assert listed == set(get_group(main.app).commands)


def test_every_route_is_listed() -> None:
    listed = {path for row in re.findall(r"^\| (`GET .*?) \|", README, re.MULTILINE) for path in row[1:-1].split()}
    listed = {path.strip("`,") for path in listed if path.startswith("/")}

    assert listed == {"/", "/docs", "/openapi.json", *DOCUMENT["paths"]}


def test_the_request_is_the_demos_administrators() -> None:
    assert f"X-Auth-Token: {workspace.ADMIN.token}" in request()
    assert f"X-User-Id: {workspace.ADMIN.user_id}" in request()


def test_the_response_has_the_fields_that_the_request_asks_for() -> None:
    (response,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    (fields,) = [word.removeprefix("fields=") for word in request() if word.startswith("fields=")]

    (document,) = json.loads(response)["statistics"]
    assert list(document) == ["_id", *json.loads(fields)]


def test_the_map_has_each_folder() -> None:
    (layout,) = re.findall(r"## How it is built\n\n```\n(.*?)```", README, re.DOTALL)
    named, folder = set(), ""
    for row in layout.splitlines():
        names = re.split(r" {2,}", row.strip())[0].split()
        folder = folder if row.startswith(" ") else names[0]
        named |= {folder + name if row.startswith(" ") else name for name in names}

    assert all((ROOT / name).exists() for name in named)
    folders = {
        f"{package}/{path.name}/"
        for package in ("collector", "api")
        for path in (ROOT / package).iterdir()
        if path.is_dir() and path.name != "__pycache__"
    }
    assert folders <= named


def test_the_example_of_a_statistic_is_a_declaration_that_works() -> None:
    contributing = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", contributing, re.DOTALL)
    users = Subject("users", "Made up.")
    exec(example.strip(), {"users": users, "Unit": Unit, "Collection": Collection})  # noqa: S102

    assert [reading.name for reading in users] == ["collector.botUsers"]


def test_the_demos_guide_has_requests_on_lines_of_their_own() -> None:

    text = guide.text("http://127.0.0.1:1", datetime.now(UTC), guide.Facts("mongodb://127.0.0.1:2/rocketchat"))

    assert sum(row.startswith("curl ") for row in text.splitlines()) == 3
