"""What a new segment asks of the runs before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.ledger.index import find_marks
from dalil.ledger.store.mapping import let_go

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dalil.ledger.index import Index
    from dalil.ledger.runs.runs import Runs

__all__ = ["OldRuns"]

_MAPPED = 16 << 20
"""Bytes of an index, or of a column, that may be mapped at a time."""
_PIECE = 1 << 19
"""Bytes of an index that are let go of at a time."""
_FEW = 256
"""So many look-ups may be made before pages are let go of, however far apart
they lie: the system maps 64 KiB around each."""


class OldRuns:
    """Earlier runs, read in order and let go of behind the reader.

    Two threads may ask at a time. What is let go of stays in the page cache.

    Parameters
    ----------
    runs : Runs
    first_output : (n_tx + 1,) int64
        The ledger's column, mapped.
    """

    def __init__(self, runs: Runs, first_output: NDArray[np.int64]) -> None:
        self._runs, self._first_output = runs, first_output

    def find_txs(self, marks: NDArray[np.uint64], found: NDArray[np.int64]) -> None:
        """Find txids' sorted marks (n, 2): highest rows into `found`, where -1."""
        for run in reversed(self._runs.runs):
            _find(run.tx_index, marks, found)

    def find_addresses(
        self, marks: NDArray[np.uint64], found: NDArray[np.int64]
    ) -> None:
        """Find addresses' sorted marks, tagged by type, in the same way."""
        for run in reversed(self._runs.runs):
            _find(run.address_index, marks, found)

    def outputs_of_tx(
        self, txs: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give first output and number of outputs of (n,) transactions, ascending."""
        first, n = np.empty(txs.size, np.int64), np.empty(txs.size, np.int64)
        for part in _stretches(txs):
            mine, column = txs[part], self._first_output
            first[part] = column[mine]
            n[part] = column[mine + 1] - first[part]
            let_go(column, int(mine[0]), int(mine[-1]) + 2)
        return first, n

    def spent(self, outputs: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which of the outputs, (n,) int64 ascending, are spent already."""
        found = np.empty(outputs.size, np.bool_)
        for part in _stretches(outputs):
            found[part] = self._runs.spent_by(outputs[part]) >= 0
            for run in self._runs.runs:
                run.drop()
        return found


def _stretches(rows: NDArray[np.int64]) -> Iterator[slice]:
    """Cut ascending rows of 8 bytes so that few pages lie beneath each part."""
    at = 0
    while at < rows.size:
        stop = int(np.searchsorted(rows, rows[at] + _MAPPED // 8))
        yield slice(at, max(stop, at + _FEW))
        at = max(stop, at + _FEW)


def _find(index: Index, marks: NDArray[np.uint64], found: NDArray[np.int64]) -> None:
    """Find marks in one index, by parts, and let go of what each part read."""
    n = marks.shape[0]
    _, _, start, stop = _read(index, marks)
    step = -(-n // (1 + max(0, 16 * (stop - start)) // _MAPPED))
    for at in range(0, n, step):
        mine = marks[at : at + step]
        find_marks(mine, mine.shape[0], index, found[at : at + step])
        begin, end, start, stop = _read(index, mine)
        _let_go_of_whole(index.entries, start, stop)
        _let_go_of_whole(index.offsets, begin, end)
        words, n_buckets = index.sieve.size, index.offsets.size - 1
        _let_go_of_whole(
            index.sieve, begin * words // n_buckets, end * words // n_buckets
        )


def _read(index: Index, marks: NDArray[np.uint64]) -> tuple[int, int, int, int]:
    """Tell which offsets and which entries are read to find sorted marks."""
    shift = 64 - index.bits
    begin, last = int(marks[0, 0]) >> shift, int(marks[-1, 0]) >> shift
    return begin, last + 2, int(index.offsets[begin]), int(index.offsets[last + 1])


def _let_go_of_whole(column: NDArray[Any], start: int, stop: int) -> None:
    """Let go behind a reader, in pieces that are worth a system call."""
    piece = _PIECE // column.strides[0]
    if start // piece < stop // piece:
        let_go(column, start // piece * piece, stop)
