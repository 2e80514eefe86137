"""`dalil ledger`: build a ledger, and ask it what it holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dalil.cli.accounts_build import (
    AccountOptions,
    account_options,
    build_from_accounts,
    is_of_accounts,
)
from dalil.cli.ledger_export import export
from dalil.cli.ledger_fetch import fetch
from dalil.cli.ledger_follow import follow
from dalil.cli.ledger_plan import plan
from dalil.cli.ledger_read import address, dump, history, tx
from dalil.cli.ledger_sql import sql
from dalil.cli.ledger_verify import verify
from dalil.cli.output import Ticker, emit, json_option, memory_option, say_compiling
from dalil.units import parse_bytes

if TYPE_CHECKING:
    from dalil.ledger.build import BuildReport

__all__ = ["ledger"]

_path = click.Path(path_type=Path)
_ESPLORA = "esplora-json:"
_PUBLIC = "parquet:"


@click.group()
def ledger() -> None:
    """Build ledgers and read them.

    A ledger is a folder of columns made from blocks or saved transactions. It
    may be partial (a range of blocks): what comes from before is marked
    outside, never guessed.
    """


@ledger.command()
@click.argument("ledger_path", metavar="LEDGER", type=_path)
@click.option(
    "--blocks",
    type=_path,
    help="Bitcoin Core's blocks folder, or one file of it. rev*.dat and xor.dat "
    "beside it are used.",
)
@click.option(
    "--source",
    "sources",
    multiple=True,
    metavar="KIND:FILES",
    help="esplora-json: transactions saved from an explorer's API; parquet: files "
    "of the public crypto_bitcoin schema (JSON lines and CSV too). Chains of "
    "accounts: csv:, jsonl:, parquet: files of the ethereum-etl schema, "
    "tronscan-csv: exports, tron-json: saved answers, rpc:URL and tron:URL a node. "
    "May be given several times.",
)
@click.argument("more", nargs=-1, type=_path)
@click.option("--network", "network_name", help="Insist on a network: mainnet, …")
@account_options
@memory_option
@json_option
def build(
    ledger_path: Path,
    blocks: Path | None,
    sources: tuple[str, ...],
    more: tuple[Path, ...],
    network_name: str | None,
    memory: str,
    as_json: bool,  # noqa: FBT001
    **accounts: Any,  # noqa: ANN401 - the options declared above
) -> None:
    """Build LEDGER from blocks, or bring it up to the chain with most work.

    A ledger is of one chain. Of one that keeps accounts it holds transfers and
    events; blocks of a node are taken up to its newest, and going on later
    takes what is new.

    \b
    Example:
      dalil ledger build my-ledger --blocks ~/.bitcoin/blocks
      dalil ledger build my-ledger --source esplora-json:saved.json
      dalil ledger build my-usdt --source csv:token_transfers.csv --chain eip155:1
    """
    say_compiling()
    from dalil.chains.bitcoin.networks import network_by_name
    from dalil.errors import UsageError
    from dalil.ledger import Ledger
    from dalil.ledger.describe import describe_ledger

    if bool(blocks) == bool(sources):
        raise UsageError("give --blocks or --source, one of them")
    if sources and is_of_accounts(sources[0]):
        options, size = AccountOptions(**accounts), parse_bytes(memory)
        every = [*sources, *map(str, more)]
        _show_accounts(build_from_accounts(ledger_path, every, size, options), as_json)
        return
    if given := [name for name, value in accounts.items() if value]:
        raise UsageError("only chains of accounts have the option", f"--{given[0]}")
    network = network_by_name(network_name) if network_name else None
    if blocks:
        if more:
            raise UsageError("--blocks takes one folder or file", more[0])
        from dalil.ledger.build import build_from_blocks
        from dalil.sources.blockfolder import open_blocks

        tick = Ticker()
        report = build_from_blocks(
            ledger_path,
            open_blocks(blocks, network, tick),
            tick,
            memory=parse_bytes(memory),
        )
    else:
        from dalil.ledger.build_saved import build_from_saved
        from dalil.sources.esplora import read_esplora
        from dalil.sources.etl import read_public

        public = sources[0].startswith(_PUBLIC)
        paths = [_saved_path(source, public=public) for source in sources]
        read = read_public if public else read_esplora
        saved = read([*paths, *more], network)
        report = build_from_saved(ledger_path, saved)
    result = describe_ledger(Ledger.open(ledger_path)) | _report(report)
    for note in report.notes:
        click.echo(f"note: {note.file} at {note.offset}: {note.problem}", err=True)
    emit(result, as_json=as_json, text=lambda: _info_text(result))


def _show_accounts(result: dict[str, Any], as_json: bool) -> None:  # noqa: FBT001
    for note in result.get("notes", []):
        click.echo(f"note: {note['where']}: {note['problem']}", err=True)
    emit(result, as_json=as_json, text=lambda: _info_text(result))


def _saved_path(source: str, *, public: bool) -> Path:
    from dalil.errors import UsageError

    if source.startswith(("esplora:", "electrum:")):
        raise UsageError(
            "`dalil ledger build` asks no other machine; for that there is "
            "`dalil ledger fetch LEDGER --source … --seed …`",
            source,
        )
    if not source.startswith((_ESPLORA, _PUBLIC)):
        raise UsageError(f"a source starts with {_ESPLORA} or {_PUBLIC}", source)
    if source.startswith(_PUBLIC) != public:
        raise UsageError("sources of one kind make a ledger", source)
    return Path(source.removeprefix(_PUBLIC if public else _ESPLORA))


def _report(report: BuildReport) -> dict[str, Any]:
    return {
        "added": report.added,
        "rolled_back": report.rolled_back,
        "stale": report.stale,
        "detached": report.detached,
        "duplicates": report.duplicates,
        "notes": [
            {"file": n.file, "offset": n.offset, "problem": n.problem}
            for n in report.notes
        ],
    }


@ledger.command()
@click.argument("ledger_path", metavar="LEDGER", type=_path)
@json_option
def info(ledger_path: Path, as_json: bool) -> None:  # noqa: FBT001
    """Count what LEDGER holds and name its identity.

    Example: dalil ledger info my-ledger --json
    """
    from dalil.ledger import Ledger
    from dalil.ledger.accounts import AccountLedger, is_account_ledger
    from dalil.ledger.accounts.describe import describe_accounts
    from dalil.ledger.describe import describe_ledger

    if is_account_ledger(ledger_path):
        result = describe_accounts(AccountLedger.open(ledger_path))
    else:
        result = describe_ledger(Ledger.open(ledger_path))
    emit(result, as_json=as_json, text=lambda: _info_text(result))


_BY_KIND = ("outputs_by_type", "transfers_by_kind", "events_by_kind")
_NO_COUNTS = ("height", "first_block", "last_block")
"""Numbers that are no counts, and so are not grouped by thousands."""


def _info_text(result: dict[str, Any]) -> str:
    rows = []
    for key, value in result.items():
        if key in _BY_KIND:
            rows += [f"  {kind:<18}{n:>12,}" for kind, n in value.items() if n]
        elif key == "gaps":
            rows += [f"blocks missing: {first} to {last}" for first, last in value]
        elif key != "notes":
            counts = type(value) is int and not any(one in key for one in _NO_COUNTS)
            shown = f"{value:,}" if counts else value
            rows.append(f"{key:<20}{shown!s:>12}")
    return "\n".join(rows)


for _command in (
    address,
    dump,
    history,
    tx,
    follow,
    fetch,
    sql,
    verify,
    export,
    plan,
):
    ledger.add_command(_command)
