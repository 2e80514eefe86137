"""The one writer of a ledger: takes batches, joins them in segments, commits.

What a batch tells by itself is written at once, by the thread that parsed it.
What needs the rest of the chain waits in the segment until that is full: then
it is resolved against itself and the runs before it, written, and committed.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dalil.ids import format_txid
from dalil.kernels import kernel
from dalil.ledger.commit import Commit, RunRows
from dalil.ledger.merging import open_runs, run_file
from dalil.ledger.runs import (
    OldRuns,
    Rows,
    RunParts,
    history_part,
    outside_part,
    spent_part,
    write_run,
)
from dalil.ledger.segment import Before, Segment

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.chains.bitcoin.parse import Columns
    from dalil.ledger.segment import LongScripts, Prevouts, Resolved
    from dalil.ledger.tables import Tables

__all__ = ["BlockRows", "ContradictionError", "LedgerWriter"]

_ALONE = ("tx.txid", "tx.version", "tx.locktime", "tx.first_input", "tx.first_output")
_TX_BYTES, _ROW_BYTES = 100, 60
_LEAST_SEGMENT = 256_000_000
"""A segment takes no more than this while the index it must read is smaller:
memory that was never used costs more to take than a small index to read."""
_TABLES = ("block", "tx", "input", "output", "address", "outside", "script")


class BlockRows(NamedTuple):
    """The block columns of a batch: one row a block, and where each one's txs end."""

    height: NDArray[np.int32]
    time: NDArray[np.uint32]
    hash: NDArray[np.uint8]
    header: NDArray[np.uint8]
    tx_ends: NDArray[np.int64]


class ContradictionError(Exception):
    """A block of the open segment spends what is not there to spend.

    `block` counts from the segment's first.
    """

    def __init__(self, block: int, txid: str) -> None:
        super().__init__(block, txid)
        self.block, self.txid = block, txid


class LedgerWriter:
    """Adds blocks behind those of a commit. Nothing counts until `commit`.

    Parameters
    ----------
    ledger : Path
        The ledger's folder, its lock held.
    base : Commit
        What counts so far.
    tables : Tables
        Its columns, cut to the rows that stay.
    memory : int
        Bytes for the segment, its results included.
    threads : ThreadPoolExecutor
        Where the work is done.
    """

    def __init__(
        self,
        ledger: Path,
        base: Commit,
        tables: Tables,
        memory: int,
        threads: ThreadPoolExecutor,
    ) -> None:
        base.seed = base.seed or secrets.randbits(62) + 1
        self._ledger, self.base, self._tables, self._threads = (
            ledger,
            base,
            tables,
            threads,
        )
        self._segment = Segment(base.seed, memory)
        self._waiting: list[tuple[Future[None], tuple[int, int, int]]] = []
        self._open_segment()

    def _open_segment(self) -> None:
        self._start = {table: self._tables.rows(table) for table in _TABLES}
        self._ends: list[NDArray[np.int64]] = []
        self._taken = 0
        index = sum(
            16 * (run.rows.size("tx") + run.rows.size("address"))
            for run in self.base.runs
        )
        self._enough = max(_LEAST_SEGMENT, 2 * index)

    @property
    def open_blocks(self) -> int:
        """Blocks taken since the last commit."""
        return self._tables.rows("block") - self._start["block"]

    @property
    def tip_height(self) -> int:
        """Height of the last block taken."""
        return self._tip_height

    def has_room(self, batch: Columns, *, told: bool) -> bool:
        """Tell whether a batch still fits the segment, beside those on their way."""
        for wait in [wait for wait in self._waiting if _settled(wait[0])]:
            self._waiting.remove(wait)
        if self._taken > self._enough:
            return False
        sizes = [_sizes(batch), *(size for _, size in self._waiting)]
        n_tx, n_in, n_out = map(sum, zip(*sizes, strict=True))
        return self._segment.has_room(n_tx, n_in, n_out, told=told)

    def take(
        self,
        blocks: BlockRows,
        batch: Columns,
        prevouts: Prevouts,
        scripts: LongScripts,
        below: NDArray[np.int64] | None = None,
    ) -> Future[None]:
        """Take a batch; its arrays may be reused once the future is done.

        `below` (n_tx,), counted from the batch's first transaction: the first
        one that each may not spend; None: itself.
        """
        n_tx, n_in, n_out = _sizes(batch)
        columns, tables = self._tables.columns, self._tables
        at = tuple(
            tables.rows(table) - self._start[table]
            for table in ("tx", "input", "output")
        )
        for name in _ALONE:
            columns[name].reserve(n_tx)
        columns["input.sequence"].reserve(n_in)
        columns["output.value"].reserve(n_out)
        columns["output.type"].reserve(n_out)
        self._append_blocks(blocks, batch, at)
        future = self._threads.submit(
            self._store,
            batch,
            (at[0], at[1], at[2]),
            prevouts,
            scripts,
            None if below is None else below + at[0],
        )
        self._waiting.append((future, (n_tx, n_in, n_out)))
        self._taken += _TX_BYTES * n_tx + _ROW_BYTES * (n_in + n_out)
        return future

    def _append_blocks(
        self, blocks: BlockRows, batch: Columns, at: tuple[int, ...]
    ) -> None:
        append = self._tables.append
        self._tip_height = int(blocks.height[-1])
        append("block.height", blocks.height)
        append("block.time", blocks.time)
        append("block.hash", blocks.hash)
        append("block.header", blocks.header)
        append("block.first_tx", blocks.tx_ends + at[0] + self._start["tx"])
        ends = (
            blocks.tx_ends + at[0],
            batch.first_input[blocks.tx_ends] + at[1],
            batch.first_output[blocks.tx_ends] + at[2],
        )
        self._ends.append(np.stack(ends, axis=1))

    def append_side(self, name: str, values: NDArray[Any]) -> None:
        """Write rows of a column of this machine."""
        self._tables.append(name, values)

    def _store(
        self,
        batch: Columns,
        at: tuple[int, int, int],
        prevouts: Prevouts,
        scripts: LongScripts,
        below: NDArray[np.int64] | None,
    ) -> None:
        self._segment.take(batch, at, prevouts, below, scripts)
        tx = at[0] + self._start["tx"]
        first_in, first_out = (
            at[1] + self._start["input"],
            at[2] + self._start["output"],
        )
        write = self._tables.write
        write("tx.txid", tx, batch.txid)
        write("tx.version", tx, batch.version)
        write("tx.locktime", tx, batch.locktime)
        write("tx.first_input", tx + 1, batch.first_input[1:] + first_in)
        write("tx.first_output", tx + 1, batch.first_output[1:] + first_out)
        write("input.sequence", first_in, batch.sequence)
        write("output.value", first_out, batch.value)
        write("output.type", first_out, batch.kind)

    def commit(self, facts: dict[str, Any], block_files: list[str]) -> Commit:
        """Join the segment, and make everything taken so far count.

        Raises
        ------
        ContradictionError
            If a block spends what is not there; nothing of the segment counts.
        """
        for future, _ in self._waiting:
            future.result()
        self._waiting.clear()
        start, base = self._start, self.base
        before = Before(*(start[name.removeprefix("n_")] for name in Before._fields))
        resolved = self._segment.resolve(before, self._old_runs(), self._threads)
        if resolved.wrong:
            raise self._contradiction(resolved.wrong - 1)
        self._append_resolved(resolved)
        writing = self._threads.submit(self._write_run, resolved)
        manifest = self._tables.manifest(facts, self._threads)
        self.base = Commit(
            manifest,
            self._tables.side_rows(),
            self._tables.editions(),
            [*base.runs, writing.result()],
            block_files,
            base.seed,
            base.number + 1,
        )
        self.base.save(self._ledger)
        self._segment.clear()
        self._open_segment()
        return self.base

    def _contradiction(self, row: int) -> ContradictionError:
        block = int(np.searchsorted(np.concatenate(self._ends)[:, 1], row, "right"))
        first = self._tables.look("tx.first_input")
        tx = int(np.searchsorted(first, row + self._start["input"], "right")) - 1
        txid = format_txid(self._tables.look("tx.txid")[tx].tobytes())
        return ContradictionError(block, txid)

    def _append_resolved(self, resolved: Resolved) -> None:
        start, ends = self._start, np.concatenate(self._ends)
        writes: list[Future[None]] = []

        def append(name: str, values: NDArray[Any]) -> None:
            writes.append(self._threads.submit(self._tables.append, name, values))

        append("input.spends", resolved.spends)
        append("output.address", resolved.output_address)
        append("outside.input", resolved.outside_input + start["input"])
        append("outside.outpoint", resolved.outside_outpoint)
        append("outside.value", resolved.outside_value)
        append("outside.address", resolved.outside_address)
        append("outside.type", resolved.outside_type)
        append("address.type", resolved.address_type)
        append("address.key", resolved.address_key)
        append("script.address", resolved.script_address)
        append("script.bytes", resolved.script_bytes)
        outside = np.searchsorted(resolved.outside_input, ends[:, 1])
        append("block.first_outside", outside + start["outside"])
        seen = np.empty(ends.shape[0], np.int64)
        _addresses_seen(resolved.address_source, ends[:, 1], ends[:, 2], seen)
        append("block.first_address", seen + start["address"])
        scripts = np.searchsorted(resolved.script_address, seen + start["address"])
        append("block.first_script", scripts + start["script"])
        for written in writes:
            written.result()

    def _write_run(self, resolved: Resolved) -> RunRows:
        """Write the run of a segment, whose columns are written by now."""
        span = {
            name: (start, self._tables.rows(name))
            for name, start in self._start.items()
        }
        del span["script"]
        rows = Rows(**span)
        parts = RunParts(
            resolved.tx_entries,
            resolved.address_entries,
            spent_part(resolved.spends, rows),
            history_part(resolved.output_address, rows),
            outside_part(resolved.outside_address, rows),
        )
        target = run_file(self._ledger, self.base)
        write_run(target, rows, parts)
        return RunRows(target.name, rows)

    def _old_runs(self) -> OldRuns:
        """Ask the runs so far about earlier transactions and addresses."""

        def outputs_of_tx(
            txs: NDArray[np.int64],
        ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
            column = self.base.read(self._ledger, "tx.first_output")
            first = column[txs]
            return first, column[txs + 1] - first

        return OldRuns(open_runs(self._ledger, self.base), outputs_of_tx)

    def close(self) -> None:
        """Stop writing; what was not committed does not count."""
        for future, _ in self._waiting:
            future.cancel()
        self._tables.close()


def _settled(future: Future[None]) -> bool:
    """Tell whether a batch is taken; raises what went wrong with it."""
    if not future.done():
        return False
    future.result()
    return True


def _sizes(batch: Columns) -> tuple[int, int, int]:
    return batch.txid.shape[0], batch.spent_index.size, batch.value.size


@kernel
def _addresses_seen(
    source: NDArray[np.int64],
    in_ends: NDArray[np.int64],
    out_ends: NDArray[np.int64],
    seen: NDArray[np.int64],
) -> None:
    """Count the addresses first seen up to each block's end.

    `source` says where each was: an output's row, or -1 - an input's, in chain
    order; so it is cut at each block by halving.
    """
    for block in range(in_ends.size):
        low, high = 0, source.size
        while low < high:
            middle = (low + high) // 2
            at = source[middle]
            after = at >= out_ends[block] if at >= 0 else -1 - at >= in_ends[block]
            if after:
                high = middle
            else:
                low = middle + 1
        seen[block] = low
