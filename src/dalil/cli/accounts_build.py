"""`dalil ledger build` for chains that keep accounts: sources, anchors, report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from dalil.cli.output import Ticker
from dalil.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AccountOptions", "account_options", "build_from_accounts", "is_of_accounts"]

_TAIL, _HEAD = 1 << 20, 1 << 16
_COLUMNS = (b"token_address", b"log_index")
_FILES = (".parquet", ".csv", ".json", ".jsonl", ".ndjson")


class AccountOptions(NamedTuple):
    """Options of a build that only chains of accounts have."""

    chain: str | None
    from_block: int | None
    to_block: int | None
    token: str | None
    traces: bool
    allow_plain: bool
    anchors: Path | None


_OPTIONS = (
    click.option(
        "--chain",
        metavar="CAIP-2",
        help="Chain of accounts that the source is of, such as eip155:1.",
    ),
    click.option("--from-block", type=click.IntRange(0), help="First block to take."),
    click.option("--to-block", type=click.IntRange(0), help="Last block to take."),
    click.option("--token", help="Of a node: only this contract's transfers."),
    click.option(
        "--traces", is_flag=True, help="Ask a node for internal transfers too."
    ),
    click.option(
        "--allow-plain",
        is_flag=True,
        help="Let questions to a node on another machine travel unencrypted.",
    ),
    click.option(
        "--anchors",
        type=click.Path(path_type=Path),
        help="CSV of balances before the first block: address,token,amount.",
    ),
)


def account_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of chains of accounts to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def is_of_accounts(source: str) -> bool:
    """Tell whether a source is of a chain of accounts.

    Files of the public schemas are told by their columns: ``parquet:`` may be
    either of Bitcoin's or of Ethereum's kind.
    """
    from dalil.sources.accounts import is_account_spec

    if not is_account_spec(source):
        return False
    kind, _, place = source.partition(":")
    return kind != "parquet" or _names_logs(Path(place))


def _names_logs(path: Path) -> bool:
    """Look for the columns of token transfers: at a file's head, or its end."""
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    for file in files:
        if not file.is_file() or not file.name.lower().endswith(_FILES):
            continue
        with file.open("rb") as raw:
            text = raw.read(_HEAD)
            raw.seek(max(0, file.stat().st_size - _TAIL))
            text += raw.read(_TAIL)
        if any(name in text for name in _COLUMNS):
            return True
    return False


def build_from_accounts(
    ledger: Path, sources: list[str], memory: int, options: AccountOptions
) -> dict[str, Any]:
    """Build or go on with a ledger of accounts; returns what to print."""
    from dalil.ledger.accounts import AccountLedger, build_accounts
    from dalil.ledger.accounts.describe import describe_accounts
    from dalil.sources.accounts import open_source

    kinds = {source.partition(":")[0] for source in sources if ":" in source}
    if len(kinds) > 1:
        raise UsageError("sources of one kind make a ledger", " ".join(sorted(kinds)))
    first, *more = sources
    source = open_source(
        first,
        *(one.partition(":")[2] if one.startswith(f"{min(kinds)}:") else one
          for one in more),
        chain=options.chain,
        first=options.from_block,
        last=options.to_block,
        token=options.token,
        traces=options.traces,
        allow_plain=options.allow_plain,
    )  # fmt: skip
    anchors = _anchors(options.anchors, source.chain) if options.anchors else None
    report = build_accounts(ledger, source, Ticker(), memory=memory, anchors=anchors)
    told = source.report
    return describe_accounts(AccountLedger.open(ledger)) | {
        "added": report.added,
        "rolled_back": report.rolled_back,
        "n_failed": told.n_failed,
        "n_not_fungible": told.n_not_fungible,
        "n_wrong_logs": told.n_wrong_logs,
        "n_from_calls": told.n_from_calls,
        "n_look_alikes": told.n_look_alikes,
        "notes": [
            {"where": str(where), "problem": str(problem)}
            for where, problem in report.notes
        ],
    }


def _anchors(path: Path, chain: str) -> list[Any]:
    """Read opening balances: a CSV of address, token and amount in base units.

    Raises
    ------
    InputError
        If a row is malformed; the message names the line.
    """
    import csv

    from dalil.chains.registry import read_one
    from dalil.chains.tokens import parse_token
    from dalil.errors import DalilError
    from dalil.ledger.accounts import Anchor

    rows = []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("the anchors cannot be read", path) from error
    reader = csv.DictReader(text.splitlines())
    if set(reader.fieldnames or ()) < {"address", "token", "amount"}:
        raise InputError("anchors have the columns address, token, amount", path)
    for row in reader:
        amount = (row["amount"] or "").strip()
        if not amount.isascii() or not amount.isdecimal() or len(amount) > 78:
            what = f"line {reader.line_num} of the anchors has no whole amount"
            raise InputError(what, amount[:80])
        try:
            kind, key = parse_token(row["token"].strip(), chain)
            address = read_one(row["address"].strip()).payload
        except DalilError as error:
            what = f"line {reader.line_num} of the anchors: {error.message}"
            raise InputError(what, error.value) from error
        rows.append(Anchor(address, kind, key, int(amount)))
    return rows
