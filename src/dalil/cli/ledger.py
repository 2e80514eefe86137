"""`dalil ledger`: build a ledger, and ask it what it holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dalil.cli.ledger_export import export
from dalil.cli.ledger_fetch import fetch
from dalil.cli.ledger_follow import follow
from dalil.cli.ledger_plan import plan
from dalil.cli.ledger_sql import sql
from dalil.cli.ledger_verify import verify
from dalil.cli.output import Ticker, emit, json_option, memory_option, say_compiling
from dalil.units import format_btc, parse_bytes

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
    "of the public crypto_bitcoin schema (JSON lines and CSV too). Files or "
    "folders; may be given several times.",
)
@click.argument("more", nargs=-1, type=_path)
@click.option("--network", "network_name", help="Insist on a network: mainnet, …")
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
) -> None:
    """Build LEDGER from blocks, or bring it up to the chain with most work.

    \b
    Example:
      dalil ledger build my-ledger --blocks ~/.bitcoin/blocks
      dalil ledger build my-ledger --source esplora-json:saved.json
    """
    say_compiling()
    from dalil.chains.bitcoin.networks import network_by_name
    from dalil.errors import UsageError
    from dalil.ledger import Ledger
    from dalil.ledger.describe import describe_ledger

    if bool(blocks) == bool(sources):
        raise UsageError("give --blocks or --source, one of them")
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
    from dalil.ledger.describe import describe_ledger

    result = describe_ledger(Ledger.open(ledger_path))
    emit(result, as_json=as_json, text=lambda: _info_text(result))


def _info_text(result: dict[str, Any]) -> str:
    rows = []
    for key, value in result.items():
        if key == "outputs_by_type":
            rows += [f"  {kind:<17}{n:>12,}" for kind, n in value.items()]
        elif key != "notes":
            shown = (
                f"{value:,}" if type(value) is int and "height" not in key else value
            )
            rows.append(f"{key:<19}{shown!s:>12}")
    return "\n".join(rows)


@ledger.command()
@click.argument("ledger_path", metavar="LEDGER", type=_path)
@click.argument("txid")
@json_option
def tx(ledger_path: Path, txid: str, as_json: bool) -> None:  # noqa: FBT001
    """Show a transaction: inputs with their sources, outputs with who spends them.

    Example: dalil ledger tx my-ledger TXID --json
    """
    say_compiling()
    from dalil.clustering.coinjoin import CoinJoinType, coinjoin_types
    from dalil.ledger import Ledger
    from dalil.ledger.describe import describe_tx

    opened = Ledger.open(ledger_path)
    result = describe_tx(opened, txid)
    alone = opened.narrowed_to_tx(opened.find_tx(txid) or 0)
    result["coinjoin"] = CoinJoinType(int(coinjoin_types(alone)[0])).label
    emit(result, as_json=as_json, text=lambda: _tx_text(result))


def _tx_text(result: dict[str, Any]) -> str:
    fee = result["fee_sat"]
    rows = [
        result["txid"],
        f"block {result['height']}, {result['time_utc']}, fee "
        + ("unknown" if fee is None else f"{format_btc(fee)} BTC"),
        f"coinjoin: {result['coinjoin'] or 'no'}",
    ]
    for row in result["inputs"]:
        value = row["value_sat"]
        shown = "unknown" if value is None else format_btc(value)
        rows.append(f"  in  {shown:>18} {row['address'] or '-'} ({row['source']})")
    for row in result["outputs"]:
        spent = f" -> {row['spent_by']}" if row["spent_by"] else ""
        shown = format_btc(row["value_sat"])
        rows.append(f"  out {shown:>18} {row['address'] or row['type']}{spent}")
    return "\n".join(rows)


@ledger.command()
@click.argument("ledger_path", metavar="LEDGER", type=_path)
@click.argument("address")
@click.option("--tags", "tag_store", type=_path, help="Tag store; default: beside it.")
@json_option
def address(
    ledger_path: Path,
    address: str,
    tag_store: Path | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Sum an address up: received, spent, first and last seen, cluster, tags.

    An address the ledger has not seen gives zeros.

    Example: dalil ledger address my-ledger ADDRESS --json
    """
    say_compiling()
    from dalil.attribution import TagStore
    from dalil.clustering import clusters
    from dalil.ledger import Ledger
    from dalil.ledger.describe import describe_address
    from dalil.settings import default_tag_store

    opened = Ledger.open(ledger_path)
    result = describe_address(opened, address)
    found = opened.find_address(address)
    result["cluster"] = None
    if found is not None:
        label = int(clusters(opened).label[found])
        result["cluster"] = opened.address_text(label)
    folder, tags = tag_store or default_tag_store(ledger_path), []
    if tag_store or (folder / "manifest.json").is_file():
        with TagStore.open(folder) as store:
            tags = store.find(address, opened.chain)
    result["tags"] = [tag.to_json() for tag in tags]
    emit(result, as_json=as_json, text=lambda: _address_text(result))


def _address_text(result: dict[str, Any]) -> str:
    rows = [
        result["address"],
        f"received {format_btc(result['received_sat']):>18}",
        f"spent    {format_btc(result['spent_sat']):>18}",
        f"transactions {result['n_tx']:,}, blocks {result['first_height']} to "
        f"{result['last_height']}",
        f"cluster {result['cluster'] or '-'}",
    ]
    rows += [f"tag: {tag['label']} ({tag['source']})" for tag in result["tags"]]
    return "\n".join(rows)


@ledger.command()
@click.argument("ledger_path", metavar="LEDGER", type=_path)
@click.argument("address")
@click.option(
    "--start", type=click.IntRange(0), default=0, help="First row of the page."
)
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=100, show_default=True
)
@json_option
def history(
    ledger_path: Path,
    address: str,
    start: int,
    limit: int,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Page through what an address was paid, oldest first.

    A page costs the same wherever it is, in a history of ten million rows too.

    Example: dalil ledger history my-ledger ADDRESS --start 5000 --json
    """
    say_compiling()
    from dalil.ledger import Ledger
    from dalil.ledger.describe import describe_history

    result = describe_history(Ledger.open(ledger_path), address, start, limit)
    emit(result, as_json=as_json, text=lambda: _history_text(result))


def _history_text(result: dict[str, Any]) -> str:
    rows = [f"{result['address']}: {result['n_outputs']:,} outputs"]
    for row in result["outputs"]:
        spent = f" -> {row['spent_by']}" if row["spent_by"] else ""
        value = format_btc(row["value_sat"])
        rows.append(
            f"{row['n']:>10} {row['time_utc']} {value:>18} {row['outpoint']}{spent}"
        )
    if result["next"] is not None:
        rows.append(f"more: --start {result['next']}")
    return "\n".join(rows)


@ledger.command()
@click.argument("ledger_path", metavar="LEDGER", type=_path)
@json_option
def dump(ledger_path: Path, as_json: bool) -> None:  # noqa: FBT001
    """Print every transaction as canonical JSON, one a line, in chain order.

    Two ledgers of one chain dump the same bytes, however they were built.

    Example: dalil ledger dump my-ledger | sha256sum
    """
    del as_json  # the dump is JSON either way
    from dalil.ledger import Ledger
    from dalil.ledger.describe import dump as lines
    from dalil.ledger.layout import canonical_json

    for row in lines(Ledger.open(ledger_path)):
        click.echo(canonical_json(row))


ledger.add_command(follow)


ledger.add_command(fetch)


ledger.add_command(sql)


ledger.add_command(verify)


ledger.add_command(export)


ledger.add_command(plan)
