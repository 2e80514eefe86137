"""A segment: rows taken from batches, then linked and named all at once."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from dalil.ledger.marks import words as as_words
from dalil.ledger.segment.arena import BLOCK, Arena
from dalil.ledger.segment.job import Job, Kept
from dalil.ledger.segment.lists import TX
from dalil.ledger.segment.pool import (
    Totals,
    Writer,
    blocks_for,
    bytes_needed,
    part_bits,
)
from dalil.ledger.segment.resolve import resolve
from dalil.ledger.segment.spends import Written
from dalil.ledger.segment.take import (
    LONG,
    LONG_WORDS,
    Mix,
    Rows,
    ToldRows,
    keep_scripts,
    keep_told,
    take_rows,
    take_told,
)

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from numpy.typing import NDArray

    from dalil.chains.bitcoin.columns import Columns
    from dalil.ledger.segment.rows import (
        Before,
        LongScripts,
        Old,
        Prevouts,
        Resolved,
    )

__all__ = ["Segment"]

_NONE = np.zeros(0, np.int64)
_MOST_ROWS = (1 << 32) - 2
_BYTES_A_BYTE = 2
"""Memory in which rows are joined, for each byte that they are."""


class Segment:
    """The rows between two commits, joined in memory.

    Parameters
    ----------
    seed : int
        The ledger's mark seed, 64 bits.
    memory : int
        Bytes that this object may use in all, results included; beside them
        only buffers of a few MB while older runs are asked. Memory is mapped
        at once and used where touched: a segment of one block touches little.
    """

    def __init__(self, seed: int, memory: int) -> None:
        self._seed, self._memory = np.uint64(seed), memory
        self._expected = memory
        self._arena = Arena(memory)
        self._lock = Lock()
        self.clear()

    def clear(self) -> None:
        """Forget all rows; results taken before hold no longer."""
        self._arena.clear()
        self._bits = -1
        self._writers: list[Writer] = []
        self._idle: list[Writer] = []
        self._told: list[tuple[int, int, int]] = []
        self._scripts: list[tuple[int, int, int]] = []
        self._totals = Totals()

    def expect(self, n_bytes: int) -> None:
        """Choose partitions for so many bytes of rows, should memory not fill up."""
        self._expected = min(self._memory, _BYTES_A_BYTE * n_bytes)

    def has_room(self, n_tx: int, n_in: int, n_out: int, *, told: bool) -> bool:
        """Tell whether so many more rows could still be taken and resolved.

        Assumes the worst of them: all addresses new, all inputs from outside,
        every script long, all in one partition. Call it between calls of
        `take`, or with all rows that are on their way.
        """
        n_told = n_in if told else 0
        more = Totals(n_tx, n_in, n_out, n_told, n_out + n_told)
        with self._lock:
            rows, arena = self._most(more), self._arena
            bits = self._bits
            low, high = arena.low, arena.words.size - arena.high
        if bits < 0:
            bits = part_bits(self._expected, n_tx + n_in + n_out)
        if max(rows.n_tx, rows.n_in + rows.n_out) > _MOST_ROWS:
            return False
        blocks = BLOCK * blocks_for(more, 1 << bits)
        if low + high + blocks > arena.words.size:
            return False
        dead = n_tx + n_in
        share = BLOCK * (dead // 42 + 2 * 2 * (1 << bits))
        need = bytes_needed(rows, 8 * (low + share), 8 * (high + blocks - share))
        return need <= 8 * arena.words.size

    def take(
        self,
        batch: Columns,
        at: tuple[int, int, int],
        prevouts: Prevouts,
        below: NDArray[np.int64] | None,
        scripts: LongScripts,
    ) -> None:
        """Take a batch; two threads may do so at a time, in any order.

        Parameters
        ----------
        batch : Columns
            Nothing of it is kept.
        at : (int, int, int)
            Its first transaction, input, output, counted from the segment's
            start. Batches of a segment must in the end leave no gap.
        prevouts : Prevouts
            What is told of its inputs, or `NO_PREVOUTS`.
        below : (n_tx,) int64 or None
            For each transaction the first one, counted from the segment's start,
            whose outputs its inputs may not spend; None: itself.
        scripts : LongScripts
            Where its scripts lie.

        Raises
        ------
        MemoryError
            If there is no room, which `has_room` would have told.
        """
        rows = Rows(
            at,
            batch.first_input,
            batch.first_output,
            as_words(batch.txid).reshape(-1),
            as_words(batch.spent_txid).reshape(-1),
            batch.spent_index,
            batch.kind,
            as_words(batch.key).reshape(-1),
            _NONE if below is None else below,
        )
        told = ToldRows(
            prevouts.value, prevouts.kind, as_words(prevouts.key).reshape(-1)
        )
        n_told = told.kind.size
        n_long = _count_long(batch.kind) + _count_long(told.kind)
        records = (batch.txid.shape[0], batch.spent_index.size, batch.kind.size, n_told)
        arena = self._arena
        with self._lock:
            writer, mix = self._writer(sum(records))
            writer.stock(records, arena)
            kept_at = arena.blocks_above(-(-2 * n_told // BLOCK))
            script_at = arena.blocks_above(-(-n_long * LONG_WORDS // BLOCK))
        take_rows(arena.words, rows, writer.lists, mix)
        if n_told:
            take_told(arena.words, rows, told, writer.lists, mix)
            keep_told(arena.words, kept_at, rows, told)
        if n_long:
            outputs = (scripts.data, batch.script_at, batch.script_size)
            inputs = (scripts.told, scripts.told_at, scripts.told_size)
            keep_scripts(arena.words, script_at, rows, outputs, told.kind, inputs)
        with self._lock:
            self._idle.append(writer)
            self._totals = _sum(self._totals, Totals(*records, n_long))
            if n_told:
                self._told.append((at[1], n_told, kept_at))
            if n_long:
                stop = script_at + n_long * LONG_WORDS
                self._scripts.append((at[0], script_at, stop))

    def resolve(
        self, before: Before, old: Old, threads: ThreadPoolExecutor
    ) -> Resolved:
        """Link all inputs, find and name all addresses.

        Call it once, when all batches are taken; then write what it returns,
        then `clear`. Results do not depend on how rows were cut into batches,
        nor on the threads that took them.

        Parameters
        ----------
        before : Before
            Rows committed before.
        old : Old
            The runs that hold them.
        threads : ThreadPoolExecutor
            Two of its threads are used.
        """
        rows = self._most(Totals())
        most = before.n_address + rows.n_out + (rows.n_in if rows.n_told else 0)
        assert most <= _MOST_ROWS, "address ids have 32 bits"
        if not self._writers:
            self._writer(0)
        written = Written(
            self._arena.words, np.stack([w.lists.cursor for w in self._writers])
        )
        kept = Kept(written, self._counts(), rows, self._told, self._scripts)
        mix = Mix(self._seed, self._bits)
        return resolve(Job(kept, self._arena, mix, before, old, threads))

    def _writer(self, rows: int) -> tuple[Writer, Mix]:
        """Find or make lists that nobody writes to."""
        if self._bits < 0:
            self._bits = part_bits(self._expected, rows)
        if not self._idle:
            self._idle.append(Writer(self._bits))
            self._writers.append(self._idle[0])
        return self._idle.pop(), Mix(self._seed, self._bits)

    def _counts(self) -> NDArray[np.int64]:
        counts = np.zeros((4, 1), np.int64)
        for writer in self._writers:
            counts = counts + writer.lists.count
        return counts

    def _most(self, more: Totals) -> Totals:
        """All rows with some more, and the most that one partition may have."""
        rows, counts = _sum(self._totals, more), self._counts()
        return rows._replace(
            most_txs=int(counts[TX].max()) + more.n_tx,
            most_spends=int(counts[TX + 1].max()) + more.n_in,
            most_keys=int((counts[2] + counts[3]).max()) + more.n_out + more.n_told,
        )


def _count_long(kind: NDArray[np.uint8]) -> int:
    return sum(int(np.count_nonzero(kind == long)) for long in LONG)


def _sum(a: Totals, b: Totals) -> Totals:
    return Totals(*(x + y for x, y in zip(a, b, strict=True)))
