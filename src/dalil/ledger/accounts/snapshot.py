"""The columns of one committed snapshot, and how one table's rows lead to another's."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.ledger.accounts.layout import COLUMNS
from dalil.ledger.layout import manifest_sha256

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.ledger.accounts.commit import Commit
    from dalil.ledger.accounts.view import I64

__all__ = ["Columns"]


class Columns:
    """Mapped, read-only columns; see `AccountView` and `AccountBatch` for each.

    Attributes
    ----------
    block_hash, block_parent : (n_blocks, 32) uint8
        Zeros where the source does not tell.
    tx_hash : (n_tx, 32) uint8
    tx_place : (n_tx,) int32
        In its block; -1 not told.
    tx_sender : (n_tx,) uint32
        Address id, or `NO_ADDRESS`.
    event_tx : (n_events,) int64
    anchor_address, anchor_token : (n_anchors,) uint32
    anchor_amount : (n_anchors, 4) uint64
    """

    def __init__(self, path: Path, commit: Commit) -> None:
        self.path, self.commit = path, commit
        self.chain: str = commit.manifest["chain"]
        self.source: str = commit.manifest["source"]
        self.manifest_sha256 = manifest_sha256(commit.manifest)
        self._mapped = {name: commit.read(path, name) for name in COLUMNS}
        read = self._mapped.__getitem__
        self.block_number: I64 = read("block.number")
        self.block_time: I64 = read("block.time")
        self.block_hash: NDArray[np.uint8] = read("block.hash")
        self.block_parent: NDArray[np.uint8] = read("block.parent")
        self.block_first_tx: I64 = read("block.first_tx")
        self.tx_hash: NDArray[np.uint8] = read("tx.hash")
        self.tx_place: NDArray[np.int32] = read("tx.place")
        self.tx_status: NDArray[np.uint8] = read("tx.status")
        self.tx_sender: NDArray[np.uint32] = read("tx.sender")
        self.tx_first_transfer: I64 = read("tx.first_transfer")
        self.transfer_token: NDArray[np.uint32] = read("transfer.token")
        self.transfer_from: NDArray[np.uint32] = read("transfer.from")
        self.transfer_to: NDArray[np.uint32] = read("transfer.to")
        self.transfer_amount: NDArray[np.uint64] = read("transfer.amount")
        self.transfer_kind: NDArray[np.uint8] = read("transfer.kind")
        self.transfer_log: NDArray[np.int32] = read("transfer.log")
        self.wide_transfer: I64 = read("wide.transfer")
        self.wide_high: NDArray[np.uint64] = read("wide.high")
        self.event_tx: I64 = read("event.tx")
        self.event_kind: NDArray[np.uint8] = read("event.kind")
        self.event_contract: NDArray[np.uint32] = read("event.contract")
        self.event_subject: NDArray[np.uint32] = read("event.subject")
        self.event_other: NDArray[np.uint32] = read("event.other")
        self.event_log: NDArray[np.int32] = read("event.log")
        self.event_amount: NDArray[np.uint64] = read("event.amount")
        self.event_ref: I64 = read("event.ref")
        self.address_key: NDArray[np.uint8] = read("address.key")
        self.token_kind: NDArray[np.uint8] = read("token.kind")
        self.token_key: NDArray[np.uint8] = read("token.key")
        self.anchor_address: NDArray[np.uint32] = read("anchor.address")
        self.anchor_token: NDArray[np.uint32] = read("anchor.token")
        self.anchor_amount: NDArray[np.uint64] = read("anchor.amount")

    def column(self, name: str) -> NDArray[Any]:
        """Give a column by its name on disk, such as ``block.follows``; mapped."""
        return self._mapped[name]

    @property
    def n_blocks(self) -> int:
        """Blocks."""
        return int(self.block_number.size)

    @property
    def n_tx(self) -> int:
        """Transactions."""
        return int(self.tx_status.size)

    @property
    def n_transfers(self) -> int:
        """Transfers."""
        return int(self.transfer_kind.size)

    @property
    def n_events(self) -> int:
        """Events."""
        return int(self.event_kind.size)

    @property
    def n_addresses(self) -> int:
        """Addresses, the zero address among them where it occurs."""
        return int(self.address_key.shape[0])

    @property
    def n_tokens(self) -> int:
        """Tokens."""
        return int(self.token_kind.size)

    @cached_property
    def contiguous(self) -> bool:
        """Whether no block between the first and the last is missing."""
        return bool(np.all(self._mapped["block.follows"]))

    @cached_property
    def tx_first_event(self) -> I64:
        """(n_tx + 1,) put together in memory: eight bytes a transaction.

        For a few transactions ask `events_of_tx`.
        """
        return np.searchsorted(self.event_tx, np.arange(self.n_tx + 1))

    def events_of_tx(self, tx: int) -> I64:
        """List the events of a transaction, ascending."""
        low, high = np.searchsorted(self.event_tx, [tx, tx + 1])
        return np.arange(low, high)

    def tx_of_transfer(self, transfers: I64, /) -> I64:
        """Transaction of each transfer."""
        return np.searchsorted(self.tx_first_transfer, transfers, side="right") - 1

    def tx_of_event(self, events: I64, /) -> I64:
        """Transaction of each event."""
        return np.asarray(self.event_tx[events], np.int64)

    def block_of_tx(self, txs: I64, /) -> I64:
        """Block row of each transaction."""
        return np.searchsorted(self.block_first_tx, txs, side="right") - 1
