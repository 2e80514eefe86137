"""Write docs/commands.md from the commands' own help, or check that it is so.

``python tools/command_pages.py [--check]``
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dalil.cli.main import _dalil

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).resolve().parents[1] / "docs" / "commands.md"
_HEAD = """\
# Commands

Every command, as it explains itself. This page is written by `make docs`;
`make check` fails where it differs from what the commands say.

Results go to standard output, progress and errors to standard error. With
`--json` a command prints one object (or one a line, where it streams); what
goes wrong is printed as `{"error": {"code", "message", "value"}}`. See
[errors](errors.md) for the codes and exit codes.
"""


def walk(
    command: click.Command, context: click.Context
) -> Iterator[tuple[str, click.Command, click.Context]]:
    """Yield every command below `command`, itself first, by name."""
    yield context.command_path, command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None, name
            inner = click.Context(below, info_name=name, parent=context)
            yield from walk(below, inner)


def every_command() -> list[tuple[str, click.Command, click.Context]]:
    """List the whole command line as (path, command, context)."""
    top = click.Context(_dalil, info_name="dalil", terminal_width=80)
    return list(walk(_dalil, top))


def page() -> str:
    """Write the page."""
    parts = [_HEAD]
    for path, command, context in every_command():
        level = "#" * min(path.count(" ") + 2, 3)
        parts.append(f"{level} `{path}`\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def main(*, check: bool) -> None:
    """Write the page, or end with 1 where it is not what it would be."""
    text = page()
    if not check:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
        sys.exit("docs/commands.md is not what the commands say; run `make docs`")


if __name__ == "__main__":
    main(check="--check" in sys.argv[1:])
