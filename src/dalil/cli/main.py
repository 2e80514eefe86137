"""The `dalil` command: finds the noun's module only when it is asked for."""

from __future__ import annotations

import gc
import importlib
import sys

import click

from dalil.cli.output import emit_error
from dalil.errors import DalilError, UsageError

__all__ = ["main"]

_NOUNS = {
    "address": ("dalil.cli.address", "address", "Read an address: chain, checksum."),
    "case": ("dalil.cli.case", "case", "Open a case folder with its charter."),
    "cluster": ("dalil.cli.cluster", "cluster", "Who acts together, and why."),
    "demo": ("dalil.cli.demo", "demo", "Run the main job on an exercise world."),
    "exercise": ("dalil.cli.exercise", "exercise", "Worlds with a known truth."),
    "intake": ("dalil.cli.intake", "intake", "Captured files to verified indicators."),
    "investigate": (
        "dalil.cli.investigate",
        "investigate",
        "Work a case: from captured files to report and bundle.",
    ),
    "ledger": ("dalil.cli.ledger", "ledger", "Build and read ledgers."),
    "tags": ("dalil.cli.tags", "tags", "Who an address is said to belong to."),
    "trace": ("dalil.cli.trace", "trace", "Follow money forward or backward."),
    "tx": ("dalil.cli.tx", "tx", "Look at transactions without a ledger."),
    "verify": ("dalil.cli.verify", "verify", "Re-check a bundle from its premises."),
}


class _Nouns(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(_NOUNS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _NOUNS:
            return None
        module, name, _ = _NOUNS[cmd_name]
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        del ctx
        with formatter.section("Commands"):
            rows = [(noun, text) for noun, (_, _, text) in sorted(_NOUNS.items())]
            formatter.write_dl(rows)


@click.group(cls=_Nouns, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dalil")
def _dalil() -> None:
    """Follow money on public ledgers and prove every step.

    Every command takes --json (one object on stdout) and --help. Exit codes:
    0 done, 1 a check failed, 2 the command was put wrongly, 3 bad input.
    """


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit with its documented code."""
    # Modules make many objects that stay: collecting among them at every
    # 700 new ones is a tenth of a start.
    gc.set_threshold(100_000, 20, 20)
    argv = sys.argv[1:] if args is None else args
    as_json = "--json" in argv
    try:
        _dalil.main(args=argv, prog_name="dalil", standalone_mode=False)
    except DalilError as error:
        emit_error(error, as_json=as_json)
        sys.exit(error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(2)
    except click.ClickException as error:
        emit_error(UsageError(error.format_message()), as_json=as_json)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("dalil: stopped", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
