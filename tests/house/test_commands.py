"""Every command teaches, answers in JSON, and fails in the one documented shape."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import click
import pytest

from dalil.cli import main
from tests.house.tree import CHECKOUT
from tools.command_pages import every_command

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = every_command()
LEAVES = [
    pytest.param(path, command, context, id=path)
    for path, command, context in COMMANDS
    if not isinstance(command, click.Group)
]
every_leaf = pytest.mark.parametrize(("path", "command", "context"), LEAVES)


@every_leaf
def test_takes_json_and_teaches(
    path: str, command: click.Command, context: click.Context
) -> None:
    options = {name for option in command.params for name in option.opts}
    assert "--json" in options
    help_text = command.get_help(context)
    assert "\\b" not in help_text, "a \\b must stand alone on its line"
    assert "Example" in help_text
    assert f"{path} " in help_text.split("Example", 1)[1] + " ", "its own example"


@every_leaf
def test_every_option_is_explained(
    path: str, command: click.Command, context: click.Context
) -> None:
    del path, context
    for option in command.params:
        if isinstance(option, click.Option):
            explained = option.help or isinstance(option.type, click.Choice)
            assert explained, option.opts


def run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    code = 0
    try:
        main(list(args))
    except SystemExit as stop:
        code = int(stop.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def error_of(out: str) -> dict[str, Any]:
    answer = json.loads(out.splitlines()[-1])
    assert set(answer) == {"error"}
    assert set(answer["error"]) == {"code", "message", "value"}
    assert answer["error"]["message"]
    found: dict[str, Any] = answer["error"]
    return found


@every_leaf
def test_a_wrong_option_is_a_usage_error(
    path: str,
    command: click.Command,
    context: click.Context,
    capsys: pytest.CaptureFixture[str],
) -> None:
    del command, context
    code, out, err = run(capsys, *path.split()[1:], "--no-such-option", "--json")
    assert code == 2
    assert error_of(out)["code"] == "usage"
    assert "Traceback" not in err


def required(command: click.Command, value: str) -> list[str]:
    """Give every required argument and option the same value."""
    given: list[str] = []
    for parameter in command.params:
        if not parameter.required:
            continue
        if isinstance(parameter, click.Option):
            given.append(parameter.opts[0])
        given += [value] * max(parameter.nargs, 1)
    return given


@every_leaf
def test_nonsense_ends_with_a_documented_error(
    path: str,
    command: click.Command,
    context: click.Context,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    del context
    (tmp_path / "file").write_bytes(b"\xff\x00nonsense")
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DALIL_TAGS", raising=False)
    arguments = required(command, "file/below")
    if not arguments:
        pytest.skip("takes no argument that could be nonsense")
    code, out, err = run(capsys, *path.split()[1:], *arguments, "--json")
    assert code in {1, 2, 3}
    if code > 1:
        error_of(out)
    assert "Traceback" not in out + err
    assert sorted(tmp_path.rglob("*")) == before, "nothing half-written"


def test_the_page_of_commands_is_what_they_say() -> None:
    tool = [sys.executable, str(CHECKOUT / "tools" / "command_pages.py"), "--check"]
    # In a process of its own: click keeps options it was asked for before.
    assert subprocess.run(tool, check=False).returncode == 0, "run `make docs`"
