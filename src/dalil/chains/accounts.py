"""What moves on chains that keep accounts: columns of transfers and of events.

Ethereum, its kin and TRON keep balances, not outputs. What their nodes and
files tell comes down to this one shape, whatever it was read from: blocks,
their transactions, what each transaction moved, and what it made known.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "BEHIND_LOGS",
    "NOBODY",
    "NO_LOG",
    "AccountBatch",
    "EventKind",
    "TokenKind",
    "TransferKind",
    "TxStatus",
    "limbs_of",
    "whole",
]

NOBODY = bytes(20)
"""The zero address: coins come from it when minted and go to it when burned."""

NO_LOG = -1
"""In `log`: what the transaction itself moves, ahead of everything it calls."""

BEHIND_LOGS = 1 << 30
"""In `log`: an internal transfer, this plus its place in the trace. Nodes do
not say how traces and logs interleave, so they stand behind the logs."""


class TransferKind(IntEnum):
    """How a transfer is known (uint8)."""

    TOKEN = 0
    """A Transfer event of a token contract."""
    NATIVE = 1
    """The chain's own coin, moved by the transaction itself."""
    INTERNAL = 2
    """The chain's own coin, moved by a contract: told by a node, in no hash."""
    ASSET = 3
    """A TRC-10 asset, moved by the transaction itself."""
    MINT = 4
    """New tokens by an event of their own (Issue), from `NOBODY`."""
    BURN = 5
    """Tokens taken out of being by an event of their own (Redeem), to `NOBODY`."""
    DESTROY = 6
    """A frozen balance that the issuer wiped out, to `NOBODY`."""
    FEE = 7
    """The chain's own coin, spent on the transaction, to `NOBODY`."""


class EventKind(IntEnum):
    """What was made known (uint8); `subject` is whom it is about."""

    FREEZE = 1
    UNFREEZE = 2
    DESTROY = 3
    """A frozen balance was destroyed; `amount` of it."""
    ISSUE = 4
    REDEEM = 5
    APPROVAL = 6
    """`subject` lets `other` spend `amount`."""
    SUBMISSION = 7
    """A multisig wallet (`contract`) is asked to act; `ref` is its number there.
    Where it asks for a freeze, `subject` is whom and `other` the token."""
    CONFIRMATION = 8
    EXECUTION = 9
    ACTIVATION = 10
    """`other` opened the account `subject` (TRON)."""
    DELEGATION = 11
    """`other` lent `amount` of energy or bandwidth to `subject` (TRON)."""
    UNDELEGATION = 12
    UNFREEZE_SUBMISSION = 13
    """As SUBMISSION, for a call that lifts a freeze."""
    PAUSE = 14
    UNPAUSE = 15


class TokenKind(IntEnum):
    """What is moved (uint8)."""

    NATIVE = 0
    CONTRACT = 1
    """ERC-20 or TRC-20; the key is the contract's 20 bytes."""
    ASSET = 2
    """TRC-10; the key is its number as 20 bytes, big-endian."""


class TxStatus(IntEnum):
    """Whether a transaction took effect (uint8)."""

    FAILED = 0
    DONE = 1
    UNTOLD = 2
    """Sources such as lists of transfers name only what took effect."""


class AccountBatch(NamedTuple):
    """A stretch of one chain; every column is C-contiguous.

    Blocks ascend by number, transactions by (block, place in it), transfers and
    events by (transaction, log). What failed has its transaction and nothing
    else. Addresses are 20 bytes; amounts four uint64 limbs, least first.

    Attributes
    ----------
    chain : str
        CAIP-2.
    block_number : (n_blocks,) int64
        Ascending. Blocks without anything to tell may be left out only where
        the source cannot know them; then `contiguous` is false.
    block_hash, block_parent : (n_blocks, 32) uint8
        As printed. Zeros where the source does not tell.
    block_time : (n_blocks,) int64
        Unix seconds.
    block_first_tx : (n_blocks + 1,) int64
    tx_hash : (n_tx, 32) uint8
        As printed.
    tx_place : (n_tx,) int32
        In its block; -1 where the source does not tell.
    tx_status : (n_tx,) uint8
        `TxStatus`.
    tx_sender : (n_tx, 20) uint8
        Zeros where the source does not tell.
    tx_first_transfer, tx_first_event : (n_tx + 1,) int64
    transfer_kind, transfer_token_kind : (n_transfers,) uint8
    transfer_token, transfer_from, transfer_to : (n_transfers, 20) uint8
    transfer_log : (n_transfers,) int32
        The log's number in its block, `NO_LOG`, or from `BEHIND_LOGS` on.
    transfer_amount : (n_transfers, 4) uint64
    event_kind : (n_events,) uint8
    event_contract, event_subject, event_other : (n_events, 20) uint8
    event_log : (n_events,) int32
    event_amount : (n_events, 4) uint64
    event_ref : (n_events,) int64
        -1 where there is none.
    contiguous : bool
        Whether no block between the first and the last is missing.
    """

    chain: str
    block_number: NDArray[np.int64]
    block_hash: NDArray[np.uint8]
    block_parent: NDArray[np.uint8]
    block_time: NDArray[np.int64]
    block_first_tx: NDArray[np.int64]
    tx_hash: NDArray[np.uint8]
    tx_place: NDArray[np.int32]
    tx_status: NDArray[np.uint8]
    tx_sender: NDArray[np.uint8]
    tx_first_transfer: NDArray[np.int64]
    tx_first_event: NDArray[np.int64]
    transfer_kind: NDArray[np.uint8]
    transfer_token_kind: NDArray[np.uint8]
    transfer_token: NDArray[np.uint8]
    transfer_from: NDArray[np.uint8]
    transfer_to: NDArray[np.uint8]
    transfer_log: NDArray[np.int32]
    transfer_amount: NDArray[np.uint64]
    event_kind: NDArray[np.uint8]
    event_contract: NDArray[np.uint8]
    event_subject: NDArray[np.uint8]
    event_other: NDArray[np.uint8]
    event_log: NDArray[np.int32]
    event_amount: NDArray[np.uint64]
    event_ref: NDArray[np.int64]
    contiguous: bool = True


def limbs_of(amounts: Sequence[int]) -> NDArray[np.uint64]:
    """Lay out amounts below 2**256 as (n, 4) uint64, least limb first.

    Raises
    ------
    OverflowError
        If an amount is negative or larger.

    Examples
    --------
    >>> limbs_of([1 << 64, 5]).tolist()
    [[0, 1, 0, 0], [5, 0, 0, 0]]
    """
    raw = b"".join(amount.to_bytes(32, "little") for amount in amounts)
    return np.frombuffer(raw, "<u8").reshape(-1, 4).astype(np.uint64)


def whole(limbs: NDArray[np.uint64]) -> list[int]:
    """Read (n, 4) limbs as Python's own integers.

    >>> whole(limbs_of([2**256 - 1])) == [2**256 - 1]
    True
    """
    raw = np.ascontiguousarray(limbs, "<u8").tobytes()
    return [int.from_bytes(raw[i : i + 32], "little") for i in range(0, len(raw), 32)]
