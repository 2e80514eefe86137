"""What the maker of bulk transfers carries on, and what it writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Columns", "State"]


class State(NamedTuple):
    """What goes on from one batch to the next."""

    dice: NDArray[np.uint64]
    tally: NDArray[np.int64]
    """(6,) transfers made, addresses known, blocks made, head and tail of the
    queue of deposits, payments ever put into the ring."""
    balance: NDArray[np.int64]
    """Of every token, one behind the other; in millionths."""
    offset: NDArray[np.int64]
    """(5,) where each token's balances begin."""
    queue: NDArray[np.int64]
    """Deposits to be swept: token << 40 | address."""
    ring: NDArray[np.int64]
    """Who was paid last: token << 40 | address."""
    salt: np.uint64
    n: int
    """Transfers to be made in all."""


class Columns(NamedTuple):
    """A batch's columns as kernels write them; see `AccountBatch`."""

    block_number: NDArray[np.int64]
    block_first_tx: NDArray[np.int64]
    tx_place: NDArray[np.int32]
    tx_status: NDArray[np.uint8]
    tx_sender: NDArray[np.int64]
    """Address numbers, as in the next columns that name addresses."""
    tx_first_transfer: NDArray[np.int64]
    transfer_kind: NDArray[np.uint8]
    transfer_token: NDArray[np.uint8]
    transfer_from: NDArray[np.int64]
    transfer_to: NDArray[np.int64]
    transfer_log: NDArray[np.int32]
    transfer_amount: NDArray[np.uint64]
