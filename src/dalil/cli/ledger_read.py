"""`dalil ledger tx`, `address`, `history`, `dump`: what a ledger tells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dalil.cli import accounts
from dalil.cli.output import emit, json_option, say_compiling
from dalil.units import format_btc

__all__ = ["address", "dump", "history", "tx"]

_path = click.Path(path_type=Path)


@click.command()
@click.argument("ledger_path", metavar="LEDGER", type=_path)
@click.argument("txid")
@json_option
def tx(ledger_path: Path, txid: str, as_json: bool) -> None:  # noqa: FBT001
    """Show a transaction: inputs with their sources, outputs with who spends them.

    Example: dalil ledger tx my-ledger TXID --json
    """
    say_compiling()
    if accounts.is_accounts(ledger_path):
        told = accounts.tx_result(ledger_path, txid)
        emit(told, as_json=as_json, text=lambda: accounts.tx_text(told))
        return
    from dalil.clustering.coinjoin import CoinJoinType, coinjoin_types
    from dalil.ledger import Ledger
    from dalil.ledger.describe import describe_tx

    opened = Ledger.open(ledger_path)
    result = describe_tx(opened, txid)
    alone = opened.narrowed_to_tx(opened.find_tx(txid) or 0)
    result["coinjoin"] = CoinJoinType(int(coinjoin_types(alone)[0])).label
    emit(result, as_json=as_json, text=lambda: _tx_text(result, opened.network.symbol))


def _tx_text(result: dict[str, Any], symbol: str) -> str:
    fee = result["fee_sat"]
    rows = [
        result["txid"],
        f"block {result['height']}, {result['time_utc']}, fee "
        + ("unknown" if fee is None else f"{format_btc(fee)} {symbol}"),
        f"coinjoin: {result['coinjoin'] or 'no'}",
    ]
    hidden = result.get("into_pools_sat")
    if hidden:
        rows.append(f"into hidden pools: {format_btc(hidden)} {symbol}")
    for row in result["inputs"]:
        value = row["value_sat"]
        shown = "unknown" if value is None else format_btc(value)
        rows.append(f"  in  {shown:>18} {row['address'] or '-'} ({row['source']})")
    for row in result["outputs"]:
        spent = f" -> {row['spent_by']}" if row["spent_by"] else ""
        shown = format_btc(row["value_sat"])
        rows.append(f"  out {shown:>18} {row['address'] or row['type']}{spent}")
    return "\n".join(rows)


@click.command()
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

    An address the ledger has not seen gives zeros. On a chain of accounts each
    token is summed up by itself, with its balance where that is known.

    Example: dalil ledger address my-ledger ADDRESS --json
    """
    say_compiling()
    if accounts.is_accounts(ledger_path):
        told = accounts.address_result(ledger_path, address, tag_store)
        emit(told, as_json=as_json, text=lambda: accounts.address_text(told))
        return
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


@click.command()
@click.argument("ledger_path", metavar="LEDGER", type=_path)
@click.argument("address")
@click.option(
    "--start", type=click.IntRange(0), default=0, help="First row of the page."
)
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=100,
    show_default=True,
    help="Rows of a page.",
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
    if accounts.is_accounts(ledger_path):
        told = accounts.history_result(ledger_path, address, start, limit)
        emit(told, as_json=as_json, text=lambda: accounts.history_text(told))
        return
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


@click.command()
@click.argument("ledger_path", metavar="LEDGER", type=_path)
@json_option
def dump(ledger_path: Path, as_json: bool) -> None:  # noqa: FBT001
    """Print every transaction as canonical JSON, one a line, in chain order.

    Two ledgers of one chain dump the same bytes, however they were built.

    Example: dalil ledger dump my-ledger | sha256sum
    """
    del as_json  # the dump is JSON either way
    from dalil.ledger import Ledger
    from dalil.ledger.accounts import AccountLedger, dump_accounts
    from dalil.ledger.describe import dump as lines
    from dalil.ledger.layout import canonical_json

    if accounts.is_accounts(ledger_path):
        rows = dump_accounts(AccountLedger.open(ledger_path))
    else:
        rows = lines(Ledger.open(ledger_path))
    for row in rows:
        click.echo(canonical_json(row))
