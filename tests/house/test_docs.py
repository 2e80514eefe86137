"""Documents that cannot rot: their links lead somewhere, their commands exist."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import click
import pytest

import dalil.errors
from dalil.errors import DalilError
from tests.house.tree import CHECKOUT, PAGES
from tools.command_pages import every_command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVERY_PAGE = pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT))
)
BY_PATH = {path: command for path, command, _ in every_command()}


def anchors(page: Path) -> set[str]:
    """GitHub's anchors of a page's headings."""
    headings = re.findall(r"^#+ +(.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.strip().replace(" ", "-") for heading in plain}


@EVERY_PAGE
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        found = (page.parent / file) if file else page
        assert found.exists(), target
        if anchor:
            assert anchor in anchors(found), target


def shell_lines(page: Path) -> Iterator[str]:
    """Every command line in a page's shell blocks, continued lines joined."""
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"```(?:sh|console|shell)?\n(.*?)```", text, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            yield line.strip().removeprefix("$ ")


@EVERY_PAGE
def test_commands_shown_exist_with_their_options(page: Path) -> None:
    for line in shell_lines(page):
        if not line.startswith("dalil "):
            continue
        words = shlex.split(line.split(" | ")[0].split(" > ")[0], comments=True)
        path = _command_path(words)
        command = BY_PATH[path]
        if len(words) > path.count(" ") + 1:
            assert not isinstance(command, click.Group), line
        known = {name for p in command.params for name in (*p.opts, *p.secondary_opts)}
        for word in words:
            if word.startswith("--"):
                assert word.split("=")[0] in {*known, "--help", "--version"}, line


def _command_path(words: list[str]) -> str:
    path = "dalil"
    for word in words[1:]:
        if f"{path} {word}" not in BY_PATH:
            break
        path = f"{path} {word}"
    return path


def test_verbs_of_make_shown_exist() -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    verbs = set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))
    assert len(verbs) <= 12
    for page in PAGES:
        for line in shell_lines(page):
            if line.startswith("make "):
                assert line.split()[1] in verbs, line


def every_error() -> list[type[DalilError]]:
    found = [getattr(dalil.errors, name) for name in dalil.errors.__all__]
    return [error for error in found if issubclass(error, DalilError)]


@pytest.mark.parametrize("error", every_error(), ids=lambda error: error.__name__)
def test_every_error_is_documented_with_its_exit_code(error: type[DalilError]) -> None:
    page = (CHECKOUT / "docs" / "errors.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith(f"| `{error.code}` ")]
    assert len(rows) == 1
    assert rows[0].split("|")[2].strip() == str(error.exit_code)


def test_every_page_can_be_found_from_the_index() -> None:
    index = (CHECKOUT / "docs" / "index.md").read_text(encoding="utf-8")
    pages = {
        p.relative_to(CHECKOUT / "docs").as_posix() for p in PAGES if "docs" in p.parts
    }
    linked = set(re.findall(r"\]\(([^)#\s]+)", index))
    assert not sorted(pages - linked - {"index.md"})


def test_every_command_group_is_shown_at_work() -> None:
    shown = {
        _command_path(shlex.split(line, comments=True))
        for name in ("README.md", "docs/tutorial.md")
        for line in shell_lines(CHECKOUT / name)
        if line.startswith("dalil ")
    }
    nouns = {path.split()[1] for path in BY_PATH if " " in path}
    assert nouns <= {path.split()[1] for path in shown if " " in path}
