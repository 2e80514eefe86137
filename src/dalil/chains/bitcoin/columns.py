"""The columns that blocks are parsed into, and the room they may need."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Columns", "most_rows"]

_MIN_TX, _MIN_INPUT, _MIN_OUTPUT = 10, 41, 9


def most_rows(size: int) -> tuple[int, int, int]:
    """Return how many transactions, inputs and outputs `size` bytes may hold.

    >>> most_rows(8 << 20)
    (838860, 204600, 932067)
    """
    return size // _MIN_TX, size // _MIN_INPUT, size // _MIN_OUTPUT


class Columns(NamedTuple):
    """Columns of a batch of blocks; ids are rows, counted from the batch's start.

    `first_input` and `first_output` have one row more than there are
    transactions. `spent_txid` and `spent_index` name what an input spends.
    `script_at` and `script_size` place each output's script in the buffer.
    """

    txid: NDArray[np.uint8]
    version: NDArray[np.int32]
    locktime: NDArray[np.uint32]
    first_input: NDArray[np.int64]
    first_output: NDArray[np.int64]
    spent_txid: NDArray[np.uint8]
    spent_index: NDArray[np.uint32]
    sequence: NDArray[np.uint32]
    value: NDArray[np.int64]
    kind: NDArray[np.uint8]
    key: NDArray[np.uint8]
    script_at: NDArray[np.int64]
    script_size: NDArray[np.int32]

    @classmethod
    def empty(cls, n_tx: int, n_in: int, n_out: int) -> Columns:
        """Make columns for so many transactions, inputs and outputs."""
        return cls(
            np.empty((n_tx, 32), np.uint8),
            np.empty(n_tx, np.int32),
            np.empty(n_tx, np.uint32),
            np.empty(n_tx + 1, np.int64),
            np.empty(n_tx + 1, np.int64),
            np.empty((n_in, 32), np.uint8),
            np.empty(n_in, np.uint32),
            np.empty(n_in, np.uint32),
            np.empty(n_out, np.int64),
            np.empty(n_out, np.uint8),
            np.empty((n_out, 32), np.uint8),
            np.empty(n_out, np.int64),
            np.empty(n_out, np.int32),
        )

    def cut(self, n_tx: int, n_in: int, n_out: int) -> Columns:
        """Return the first rows of each column, without a copy."""
        tx, spent, made = slice(n_tx), slice(n_in), slice(n_out)
        return Columns(
            self.txid[tx],
            self.version[tx],
            self.locktime[tx],
            self.first_input[: n_tx + 1],
            self.first_output[: n_tx + 1],
            self.spent_txid[spent],
            self.spent_index[spent],
            self.sequence[spent],
            self.value[made],
            self.kind[made],
            self.key[made],
            self.script_at[made],
            self.script_size[made],
        )
