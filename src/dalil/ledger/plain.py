"""Look-ups without kernels: a process's first questions need not wait for one.

The first kernel a process loads takes it some 100 ms, and each further one some
milliseconds; the same look into a few runs takes Python tens of microseconds.
So a ledger answers its first small questions here, and the rest by the kernels
of `runs.find`, with the same answers: the same row even from a damaged file,
and never a look outside of its sections.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.ledger.marks import mark_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from dalil.ledger.index import Index
    from dalil.ledger.runs import Run
    from dalil.ledger.runs.postings import Postings

__all__ = ["count_outputs", "find_key", "list_outputs", "spenders_of"]

_mix: Callable[..., tuple[np.uint64, np.uint64]] = getattr(mark_at, "py_func", mark_at)
"""The mix as Python runs it: one definition for both."""


def find_key(
    indexes: Sequence[Index],
    key: NDArray[np.uint64],
    kind: int,
    column: tuple[NDArray[np.uint64], NDArray[np.uint8]],
    seed: int,
) -> int:
    """Give the highest row whose key, (4,) words, and kind are these, or -1.

    `indexes` are the runs', oldest first; the column gives each row's four
    words and kind. Without kinds, (0,), all rows have kind 0.
    """
    with np.errstate(over="ignore"):
        high, low = (int(word) for word in _mix(key, 0, kind, np.uint64(seed)))
    keys, kinds = column
    for index in reversed(indexes):
        bucket = high >> (64 - index.bits)
        start, stop = (int(n) for n in index.offsets[bucket : bucket + 2])
        best = -1
        for mark, rest in index.entries[start:stop].tolist():
            row = index.first + (rest & 0xFFFF_FFFF)
            if mark != high or rest >> 32 != low >> 32 or row >= len(keys):
                continue
            same = not kinds.size or kinds[row] == kind
            if row > best and same and np.array_equal(keys[row], key):
                best = row
        if best >= 0:
            return best
    return -1


def count_outputs(runs: Sequence[Run], address: int) -> int:
    """Count the outputs paid to an address; 0 for what is no address here."""
    return sum(len(_rows_in(run, address)) for run in runs)


def list_outputs(
    runs: Sequence[Run], address: int, start: int, stop: int | None
) -> NDArray[np.int64]:
    """List outputs paid to an address, ascending: its history[start:stop]."""
    found = [(run, _rows_in(run, address)) for run in runs]
    at, end, _ = slice(start, stop).indices(sum(len(rows) for _, rows in found))
    parts = [np.zeros(0, np.int64)]
    for run, rows in found:
        mine = run.history.rows[rows.start : rows.stop][at : max(at, end)]
        parts.append(mine.astype(np.int64) + run.rows.output[0])
        at, end = max(0, at - len(rows)), max(0, end - len(rows))
    return np.concatenate(parts)


def _rows_in(run: Run, address: int) -> range:
    """Tell where an address's rows lie in a run's, within bounds."""
    first, behind = run.rows.address
    part: Postings = run.history
    if address >= behind:
        return range(0)
    offsets, k = part.own, address - first
    if k < 0:
        k = bisect_left(part.older, address)
        if k == part.older.size or part.older[k] != address:
            return range(0)
        offsets = part.offsets
    stop = min(int(offsets[k + 1]), part.rows.size)
    return range(min(int(offsets[k]), stop), stop)


def spenders_of(runs: Sequence[Run], outputs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Tell the input that spends each output, -1 if none does by here."""
    return np.array([_spender(runs, int(output)) for output in outputs], np.int64)


def _spender(runs: Sequence[Run], output: int) -> int:
    for r, run in enumerate(runs):
        start, stop = run.rows.output
        if start <= output < stop:
            told = int(run.spent.own[output - start])
            return told if told >= 0 else _spent_later(runs[r + 1 :], output, told)
    return -1


def _spent_later(runs: Sequence[Run], output: int, told: int) -> int:
    for run in runs:
        outputs: NDArray[Any] = run.spent.older[:, 0].view(np.uint64)
        k = bisect_left(outputs, output)
        if k < outputs.size and int(outputs[k]) == output:
            told = int(run.spent.older[k, 1])
            if told >= 0:
                break
    return told
