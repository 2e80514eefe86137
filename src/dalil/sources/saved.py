"""Single transactions, as a partial ledger is built from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dalil.errors import InputError
from dalil.ids import format_txid

if TYPE_CHECKING:
    from dalil.chains.bitcoin.networks import Network
    from dalil.chains.bitcoin.transaction import Transaction, TxOutput
    from dalil.sources.blockfiles import Note

__all__ = ["SavedTx", "SavedTxs", "in_chain_order"]

_UNPLACED = 1 << 32
"""Sorts behind every position that was proven."""


@dataclass(frozen=True, slots=True)
class SavedTx:
    """One confirmed transaction; `prevouts` has None where nothing is told."""

    tx: Transaction
    height: int
    block_hash: bytes
    time: int
    prevouts: tuple[TxOutput | None, ...]
    header: bytes | None = None
    """(80) the block's, where it is at hand; its hash is `block_hash`."""
    position: int | None = None
    """Place in the block, where `branch` proves it."""
    branch: tuple[bytes, ...] | None = None
    """(32 each, hash order) siblings from the leaf up to the header's root."""


@dataclass(slots=True)
class SavedTxs:
    """What the files hold: each transaction once, in an order a chain allows."""

    network: Network
    txs: list[SavedTx] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def in_chain_order(found: dict[bytes, SavedTx]) -> list[SavedTx]:
    """Order by height; within a block by proven position, else as spends ask.

    A transaction without a position stands before those of its block that
    spend it, as late as they allow.

    Raises
    ------
    InputError
        If two blocks are named at one height, or a position puts a
        transaction before one it spends.
    """
    hashes: dict[int, bytes] = {}
    for saved in found.values():
        if hashes.setdefault(saved.height, saved.block_hash) != saved.block_hash:
            raise InputError("two blocks are named at one height", saved.height)
    depth: dict[bytes, int] = {}
    for txid in found:
        _depth(txid, found, depth)
    place: dict[bytes, int] = {}
    for txid in sorted(found, key=lambda t: -depth[t]):
        position = found[txid].position
        known = place.get(txid, _UNPLACED) if position is None else position
        place[txid] = known
        for parent in _parents(txid, found):
            place[parent] = min(known, place.get(parent, _UNPLACED))
    order = sorted(
        found,
        key=lambda t: (
            found[t].height,
            place[t],
            found[t].position is not None,
            depth[t],
            t,
        ),
    )
    row = {txid: n for n, txid in enumerate(order)}
    for txid in order:
        if any(row[parent] > row[txid] for parent in _parents(txid, found)):
            raise InputError(
                "the positions put a transaction before one it spends",
                format_txid(txid),
            )
    return [found[txid] for txid in order]


def _parents(txid: bytes, found: dict[bytes, SavedTx]) -> list[bytes]:
    """Those of its own block that a transaction spends."""
    height = found[txid].height
    return [
        spend.txid
        for spend in found[txid].tx.inputs
        if spend.txid in found and found[spend.txid].height == height
    ]


def _depth(txid: bytes, found: dict[bytes, SavedTx], depth: dict[bytes, int]) -> None:
    """Count the longest chain of parents inside the same block, without recursion."""
    stack = [txid]
    while stack:
        at = stack[-1]
        parents = _parents(at, found)
        missing = [parent for parent in parents if parent not in depth]
        if missing:
            stack += missing
            continue
        depth[at] = 1 + max((depth[parent] for parent in parents), default=-1)
        stack.pop()
