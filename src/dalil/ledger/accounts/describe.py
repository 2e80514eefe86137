"""What a ledger of accounts, an address, a transaction look like on the wire.

Amounts are decimal strings of base units, exact; `decimals` says where the point
goes, null where nobody told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.chains.accounts import EventKind, TransferKind, TxStatus, whole
from dalil.errors import NotFoundError
from dalil.ledger.accounts.amounts import exact_sum, limbs_at
from dalil.ledger.accounts.view import NO_ADDRESS
from dalil.ledger.store.mapping import pieces
from dalil.units import format_utc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dalil.ledger.accounts.reader import AccountLedger
    from dalil.ledger.accounts.view import I64

__all__ = [
    "describe_account_address",
    "describe_account_tx",
    "describe_accounts",
    "dump_accounts",
]


def _count(column: NDArray[np.uint8]) -> I64:
    """Count how often each value occurs, in memory that does not grow."""
    found = np.zeros(256, np.int64)
    for part in pieces(column):
        found += np.bincount(part, minlength=256)
    return found


def describe_accounts(ledger: AccountLedger) -> dict[str, Any]:
    """Count what a ledger holds, and repeat what its sources said of themselves.

    `gaps` are ranges of blocks that sources lacked, both ends included.
    """
    told, empty = ledger.commit.told, ledger.n_blocks == 0
    kinds, events = _count(ledger.transfer_kind), _count(ledger.event_kind)
    return {
        "chain": ledger.chain,
        "source": ledger.source,
        "first_block": None if empty else int(ledger.block_number[0]),
        "last_block": None if empty else int(ledger.block_number[-1]),
        "first_time_utc": None if empty else format_utc(int(ledger.block_time[0])),
        "last_time_utc": None if empty else format_utc(int(ledger.block_time[-1])),
        "tip_hash": None if empty else ledger.block_hash_text(-1),
        "contiguous": ledger.contiguous,
        "n_blocks": ledger.n_blocks,
        "n_tx": ledger.n_tx,
        "n_failed": int(_count(ledger.tx_status)[TxStatus.FAILED]),
        "n_transfers": ledger.n_transfers,
        "transfers_by_kind": {k.name.lower(): int(kinds[k]) for k in TransferKind},
        "n_wide": int(ledger.wide_transfer.size),
        "n_events": ledger.n_events,
        "events_by_kind": {
            k.name.lower(): int(events[k]) for k in EventKind if events[k]
        },
        "n_addresses": ledger.n_addresses,
        "n_tokens": ledger.n_tokens,
        "n_anchors": int(ledger.anchor_token.size),
        "n_duplicates_dropped": int(told.get("n_duplicates_dropped", 0)),
        "n_not_fungible": int(told.get("n_not_fungible", 0)),
        "n_wrong_logs": int(told.get("n_wrong_logs", 0)),
        "gaps": told.get("gaps", []),
        "manifest_sha256": ledger.manifest_sha256,
    }


def _sum(ledger: AccountLedger, transfers: I64) -> int:
    return exact_sum(
        limbs_at(
            ledger.transfer_amount, ledger.wide_transfer, ledger.wide_high, transfers
        )
    )


def describe_account_address(ledger: AccountLedger, text: str) -> dict[str, Any]:
    """Sum an address up, token by token; one the ledger has not seen gives none.

    `balance_amount` is null where it is not known (see `AccountLedger.balance`);
    `frozen` is true where the token's contract last said so.

    Raises
    ------
    AddressError
        If the text is no address of the ledger's chain.
    """
    address = ledger.find_address(text)
    if address is None:
        return {"address": text, "n_tx": 0, "n_transfers": 0, "n_events": 0} | {
            "first_block": None,
            "last_block": None,
            "tokens": [],
        }
    out, into = ledger.transfers_from(address), ledger.transfers_to(address)
    events = ledger.events_about(address)
    rows = np.unique(np.concatenate([out, into]))
    moved = ledger.tx_of_transfer(rows)
    txs = np.unique(np.concatenate([moved, ledger.tx_of_event(events)]))
    numbers = ledger.block_number[ledger.block_of_tx(txs)]
    tokens = np.unique(ledger.transfer_token[rows]).tolist()
    return {
        "address": ledger.address_text(address),
        "n_tx": int(txs.size),
        "n_transfers": int(rows.size),
        "n_events": int(events.size),
        "first_block": int(numbers[0]) if txs.size else None,
        "last_block": int(numbers[-1]) if txs.size else None,
        "tokens": [_holding(ledger, address, token) for token in tokens],
    }


def _holding(ledger: AccountLedger, address: int, token: int) -> dict[str, Any]:
    into = ledger.transfers_to(address, token)
    out = ledger.transfers_from(address, token)
    balance = ledger.balance(address, token)
    return {
        "token": ledger.token_name(token),
        "symbol": ledger.tokens.symbol(token),
        "decimals": ledger.token_decimals(token),
        "n_in": int(into.size),
        "n_out": int(out.size),
        "received_amount": str(_sum(ledger, into)),
        "sent_amount": str(_sum(ledger, out)),
        "balance_amount": None if balance is None else str(balance),
        "frozen": ledger.is_frozen(address, token),
    }


def _name(ledger: AccountLedger, address: int) -> str | None:
    return None if address == NO_ADDRESS else ledger.address_text(address)


def _transfers(ledger: AccountLedger, tx: int) -> list[dict[str, Any]]:
    rows = np.arange(*ledger.tx_first_transfer[tx : tx + 2].tolist())
    return [
        {
            "kind": TransferKind(int(ledger.transfer_kind[row])).name.lower(),
            "token": ledger.token_name(int(ledger.transfer_token[row])),
            "from": ledger.address_text(int(ledger.transfer_from[row])),
            "to": ledger.address_text(int(ledger.transfer_to[row])),
            "amount": str(amount),
            "log": int(ledger.transfer_log[row]),
        }
        for row, amount in zip(rows.tolist(), ledger.amounts(rows), strict=True)
    ]


def _events(ledger: AccountLedger, tx: int) -> list[dict[str, Any]]:
    rows = ledger.events_of_tx(tx)
    amounts = whole(ledger.event_amount[rows])
    return [
        {
            "kind": EventKind(int(ledger.event_kind[row])).name.lower(),
            "contract": _name(ledger, int(ledger.event_contract[row])),
            "subject": _name(ledger, int(ledger.event_subject[row])),
            "other": _name(ledger, int(ledger.event_other[row])),
            "amount": str(amount),
            "log": int(ledger.event_log[row]),
            "ref": int(ledger.event_ref[row]),
        }
        for row, amount in zip(rows.tolist(), amounts, strict=True)
    ]


def _tx(ledger: AccountLedger, tx: int) -> dict[str, Any]:
    return {
        "tx": ledger.txid(tx),
        "place": int(ledger.tx_place[tx]),
        "status": TxStatus(int(ledger.tx_status[tx])).name.lower(),
        "sender": _name(ledger, int(ledger.tx_sender[tx])),
        "transfers": _transfers(ledger, tx),
        "events": _events(ledger, tx),
    }


def describe_account_tx(ledger: AccountLedger, text: str) -> dict[str, Any]:
    """Tell all a ledger knows of a transaction.

    Raises
    ------
    NotFoundError
        If the ledger does not hold it.
    """
    tx = ledger.find_tx(text)
    if tx is None:
        raise NotFoundError("this ledger does not hold the transaction", text)
    block = int(ledger.block_of_tx(np.array([tx]))[0])
    told = _tx(ledger, tx)
    for row in told["transfers"]:
        token = ledger.find_token(row["token"])
        row["decimals"] = None if token is None else ledger.token_decimals(token)
    return {
        **told,
        "block": int(ledger.block_number[block]),
        "block_hash": ledger.block_hash_text(block),
        "time_utc": format_utc(int(ledger.block_time[block])),
    }


def dump_accounts(ledger: AccountLedger) -> Iterator[dict[str, Any]]:
    """Give anchors and then every block, in order: a ledger's canonical form.

    Two ledgers of one chain from the same kind of source dump the same, byte for
    byte in canonical JSON, however they were built.
    """
    anchors = zip(
        ledger.anchor_address.tolist(),
        ledger.anchor_token.tolist(),
        whole(ledger.anchor_amount),
        strict=True,
    )
    for address, token, amount in anchors:
        yield {
            "anchor": ledger.address_text(address),
            "token": ledger.token_name(token),
            "amount": str(amount),
        }
    follows = ledger.column("block.follows")
    for block in range(ledger.n_blocks):
        first, stop = ledger.block_first_tx[block : block + 2].tolist()
        yield {
            "block": int(ledger.block_number[block]),
            "hash": ledger.block_hash[block].tobytes().hex(),
            "parent": ledger.block_parent[block].tobytes().hex(),
            "time": int(ledger.block_time[block]),
            "follows": bool(follows[block]),
            "txs": [_tx(ledger, tx) for tx in range(first, stop)],
        }
