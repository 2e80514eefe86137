"""`dalil ledger export`: a ledger as files other tools read."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dalil.cli.output import Ticker, emit, json_option

if TYPE_CHECKING:
    from dalil.ledger.analysis.export import ExportReport

__all__ = ["export"]

_path = click.Path(path_type=Path)
_TABLES = ("blocks", "transactions", "inputs", "outputs")


@click.command()
@click.argument("ledger_path", metavar="LEDGER", type=_path)
@click.argument("folder", metavar="DIR", type=_path)
@click.option(
    "--format",
    "form",
    type=click.Choice(["crypto-bitcoin"]),
    default="crypto-bitcoin",
    show_default=True,
    help="The public schema of bitcoin-etl and BigQuery, as Parquet by month.",
)
@click.option(
    "--table",
    "tables",
    multiple=True,
    type=click.Choice(_TABLES),
    help="Only these tables; may be given several times. Default: all four.",
)
@click.option(
    "--scripts",
    is_flag=True,
    help="Read raw transactions too, for scripts and sizes: slow, and needed to "
    "import with txids checked.",
)
@json_option
def export(
    ledger_path: Path,
    folder: Path,
    form: str,
    tables: tuple[str, ...],
    scripts: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Write LEDGER to DIR as partitioned Parquet in a public schema.

    \b
    Example:
      dalil ledger export my-ledger my-export --scripts
    """
    del form  # one so far
    from dalil.ledger import Ledger
    from dalil.ledger.analysis.export import export_public

    report = export_public(
        Ledger.open(ledger_path),
        folder,
        tables or _TABLES,
        scripts=scripts,
        progress=Ticker(),
    )
    emit(asdict(report), as_json=as_json, text=lambda: _text(report))


def _text(report: ExportReport) -> str:
    lines = [f"{table:<13}{n:>14,} rows" for table, n in report.rows.items()]
    lines.append(f"months {report.months[0]} to {report.months[-1]}")
    lines.append(f"null everywhere: {', '.join(report.null_fields)}")
    return "\n".join(lines)
