"""Every page beside the code names files, settings and commands that exist."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer

from collector.cli import main
from collector.settings import CONFIG_VARIABLE, Settings, load, variable

ROOT = Path(__file__).parents[1]
FOLDERS = (".github", "api", "collector", "systemd", "tests")
SETTINGS = {variable(name) for name in Settings.model_fields} | {CONFIG_VARIABLE}
COMMANDS = {
    name: {option for parameter in command.params for option in parameter.opts}
    for name, command in typer.main.get_command(main.app).commands.items()  # type: ignore[attr-defined]
}
LARGEST_PICTURE = 200_000  # bytes


@dataclass(frozen=True)
class Page:
    """A Markdown file."""

    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def anchors(self) -> set[str]:
        """Those that GitHub makes of the headings."""
        headings = re.findall(r"^#+ (.+)$", self.text, re.MULTILINE)
        return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}

    def targets(self) -> Iterator[tuple[Path, str]]:
        """The files and anchors of the links that stay in this repository."""
        for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", self.text):
            name, _, anchor = target.partition("#")
            yield (self.path.parent / name).resolve() if name else self.path, anchor

    def blocks(self, language: str = r"\w*") -> list[str]:
        return re.findall(rf"^```{language}\n(.*?)^```$", self.text, re.MULTILINE | re.DOTALL)

    def commands(self) -> Iterator[tuple[str, str]]:
        """The commands of rcstats in blocks, spans and table rows, each with the text where its options stand."""
        for block in self.blocks():
            yield from re.findall(r"^(?:\S+ )*?(?:\S*/)?rcstats ([a-z]+)(.*)$", block, re.MULTILINE)
        yield from re.findall(r"`(?:\S*/)?rcstats ([a-z]+)([^`]*)`", self.text)
        yield from re.findall(r"^\| `rcstats ([a-z]+)(.*)$", self.text, re.MULTILINE)


PAGES = [
    Page(path) for path in (ROOT / "README.md", *sorted(p for name in FOLDERS for p in (ROOT / name).rglob("*.md")))
]
every_page = pytest.mark.parametrize("page", PAGES, ids=[str(page.path.relative_to(ROOT)) for page in PAGES])


@every_page
def test_each_link_leads_to_a_file_and_a_heading(page: Page) -> None:
    for path, anchor in page.targets():
        assert path.exists(), path
        assert not anchor or anchor in Page(path).anchors, f"{path}#{anchor}"


@every_page
def test_each_setting_that_is_named_exists(page: Page) -> None:
    if page.path.name == "CHANGELOG.md":
        pytest.skip("it names settings of the past")

    assert set(re.findall(r"RCSTATS_[A-Z_]+[A-Z]", page.text)) <= SETTINGS
    assert {name.upper() for name in re.findall(r"/(?:credstore|secrets)/(rcstats_\w+[a-z])", page.text)} <= SETTINGS


@every_page
def test_each_command_that_is_named_exists_with_its_options(page: Page) -> None:
    for name, more in page.commands():
        assert name in COMMANDS, name
        assert set(re.findall(r"(?<![\w-])--[a-z-]+[a-z]", more)) <= COMMANDS[name], f"{name}{more}"


@every_page
def test_each_example_of_the_settings_file_is_one(page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for block in page.blocks("toml"):
        (tmp_path / "rcstats.toml").write_text(block, encoding="utf-8")
        monkeypatch.setenv(CONFIG_VARIABLE, str(tmp_path / "rcstats.toml"))
        load(mongo_url="mongodb://localhost/rocketchat")


@every_page
def test_each_module_that_is_run_exists(page: Page) -> None:
    assert all(find_spec(name) for name in re.findall(r"python -m (tests[\w.]+)", page.text))


def test_every_page_is_linked_from_another() -> None:
    linked = {path for page in PAGES for path, _ in page.targets() if path != page.path}

    assert {page.path for page in PAGES} - linked <= {ROOT / "README.md"}


def test_pictures_are_small() -> None:
    pictures = [path for page in PAGES for path, _ in page.targets() if path.suffix == ".png"]

    assert pictures
    assert all(path.stat().st_size < LARGEST_PICTURE for path in pictures)
