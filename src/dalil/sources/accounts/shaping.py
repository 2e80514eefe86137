"""Rows to columns: an `AccountBatch` grown block by block.

For sources that speak in objects, a few thousand rows a second; files of
transfers alone, which come by the ten million, go through `transfers`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dalil.chains.accounts import NOBODY, AccountBatch, TxStatus, limbs_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["NO_HASH", "BlockRows", "EventRow", "TransferRow", "TxRows", "batch_of"]

NO_HASH = bytes(32)


class TransferRow(NamedTuple):
    """One movement; see `AccountBatch` for each word."""

    kind: int
    token_kind: int
    token: bytes
    source: bytes
    to: bytes
    log: int
    amount: int


class EventRow(NamedTuple):
    """One thing made known."""

    kind: int
    contract: bytes
    subject: bytes
    other: bytes
    log: int
    amount: int = 0
    ref: int = -1


@dataclass(slots=True)
class TxRows:
    """A transaction and what it did."""

    hash: bytes
    place: int = -1
    status: int = TxStatus.UNTOLD
    sender: bytes = NOBODY
    transfers: list[TransferRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)


@dataclass(slots=True)
class BlockRows:
    """A block and its transactions, in their order."""

    number: int
    hash: bytes = NO_HASH
    parent: bytes = NO_HASH
    time: int = 0
    txs: list[TxRows] = field(default_factory=list)


def _bytes(parts: Sequence[bytes], width: int) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(parts), np.uint8).reshape(-1, width).copy()


def _starts(counts: Sequence[int]) -> NDArray[np.int64]:
    starts = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=starts[1:])
    return starts


def _column(values: Sequence[int], dtype: Any) -> NDArray[Any]:  # noqa: ANN401
    return np.array(values, dtype=dtype)


def batch_of(
    chain: str, blocks: Sequence[BlockRows], *, contiguous: bool
) -> AccountBatch:
    """Lay out blocks, which must ascend, as columns.

    Transfers and events are put in the order of their logs; those of one log
    stay as they were given.
    """
    txs = [tx for block in blocks for tx in block.txs]
    by_log = attrgetter("log")
    moves = [row for tx in txs for row in sorted(tx.transfers, key=by_log)]
    told = [row for tx in txs for row in sorted(tx.events, key=by_log)]
    return AccountBatch(
        chain=chain,
        block_number=_column([b.number for b in blocks], np.int64),
        block_hash=_bytes([b.hash for b in blocks], 32),
        block_parent=_bytes([b.parent for b in blocks], 32),
        block_time=_column([b.time for b in blocks], np.int64),
        block_first_tx=_starts([len(b.txs) for b in blocks]),
        tx_hash=_bytes([tx.hash for tx in txs], 32),
        tx_place=_column([tx.place for tx in txs], np.int32),
        tx_status=_column([tx.status for tx in txs], np.uint8),
        tx_sender=_bytes([tx.sender for tx in txs], 20),
        tx_first_transfer=_starts([len(tx.transfers) for tx in txs]),
        tx_first_event=_starts([len(tx.events) for tx in txs]),
        transfer_kind=_column([r.kind for r in moves], np.uint8),
        transfer_token_kind=_column([r.token_kind for r in moves], np.uint8),
        transfer_token=_bytes([r.token for r in moves], 20),
        transfer_from=_bytes([r.source for r in moves], 20),
        transfer_to=_bytes([r.to for r in moves], 20),
        transfer_log=_column([r.log for r in moves], np.int32),
        transfer_amount=limbs_of([r.amount for r in moves]),
        event_kind=_column([r.kind for r in told], np.uint8),
        event_contract=_bytes([r.contract for r in told], 20),
        event_subject=_bytes([r.subject for r in told], 20),
        event_other=_bytes([r.other for r in told], 20),
        event_log=_column([r.log for r in told], np.int32),
        event_amount=limbs_of([r.amount for r in told]),
        event_ref=_column([r.ref for r in told], np.int64),
        contiguous=contiguous,
    )
