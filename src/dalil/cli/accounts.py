"""What the commands say of a ledger of accounts: addresses, transactions, pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dalil.cli.output import printable

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "address_result",
    "address_text",
    "amount_text",
    "history_result",
    "history_text",
    "is_accounts",
    "tx_result",
    "tx_text",
]


def is_accounts(path: Path) -> bool:
    """Tell whether a folder holds a ledger of accounts."""
    from dalil.ledger.accounts import is_account_ledger

    return is_account_ledger(path)


def amount_text(amount: str | None, row: dict[str, Any]) -> str:
    """Write base units for people: with a point where the decimals are known.

    `row` has the token's `symbol` and `decimals`; the token itself is named
    elsewhere on the page where nobody knows it.
    """
    if amount is None:
        return "unknown"
    decimals = row.get("decimals")
    if decimals is None:
        return f"{int(amount):,} base units"
    sign = "-" if amount.startswith("-") else ""
    whole, part = divmod(abs(int(amount)), 10**decimals)
    digits = f".{part:0{decimals}d}".rstrip("0").rstrip(".") if decimals else ""
    return f"{sign}{whole:,}{digits} {row.get('symbol') or ''}".rstrip()


def _unknown(row: dict[str, Any]) -> str:
    return "" if row.get("symbol") else f" of {row['token']}"


def address_result(path: Path, address: str, tags: Path | None) -> dict[str, Any]:
    """Sum an address up, token by token, with its tags."""
    from dalil.attribution import TagStore
    from dalil.ledger.accounts import AccountLedger, describe_account_address
    from dalil.settings import default_tag_store

    ledger = AccountLedger.open(path)
    result = describe_account_address(ledger, address)
    folder, found = tags or default_tag_store(path), []
    if tags or (folder / "manifest.json").is_file():
        with TagStore.open(folder) as store:
            found = store.find(address, ledger.chain)
    result["tags"] = [tag.to_json() for tag in found]
    return result


def address_text(result: dict[str, Any]) -> str:
    """Lay an address out for people."""
    rows = [
        result["address"],
        f"{result['n_transfers']:,} transfers in {result['n_tx']:,} transactions, "
        f"blocks {result['first_block']} to {result['last_block']}",
    ]
    for row in result["tokens"]:
        frozen = ", frozen by the issuer" if row["frozen"] else ""
        rows += [
            row["token"],
            f"  received {amount_text(row['received_amount'], row)} "
            f"in {row['n_in']:,} transfers",
            f"  sent     {amount_text(row['sent_amount'], row)} "
            f"in {row['n_out']:,} transfers",
            f"  balance  {amount_text(row['balance_amount'], row)}{frozen}",
        ]
    rows += [f"tag: {tag['label']} ({tag['source']})" for tag in result["tags"]]
    return "\n".join(map(printable, rows))


def tx_result(path: Path, txid: str) -> dict[str, Any]:
    """Describe a transaction: what it moved and made known."""
    from dalil.ledger.accounts import AccountLedger
    from dalil.ledger.accounts.describe import describe_account_tx

    view = AccountLedger.open(path)
    result = describe_account_tx(view, txid)
    for row in result["transfers"]:
        token = view.find_token(row["token"])
        row["symbol"] = None if token is None else view.tokens.symbol(token)
    return result


def tx_text(result: dict[str, Any]) -> str:
    """Lay a transaction out for people."""
    rows = [
        result["tx"],
        f"block {result['block']}, {result['time_utc']}, {result['status']}",
    ]
    rows += [
        f"  {row['kind']}: {row['from']} -> {row['to']}: "
        f"{amount_text(row['amount'], row)}{_unknown(row)}"
        for row in result["transfers"]
    ]
    rows += [
        f"  {row['kind']}: {row['subject'] or '-'} by {row['contract'] or '-'}"
        for row in result["events"]
    ]
    return "\n".join(map(printable, rows))


def history_result(path: Path, address: str, start: int, limit: int) -> dict[str, Any]:
    """Page through an address's transfers, both directions, oldest first."""
    import numpy as np

    from dalil.ledger.accounts import AccountLedger
    from dalil.tracing.accounts.naming import transfer_name
    from dalil.units import format_utc

    view = AccountLedger.open(path)
    found = view.find_address(address)
    rows = np.zeros(0, np.int64)
    if found is not None:
        rows = np.union1d(view.transfers_from(found), view.transfers_to(found))
    page = rows[start : start + limit]
    blocks = view.block_of_tx(view.tx_of_transfer(page))
    return {
        "address": address,
        "n_transfers": int(rows.size),
        "start": start,
        "next": start + limit if start + limit < rows.size else None,
        "transfers": [
            {
                "n": start + i,
                "transfer": transfer_name(view, row),
                "block": int(view.block_number[block]),
                "time_utc": format_utc(int(view.block_time[block])),
                "from": view.address_text(int(view.transfer_from[row])),
                "to": view.address_text(int(view.transfer_to[row])),
                "token": view.token_name(int(view.transfer_token[row])),
                "symbol": view.tokens.symbol(int(view.transfer_token[row])),
                "decimals": view.token_decimals(int(view.transfer_token[row])),
                "amount": str(amount),
            }
            for i, (row, block, amount) in enumerate(
                zip(page.tolist(), blocks.tolist(), view.amounts(page), strict=True)
            )
        ],
    }


def history_text(result: dict[str, Any]) -> str:
    """Lay a page out for people."""
    rows = [f"{result['address']}: {result['n_transfers']:,} transfers"]
    rows += [
        f"{row['n']:>10} {row['time_utc']} {row['from']} -> {row['to']} "
        f"{amount_text(row['amount'], row)}{_unknown(row)}"
        for row in result["transfers"]
    ]
    if result["next"] is not None:
        rows.append(f"more: --start {result['next']}")
    return "\n".join(map(printable, rows))
