"""What the commands print: results on stdout, progress and errors on stderr."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from dalil.errors import DalilError

__all__ = [
    "Ticker",
    "emit",
    "emit_error",
    "json_option",
    "memory_option",
    "printable",
    "say_compiling",
]

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout."
)

memory_option = click.option(
    "--memory",
    default="4GB",
    show_default=True,
    help="What the build may take, mapped files included, such as 1GB.",
)


def emit(result: dict[str, Any], *, as_json: bool, text: Callable[[], str]) -> None:
    """Print a result: as one JSON object, or as `text()` for people."""
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
    else:
        click.echo(text())


def emit_error(error: DalilError, *, as_json: bool) -> None:
    """Print an error: JSON on stdout where ``--json`` was asked, else stderr."""
    if as_json:
        value = error.value
        plain = value if isinstance(value, str | int | type(None)) else str(value)
        body = {"code": error.code, "message": error.message, "value": plain}
        click.echo(json.dumps({"error": body}, ensure_ascii=False))
    else:
        click.echo(f"dalil: {error}", err=True)


def printable(line: str) -> str:
    r"""Spell out control characters: names from files must not drive a terminal.

    >>> print(printable("pool\x1b[31m"))
    pool\x1b[31m
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def say_compiling() -> None:
    """Announce kernels as they are compiled: once a machine, some seconds."""
    from dalil.kernels import announce_compilation

    announce_compilation(
        lambda name: click.echo(f"compiling once for this machine: {name}", err=True)
    )


class Ticker:
    """Progress on stderr: one line that rewrites itself, or one a phase if piped."""

    def __init__(self) -> None:
        self._tty = sys.stderr.isatty()
        self._last = 0.0
        self._phase = ""

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show that `done` of `total` of `what` is finished."""
        now = time.monotonic()
        new, self._phase = what != self._phase, what
        if not new and (not self._tty or (now - self._last < 0.1 and done != total)):
            return
        self._last = now
        share = f" {done:,}/{total:,}" if total else (f" {done:,}" if done else "")
        if self._tty:
            end = "\n" if total and done >= total else ""
            click.echo(f"\r\x1b[K{what}{share}{end}", err=True, nl=False)
        else:
            click.echo(f"{what}{share}", err=True)
