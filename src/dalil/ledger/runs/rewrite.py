"""Runs written anew as one, front to back, through buffers of fixed size.

Merging and trimming are the same reading: the rows of some adjacent runs, up
to where the new run ends. Each section is read once, in order, and written
once; the pages behind are let go of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.errors import StoreError
from dalil.ledger.index import bucket_bits, fill_sieve, sieve_words
from dalil.ledger.runs.file import Counts
from dalil.ledger.runs.joining import fill_buckets, join_pairs
from dalil.ledger.runs.joinpostings import count_keys, join_postings
from dalil.ledger.runs.sources import Sources
from dalil.ledger.runs.spenders import spent_blocks
from dalil.ledger.runs.writing import RunWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.ledger.runs.file import Rows
    from dalil.ledger.runs.run import Run
    from dalil.ledger.runs.tables import Table
    from dalil.ledger.runs.writing import SectionWriter

__all__ = ["rewrite"]

_BLOCK_BYTES = 1 << 22


def rewrite(
    runs: Sequence[Run],
    rows: Rows,
    path: Path,
    go_on: Callable[[], None] | None = None,
) -> None:
    """Write the run of `rows`, which begin where `runs` do and end within them.

    What the runs hold is not compared with their hashes: `Run.verify` does.
    `go_on` is called every few MB, and may raise to end it.

    Raises
    ------
    StoreError
        If a run is damaged so that no run can be made of it.
    OSError
        If the disk is full, or fails; nothing stays behind.
    """
    job = _Rewrite(Sources(runs, rows, go_on))
    try:
        with RunWriter(path, rows, job.counts()) as file:
            job.index("tx", file)
            job.index("address", file)
            job.spent(file)
            job.history(file)
            job.outside(file)
    except (ValueError, IndexError) as error:
        named = ", ".join(str(run.path) for run in runs)
        raise StoreError("one of these runs is damaged, verify them", named) from error


class _Rewrite:
    def __init__(self, sources: Sources) -> None:
        self._from = sources
        self._buffers = [np.empty(_BLOCK_BYTES, np.uint8) for _ in range(3)]
        n_pairs = max(_BLOCK_BYTES // 16, len(sources.runs))
        self._pairs = np.empty((n_pairs, 2), np.uint64)

    # -- what there will be -------------------------------------------------

    def counts(self) -> Counts:
        """Count what the rows do not tell, before anything is written."""
        sources = self._from
        keys, rows = self._count(sources.older_history())
        if sources.end_early("output"):
            for r in range(len(sources.runs)):
                rows += self._count(sources.own_history(r))[1]
        else:
            rows = sum(run.history.rows.size for run in sources.runs)
        outside = self._count(sources.outside())
        return Counts(self._count_spent(), keys, rows, *outside)

    def _count(self, sources: Table) -> tuple[int, int]:
        counts = np.zeros(2, np.int64)
        while count_keys(sources, _BLOCK_BYTES // 8, counts):
            self._from.drop()
        return int(counts[0]), int(counts[1])

    def _count_spent(self) -> int:
        if not self._from.end_early("input"):
            return sum(len(self._from.spent_before(run)) for run in self._from.runs)
        return sum(len(pairs) for pairs in self._joined(self._from.older_spent()))

    def _joined(self, sources: Table) -> Iterator[NDArray[np.uint64]]:
        while n := join_pairs(sources, self._pairs):
            yield self._pairs[:n]
            self._from.drop()

    # -- indexes and spenders -----------------------------------------------

    def index(self, table: str, file: RunWriter) -> None:
        n, entries = self._from.rows.size(table), file[f"{table}.entries"]
        section, buffer = file[f"{table}.buckets"], self._buffers[1].view(np.uint32)
        buckets = _Buckets(bucket_bits(n), section, buffer)
        sieve = _Sieve(n, file[f"{table}.sieve"], self._buffers[2].view(np.uint64))
        for block in self._joined(self._from.index(table)):
            entries.add(block)
            buckets.add(block)
            sieve.add(block)
        buckets.end()
        sieve.end()

    def spent(self, file: RunWriter) -> None:
        stop, buffer = self._from.rows.output[1], self._buffers[0].view(np.int64)
        for block in spent_blocks(self._from.runs, stop, buffer):
            if self._from.end_early("input"):
                block[block >= self._from.rows.input[1]] = -1
            file["spent.own"].add(block)
            self._from.drop()
        for pairs in self._joined(self._from.older_spent()):
            file["spent.older"].add(pairs)

    # -- histories ------------------------------------------------------------

    def history(self, file: RunWriter) -> None:
        state, rows = np.zeros(6, np.int64), file["history.rows"]
        keys, offsets = file["history.older"], file["history.offsets"]
        self._join(self._from.older_history(), state, (keys, offsets, rows))
        offsets.add(_total(state))
        own = file["history.own"]
        for r in range(len(self._from.runs)):
            self._join(self._from.own_history(r), state, (None, own, rows))
        own.add(_total(state))

    def outside(self, file: RunWriter) -> None:
        state, rows = np.zeros(6, np.int64), file["outside.rows"]
        keys, offsets = file["outside.older"], file["outside.offsets"]
        self._join(self._from.outside(), state, (keys, offsets, rows))
        offsets.add(_total(state))
        file["outside.own"].add(_total(state))

    def _join(
        self,
        sources: Table,
        state: NDArray[np.int64],
        to: tuple[SectionWriter | None, SectionWriter, SectionWriter],
    ) -> None:
        keys, offsets, rows = (buffer.view(np.uint32) for buffer in self._buffers)
        n_keys, n_rows = keys.size, 0
        while n_keys == keys.size or n_rows == rows.size:
            n_keys, n_rows = join_postings(sources, state, keys, offsets, rows)
            if to[0] is not None:
                to[0].add(keys[:n_keys])
            to[1].add(offsets[:n_keys])
            to[2].add(rows[:n_rows])
            self._from.drop()


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


class _Sieve:
    def __init__(
        self, n: int, section: SectionWriter, buffer: NDArray[np.uint64]
    ) -> None:
        self._n_words = sieve_words(n)
        self._section = section
        self._buffer = buffer
        self._at = np.zeros(2, np.int64)
        buffer[:] = 0

    def add(self, entries: NDArray[np.uint64]) -> None:
        self._at[0] = 0
        while not fill_sieve(entries, self._at, self._n_words, self._buffer):
            self._write(self._buffer.size)

    def _write(self, n: int) -> None:
        self._section.add(self._buffer[:n])
        self._buffer[:] = 0
        self._at[1] += n

    def end(self) -> None:
        while left := self._n_words - int(self._at[1]):
            self._write(min(left, self._buffer.size))


def _total(state: NDArray[np.int64]) -> NDArray[np.uint32]:
    return state[-1:].astype(np.uint32)
