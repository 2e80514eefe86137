"""What a new segment asks of the runs before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from dalil.ledger.index import Index
    from dalil.ledger.runs.runs import Runs

    OutputsOfTx = Callable[
        [NDArray[np.int64]], tuple[NDArray[np.int64], NDArray[np.int64]]
    ]

__all__ = ["OldRuns"]

_AT_ONCE = 1 << 13


class OldRuns:
    """Earlier runs, read in order and let go of behind the reader.

    Parameters
    ----------
    runs : Runs
    outputs_of_tx : function
        From (n,) int64 transactions, ascending, to their first output and
        their number of outputs, each (n,) int64: the ledger's columns know.

    Attributes
    ----------
    tx_indexes, address_indexes : tuple of Index
        Ascending rows.
    """

    def __init__(self, runs: Runs, outputs_of_tx: OutputsOfTx) -> None:
        self._runs = runs
        self.outputs_of_tx = outputs_of_tx
        self.tx_indexes: Sequence[Index] = tuple(run.tx_index for run in runs.runs)
        self.address_indexes: Sequence[Index] = tuple(
            run.address_index for run in runs.runs
        )

    def spent(self, outputs: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which of the outputs, (n,) int64 ascending, are spent already.

        Mapped pages are let go of every few thousand outputs, since each may
        touch a page of its own.
        """
        found = np.empty(outputs.size, np.bool_)
        for at in range(0, outputs.size, _AT_ONCE):
            part = slice(at, at + _AT_ONCE)
            found[part] = self._runs.spent_by(outputs[part]) >= 0
            if at:
                self.release()
        return found

    def release(self) -> None:
        """Let go of the pages of all runs read so far.

        To be called behind each partition: what another thread still reads
        is mapped again from the page cache.
        """
        for run in self._runs.runs:
            run.drop()
