"""`dalil ledger sql`: one SELECT over a ledger's columns."""

from __future__ import annotations

import csv
import json
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dalil.cli.output import json_option, printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dalil.ledger.analysis.sql import SqlResult

__all__ = ["sql"]

_WIDEST = 68


@click.command()
@click.argument("ledger_path", metavar="LEDGER", type=click.Path(path_type=Path))
@click.argument("statement", metavar="SELECT")
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    help="How rows are printed; json is one object a line, and --json the whole.",
)
@click.option(
    "--limit",
    type=click.IntRange(0),
    default=1000,
    show_default=True,
    help="Rows printed at most; 0 for all. Said on stderr where rows are left out.",
)
@click.option(
    "--memory",
    "memory_mb",
    type=click.IntRange(64),
    default=1024,
    show_default=True,
    help="Megabytes the statement may use beside the columns.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0.1),
    default=600.0,
    show_default=True,
    help="Time it may take.",
)
@json_option
def sql(
    ledger_path: Path,
    statement: str,
    style: str,
    limit: int,
    memory_mb: int,
    seconds: float,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Ask LEDGER one SELECT; DuckDB reads the mapped columns, without a copy.

    Tables are the columns as stored (block, tx, input, output, outside,
    address); the views blocks, txs, inputs and outputs add heights, times,
    txids, addresses. Nothing but these can be read, and nothing written.

    \b
    Example:
      dalil ledger sql my-ledger "SELECT type, sum(value_sat) FROM outputs GROUP BY 1"
    """
    from dalil.ledger import Ledger
    from dalil.ledger.analysis.sql import SqlBounds, run_sql

    opened = Ledger.open(ledger_path)
    result = run_sql(opened, statement, SqlBounds(memory_mb, seconds))
    rows = result.rows if limit == 0 else islice(result.rows, limit)
    if as_json:
        click.echo(_whole(result, rows))
    else:
        {"table": _table, "csv": _csv, "json": _lines}[style](result, rows)
    if limit and next(result.rows, None) is not None:
        click.echo(
            f"more rows follow; the first {limit:,} are shown (--limit)", err=True
        )


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever SQL gives
    """Write a value as JSON can; an integer beyond 64 bits stays one."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        zoned = value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)
        return zoned.isoformat().replace("+00:00", "Z")
    if isinstance(value, date | Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value if isinstance(value, int | float | str | type(None)) else str(value)


def _whole(result: SqlResult, rows: Iterable[tuple[Any, ...]]) -> str:
    plain = [[_plain(value) for value in row] for row in rows]
    answer = {"columns": result.columns, "types": result.types, "rows": plain}
    return json.dumps(answer, ensure_ascii=False)


def _lines(result: SqlResult, rows: Iterable[tuple[Any, ...]]) -> None:
    for row in rows:
        pairs = zip(result.columns, map(_plain, row), strict=True)
        click.echo(json.dumps(dict(pairs), ensure_ascii=False))


def _csv(result: SqlResult, rows: Iterable[tuple[Any, ...]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(result.columns)
    for row in rows:
        writer.writerow(["" if v is None else _plain(v) for v in row])


def _table(result: SqlResult, rows: Iterable[tuple[Any, ...]]) -> None:
    if result.columns == ["explain_key", "explain_value"]:
        for _, plan in rows:
            click.echo(plan)
        return
    lines = [result.columns, *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for number, line in enumerate(lines):
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
        if number == 0:
            click.echo("  ".join("-" * width for width in widths))


def _cell(value: object) -> str:
    plain = _plain(value)
    text = "" if plain is None else printable(str(plain))
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
