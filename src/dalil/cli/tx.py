"""`dalil tx`: look at transactions without a ledger."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from dalil.cli.output import json_option
from dalil.errors import DalilError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

__all__ = ["tx"]


@click.group()
def tx() -> None:
    """Look at transactions without a ledger."""


@tx.command("classify")
@click.argument("file", type=click.File("rb"))
@click.option(
    "--summary", is_flag=True, help="Count the verdicts on stderr at the end."
)
@json_option
def classify_command(file: BinaryIO, *, summary: bool, as_json: bool) -> None:
    """Say of each transaction in FILE whether it is a CoinJoin, and which.

    FILE (- for stdin) holds one transaction a line: raw hex, or an Esplora JSON
    object, of which only the values and scriptpubkeys of prevouts and outputs
    are needed. The answer is one JSON object a line, in the same order:
    `txid` and `coinjoin` (null, whirlpool, wasabi1, wasabi2, joinmarket or
    unknown). A bad line gets {"line", "error"} in its place, and exit code 3.

    \b
    Example, from a node:
      bitcoin-cli getrawtransaction TXID | dalil tx classify -
    Example, from a file of saved Esplora answers:
      jq -c . tx.json | dalil tx classify - --summary

    null does not prove that all inputs have one owner: a PayJoin, or a join
    without equal outputs, looks like any payment. docs/coinjoin.md gives each
    rule's source, parameters and measured errors.
    """
    del as_json  # the output is JSON either way
    counts: Counter[str] = Counter()
    for answer in _answers(file):
        click.echo(json.dumps(answer, ensure_ascii=False))
        failed = "error" in answer
        counts["error" if failed else str(answer["coinjoin"] or "none")] += 1
    if summary:
        _say(counts)
    if counts["error"]:
        sys.exit(3)


def _answers(file: BinaryIO) -> Iterator[dict[str, Any]]:
    from dalil.clustering.coinjoin.lines import classify_line, lines_of

    for number, line in enumerate(lines_of(file), start=1):
        try:
            if isinstance(line, DalilError):
                raise line
            found = classify_line(line)
        except DalilError as error:
            body = {"code": error.code, "message": error.message, "value": error.value}
            yield {"line": number, "error": body}
        else:
            yield {"txid": found.txid, "coinjoin": found.coinjoin.label}


def _say(counts: Counter[str]) -> None:
    total = counts.total()
    click.echo(f"{total:,} transactions", err=True)
    for label, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        click.echo(f"  {label:<12}{n:>9,}  {n / total:8.4%}", err=True)
