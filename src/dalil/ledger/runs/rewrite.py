"""Runs written anew as one, front to back, through buffers of fixed size.

Merging and trimming are the same reading: the rows of some adjacent runs, up
to where the new run ends. Each section is read once, in order, and written
once; the pages behind are let go of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.ledger.index import bucket_bits
from dalil.ledger.runs.file import Counts, Rows
from dalil.ledger.runs.joining import (
    PAIRS,
    POSTINGS,
    count_keys,
    fill_buckets,
    join_pairs,
    join_postings,
)
from dalil.ledger.runs.writing import RunWriter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.ledger.runs.file import Span
    from dalil.ledger.runs.parts import Postings
    from dalil.ledger.runs.run import Run
    from dalil.ledger.runs.tables import Table
    from dalil.ledger.runs.writing import SectionWriter

__all__ = ["rewrite"]

_BLOCK_BYTES = 1 << 22
_LOW = 0xFFFF_FFFF
_ALL = 0xFFFF_FFFF_FFFF_FFFF


def rewrite(runs: Sequence[Run], rows: Rows, path: Path) -> None:
    """Write the run of `rows`, which begin where `runs` do and end within them.

    Raises
    ------
    OSError
        If the disk is full, or fails; nothing stays behind.
    """
    job = _Rewrite(runs, rows)
    with RunWriter(path, rows, job.counts()) as file:
        job.index("tx", file)
        job.index("address", file)
        job.spent(file)
        job.history(file)
        job.outside(file)


class _Rewrite:
    def __init__(self, runs: Sequence[Run], rows: Rows) -> None:
        self._runs = runs
        self._rows = rows
        self._buffer = np.empty(_BLOCK_BYTES, np.uint8)
        self._second = np.empty(_BLOCK_BYTES, np.uint8)
        self._third = np.empty(_BLOCK_BYTES, np.uint8)

    # -- what there will be -------------------------------------------------

    def counts(self) -> Counts:
        older, history = np.zeros(2, np.int64), np.zeros(2, np.int64)
        outside = np.zeros(2, np.int64)
        self._count(self._older_history(), older)
        history += older
        if self._ends_early("output"):
            for r in range(len(self._runs)):
                self._count(self._own_history(r), history)
        else:
            history[1] = sum(run.history.rows.size for run in self._runs)
        self._count(self._all_outside(), outside)
        return Counts(
            self._count_spent(),
            *(int(older[0]), int(history[1])),
            *(int(outside[0]), int(outside[1])),
        )

    def _count(self, sources: Table, counts: NDArray[np.int64]) -> None:
        while count_keys(sources, _BLOCK_BYTES // 8, counts):
            self._drop()

    def _count_spent(self) -> int:
        if not self._ends_early("input"):
            return sum(len(self._spent_before(run)) for run in self._runs)
        sources, n = self._older_spent(), 0
        while done := join_pairs(sources, self._pairs()):
            n += done
            self._drop()
        return n

    # -- indexes and spenders -----------------------------------------------

    def index(self, table: str, file: RunWriter) -> None:
        sources = np.array(
            [
                _pairs_source(
                    getattr(run, f"{table}_index").entries,
                    (_LOW, self._limit(run, table)),
                    self._shift(run, table),
                )
                for run in self._runs
            ],
            PAIRS,
        )
        bits = bucket_bits(self._rows.size(table))
        buckets = _Buckets(bits, file[f"{table}.buckets"], self._second.view(np.uint32))
        entries = file[f"{table}.entries"]
        while n := join_pairs(sources, self._pairs()):
            entries.add(self._pairs()[:n])
            buckets.add(self._pairs()[:n])
            self._drop()
        buckets.end()

    def spent(self, file: RunWriter) -> None:
        own = file["spent.own"]
        buffer = self._buffer.view(np.int64)
        for r, run in enumerate(self._runs):
            first, stop = run.rows.output[0], self._end(run, "output")
            for begin in range(first, stop, buffer.size):
                end = min(begin + buffer.size, stop)
                block = buffer[: end - begin]
                block[:] = run.spent.own[begin - first : end - first]
                for later in self._runs[r + 1 :]:
                    _patch(block, later.spent.older, begin)
                if self._ends_early("input"):
                    block[block >= self._rows.input[1]] = -1
                own.add(block)
                self._drop()
        sources, older = self._older_spent(), file["spent.older"]
        while n := join_pairs(sources, self._pairs()):
            older.add(self._pairs()[:n])
            self._drop()

    def _older_spent(self) -> Table:
        limit = self._rows.input[1]
        sources = [
            _pairs_source(self._spent_before(run), (_ALL, limit), 0)
            for run in self._runs
        ]
        return np.array(sources, PAIRS)

    def _spent_before(self, run: Run) -> NDArray[np.int64]:
        older = run.spent.older
        return older[: np.searchsorted(older[:, 0], self._rows.output[0])]

    # -- histories ------------------------------------------------------------

    def history(self, file: RunWriter) -> None:
        rows = file["history.rows"]
        state = np.zeros(6, np.int64)
        sources = self._older_history()
        keys, offsets = file["history.older"], file["history.offsets"]
        self._join(sources, state, (keys, offsets, rows))
        offsets.add(_total(state))
        own = file["history.own"]
        for r in range(len(self._runs)):
            self._join(self._own_history(r), state, (None, own, rows))
        own.add(_total(state))

    def outside(self, file: RunWriter) -> None:
        state = np.zeros(6, np.int64)
        keys, offsets = file["outside.older"], file["outside.offsets"]
        self._join(self._all_outside(), state, (keys, offsets, file["outside.rows"]))
        offsets.add(_total(state))
        file["outside.own"].add(_total(state))

    def _join(
        self,
        sources: Table,
        state: NDArray[np.int64],
        to: tuple[SectionWriter | None, SectionWriter, SectionWriter],
    ) -> None:
        buffers = (self._buffer, self._second, self._third)
        keys, offsets, rows = (buffer.view(np.uint32) for buffer in buffers)
        n_keys, n_rows = keys.size, 0
        while n_keys == keys.size or n_rows == rows.size:
            n_keys, n_rows = join_postings(sources, state, keys, offsets, rows)
            if to[0] is not None:
                to[0].add(keys[:n_keys])
            to[1].add(offsets[:n_keys])
            to[2].add(rows[:n_rows])
            self._drop()

    def _older_history(self) -> Table:
        span = (0, self._rows.address[0])
        return self._postings("history", self._runs, span)

    def _all_outside(self) -> Table:
        return self._postings("outside", self._runs, (0, self._rows.address[1]))

    def _own_history(self, r: int) -> Table:
        run = self._runs[r]
        span = run.rows.address[0], self._end(run, "address")
        later = self._postings("history", self._runs[r + 1 :], span)
        own = self._source("history", run)
        own["first"], own["end"] = span[0], span[1] - span[0]
        own["offsets"] = run.history.own.ctypes.data
        return np.concatenate([own, later])

    def _postings(self, name: str, runs: Sequence[Run], span: Span) -> Table:
        sources = [np.zeros(0, POSTINGS)]
        for run in runs:
            source, older = self._source(name, run), getattr(run, name).older
            source["at"], source["end"] = np.searchsorted(older, span)
            sources.append(source)
        return np.concatenate(sources)

    def _source(self, name: str, run: Run) -> Table:
        part: Postings = getattr(run, name)
        table = "output" if name == "history" else name
        source = np.zeros(1, POSTINGS)
        source["keys"], source["first"] = part.older.ctypes.data, -1
        source["offsets"] = part.offsets.ctypes.data
        source["rows"], source["n_rows"] = part.rows.ctypes.data, part.rows.size
        early = self._end(run, table) < getattr(run.rows, table)[1]
        source["limit"] = self._limit(run, table) if early else -1
        source["shift"] = self._shift(run, table)
        return source

    # -- rows -----------------------------------------------------------------

    def _ends_early(self, table: str) -> bool:
        return bool(
            getattr(self._rows, table)[1] < getattr(self._runs[-1].rows, table)[1]
        )

    def _end(self, run: Run, table: str) -> int:
        """Where the rows end that stay of this run."""
        start, stop = getattr(run.rows, table)
        return int(max(start, min(stop, getattr(self._rows, table)[1])))

    def _limit(self, run: Run, table: str) -> int:
        return self._end(run, table) - int(getattr(run.rows, table)[0])

    def _shift(self, run: Run, table: str) -> int:
        return int(getattr(run.rows, table)[0] - getattr(self._rows, table)[0])

    def _pairs(self) -> NDArray[np.uint64]:
        return self._buffer.view(np.uint64).reshape(-1, 2)

    def _drop(self) -> None:
        for run in self._runs:
            run.drop()


class _Buckets:
    def __init__(
        self, bits: int, section: SectionWriter, buffer: NDArray[np.uint32]
    ) -> None:
        self._bits = bits
        self._section = section
        self._buffer = buffer
        self._at = np.zeros(3, np.int64)

    def add(self, entries: NDArray[np.uint64]) -> None:
        self._at[0], n = 0, self._buffer.size
        while n == self._buffer.size:
            n = fill_buckets(entries, self._at, self._bits, self._buffer)
            self._section.add(self._buffer[:n])
        self._at[2] += entries.shape[0]

    def end(self) -> None:
        left = (1 << self._bits) + 1 - int(self._at[1])
        while left:
            n = min(left, self._buffer.size)
            self._buffer[:n] = self._at[2]
            self._section.add(self._buffer[:n])
            left -= n


def _pairs_source(
    pairs: NDArray[Any], row: tuple[int, int], shift: int
) -> tuple[int, ...]:
    """Make a record of a source; `row` says which bits of a pair, and its limit."""
    return (pairs.ctypes.data, 0, pairs.shape[0], *row, shift)


def _patch(block: NDArray[np.int64], older: NDArray[np.int64], begin: int) -> None:
    """Enter what a later run spends of a block of outputs."""
    low, high = np.searchsorted(older[:, 0], (begin, begin + block.size))
    block[older[low:high, 0] - begin] = older[low:high, 1]


def _total(state: NDArray[np.int64]) -> NDArray[np.uint32]:
    return state[-1:].astype(np.uint32)
