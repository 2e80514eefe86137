"""The one writer of a ledger: takes batches, joins them in segments, commits.

What a batch tells by itself is written at once, by the thread that parsed it.
What needs the rest of the chain waits in the segment until that is full: then
it is resolved against itself and the runs before it, written, and committed.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.ids import format_txid
from dalil.ledger.building.resolved import resolved_columns
from dalil.ledger.building.taking import OpenSegment
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
from dalil.ledger.store.commit import Commit
from dalil.ledger.store.housekeeping import remove_unnamed
from dalil.ledger.store.merging import Merging, named_run, open_runs, run_file

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.ledger.segment import Resolved
    from dalil.ledger.store.commit import RunRows
    from dalil.ledger.store.tables import Tables

__all__ = ["ContradictionError", "LedgerWriter"]

_LEAST_SEGMENT = 256_000_000
"""A segment takes no more than this while the index it must read is smaller:
memory that was never used costs more to take than a small index to read."""


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
        self._ledger, self.base, self._tables = ledger, base, tables
        self._threads = threads
        self._merging = Merging(ledger)
        self._counted = False
        self._segment = Segment(base.seed, memory)
        self._open()

    def _open(self) -> None:
        index = sum(
            16 * (run.rows.size("tx") + run.rows.size("address"))
            for run in self.base.runs
        )
        enough = max(_LEAST_SEGMENT, index)
        self._segment.expect(enough)
        self.open = OpenSegment(self._tables, self._segment, self._threads, enough)

    def append_side(self, name: str, values: NDArray[Any]) -> None:
        """Write rows of a column of this machine."""
        self._tables.append(name, values)

    def commit(
        self, facts: dict[str, Any], block_files: list[str], *, counts: bool = True
    ) -> Commit:
        """Join the segment, and make everything taken so far count.

        Unless told that it does not yet: then it counts with the next that does.

        Raises
        ------
        ContradictionError
            If a block spends what is not there; nothing of the segment counts.
        """
        self.open.wait()
        self._tables.begin_sync()
        start, base = self.open.start, self.base
        before = Before(*(start[name.removeprefix("n_")] for name in Before._fields))
        resolved = self._segment.resolve(before, self._old_runs(), self._threads)
        if resolved.wrong:
            raise self._contradiction(resolved.wrong - 1)
        manifest, run = self._write(resolved, facts)
        self.base = Commit(
            manifest,
            self._tables.side_rows(),
            self._tables.editions(),
            self._merging.replaced([*base.runs, run]),
            block_files,
            base.seed,
            base.number + 1,
        )
        if counts:
            self._count(base)
            self._merging.begin(self.base)
        self._segment.clear()
        self._open()
        return self.base

    def _count(self, before: Commit) -> None:
        """Make the commit count, and remove what the one before had instead."""
        self.base.save(self._ledger)
        if not self._counted:
            remove_unnamed(self._ledger, self.base)
        self._counted = True
        named = {run.name for run in self.base.runs}
        self._merging.clear([run for run in before.runs if run.name not in named])

    def finish(self) -> None:
        """Wait for merges until none is due, and remove what no longer counts."""
        while self._counted and self._merging.begin(self.base):
            before = self.base
            runs = self._merging.replaced(before.runs, wait=True)
            self.base = replace(before, runs=runs, number=before.number + 1)
            self._count(before)
        self._merging.close()
        if self._counted:
            remove_unnamed(self._ledger, self.base)

    def _contradiction(self, row: int) -> ContradictionError:
        block = int(np.searchsorted(self.open.ends[:, 1], row, "right"))
        first = self._tables.look("tx.first_input")
        tx = int(np.searchsorted(first, row + self.open.start["input"], "right")) - 1
        txid = format_txid(self._tables.look("tx.txid")[tx].tobytes())
        return ContradictionError(block, txid)

    def _write(
        self, resolved: Resolved, facts: dict[str, Any]
    ) -> tuple[dict[str, Any], RunRows]:
        """Write what the join told: columns in the threads, the run beside them."""
        rows = self._rows_with(resolved)
        submit = self._threads.submit
        spent = submit(spent_part, resolved.spends, rows)
        history = submit(history_part, resolved.output_address, rows)
        appended = [
            submit(self._tables.append, name, values)
            for name, values in resolved_columns(
                resolved, self.open.start, self.open.ends
            )
        ]
        parts = RunParts(
            resolved.tx_entries,
            resolved.address_entries,
            spent.result(),
            history.result(),
            outside_part(resolved.outside_address, rows),
        )
        for future in appended:
            future.result()
        self._tables.begin_sync()
        settling = self._tables.settle(self._threads)
        target = run_file(self._ledger, self.base)
        write_run(target, rows, parts)
        for settled in settling:
            settled.result()
        return self._tables.manifest(facts), named_run(target, rows)

    def _rows_with(self, resolved: Resolved) -> Rows:
        new = {
            "address": resolved.address_type.size,
            "outside": resolved.outside_input.size,
        }
        start = self.open.start
        spans = (
            (start[name], start[name] + new[name])
            if name in new
            else (start[name], self._tables.rows(name))
            for name in Rows._fields
        )
        return Rows(*spans)

    def _old_runs(self) -> OldRuns:
        """Ask the runs so far about earlier transactions and addresses."""
        runs = open_runs(self._ledger, self.base)
        return OldRuns(runs, self.base.read(self._ledger, "tx.first_output"))

    def close(self) -> None:
        """Stop writing, and end the threads; what was not committed does not count.

        Threads first: one that still writes when files are closed could find
        its descriptor given to another file.
        """
        self._merging.close()
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._tables.close()
