"""Who spends each output, over several runs: in blocks, or as one column."""

from __future__ import annotations

import ctypes
import mmap
import sys
from typing import TYPE_CHECKING

import numpy as np

from dalil.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from dalil.ledger.runs.run import Run

__all__ = ["spent_blocks", "spent_column"]

_MAP_FIXED = 0x10
_MAP_NORESERVE = 0x4000 if sys.platform == "linux" else 0x40
_PRIVATE = mmap.MAP_PRIVATE | _MAP_NORESERVE
"""Without NORESERVE, a column larger than the memory would be refused."""


def spent_blocks(
    runs: Sequence[Run], stop: int, buffer: NDArray[np.int64]
) -> Iterator[NDArray[np.int64]]:
    """Give the spender of each output of adjacent runs, up to output `stop`.

    Blocks are parts of `buffer`, and no longer valid when the next is given.

    Raises
    ------
    StoreError
        If a run spends outputs out of order.
    """
    for r, run in enumerate(runs):
        first, last = run.rows.output
        for begin in range(first, min(last, stop), buffer.size):
            end = min(begin + buffer.size, last, stop)
            block = buffer[: end - begin]
            block[:] = run.spent.own[begin - first : end - first]
            for later in runs[r + 1 :]:
                _patch(block, later, begin)
            yield block


def _patch(block: NDArray[np.int64], later: Run, begin: int) -> None:
    """Enter what a later run spends of outputs from `begin` on."""
    older = later.spent.older
    low, high = np.searchsorted(older[:, 0], (begin, begin + block.size))
    at = older[low:high, 0] - begin
    if at.size and not 0 <= at.min() <= at.max() < block.size:
        raise StoreError("a run is damaged: what it spends is in no order", later.path)
    block[at] = older[low:high, 1]


def spent_column(runs: Sequence[Run]) -> NDArray[np.int64]:
    """Give the spender of each output of runs that begin with output 0.

    The runs' sections are mapped one behind another, privately, and what later
    runs spend is entered: only pages where something is entered take memory.
    Where pages of another size than 4096 bytes forbid it, sections are copied.

    Raises
    ------
    StoreError
        If a run spends outputs out of order.
    """
    size = 8 * runs[-1].rows.output[1]
    room = mmap.mmap(-1, max(size, 1), flags=_PRIVATE | mmap.MAP_ANONYMOUS)
    column = np.frombuffer(room, np.int64, size // 8)
    for run in runs:
        start, stop = run.rows.output
        low, high = _whole_pages(run, column)
        for part in (slice(start, low), slice(high, stop)):
            column[part] = run.spent.own[part.start - start : part.stop - start]
    for run in runs:
        before = column[: run.rows.output[0]]
        if before.size:
            _patch(before, run, 0)
    column.flags.writeable = False
    return column


def _whole_pages(run: Run, column: NDArray[np.int64]) -> tuple[int, int]:
    """Map what fills whole pages of the column; gives which outputs that is."""
    start, stop = run.rows.output
    per_page = mmap.PAGESIZE // 8
    low, high = -(-start // per_page) * per_page, stop // per_page * per_page
    offset = run.places["spent.own"].offset + 8 * (low - start)
    if low >= high or offset % mmap.PAGESIZE:
        return stop, stop
    found = _map(
        ctypes.c_void_p(column.ctypes.data + 8 * low),
        ctypes.c_size_t(8 * (high - low)),
        mmap.PROT_READ | mmap.PROT_WRITE,
        _PRIVATE | _MAP_FIXED,
        run.file,
        ctypes.c_long(offset),
    )
    if found != column.ctypes.data + 8 * low:
        raise OSError(ctypes.get_errno(), "a run cannot be mapped", str(run.path))
    return low, high


_map = ctypes.CDLL(None, use_errno=True).mmap
_map.restype = ctypes.c_void_p
