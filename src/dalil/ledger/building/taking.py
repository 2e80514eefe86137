"""Taking batches into the open segment: what they tell alone is written at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from numpy.typing import NDArray

    from dalil.chains.bitcoin.columns import Columns
    from dalil.ledger.segment import LongScripts, Prevouts, Segment
    from dalil.ledger.store.tables import Tables

__all__ = ["BlockRows", "OpenSegment"]

_ALONE = ("tx.txid", "tx.version", "tx.locktime", "tx.first_input", "tx.first_output")
_TX_BYTES, _ROW_BYTES = 100, 60
_TABLES = ("block", "tx", "input", "output", "address", "outside", "script")


class BlockRows(NamedTuple):
    """The block columns of a batch: one row a block, and where each one's txs end."""

    height: NDArray[np.int32]
    time: NDArray[np.uint32]
    hash: NDArray[np.uint8]
    header: NDArray[np.uint8]
    tx_ends: NDArray[np.int64]


class OpenSegment:
    """The rows behind the last commit, on their way to the next.

    Parameters
    ----------
    tables : Tables
        The columns, to be added to.
    segment : Segment
        Empty; what is taken waits in it for the join.
    threads : ThreadPoolExecutor
        Where batches are taken.
    enough : int
        Bytes after which the segment counts as full, however much memory is left.

    Attributes
    ----------
    start : dict
        Rows of each table before it.
    """

    def __init__(
        self, tables: Tables, segment: Segment, threads: ThreadPoolExecutor, enough: int
    ) -> None:
        self._tables, self._segment, self._threads = tables, segment, threads
        self._enough, self._taken = enough, 0
        self.start = {table: tables.rows(table) for table in _TABLES}
        self._ends: list[NDArray[np.int64]] = []
        self._waiting: list[tuple[Future[None], tuple[int, int, int]]] = []
        self.tip_height = -1

    @property
    def n_blocks(self) -> int:
        """Blocks taken."""
        return self._tables.rows("block") - self.start["block"]

    @property
    def ends(self) -> NDArray[np.int64]:
        """(n_blocks, 3) where each block's txs, inputs, outputs end, from its start."""
        return np.concatenate(self._ends)

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
            tables.rows(table) - self.start[table]
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
        self.tip_height = int(blocks.height[-1])
        append("block.height", blocks.height)
        append("block.time", blocks.time)
        append("block.hash", blocks.hash)
        append("block.header", blocks.header)
        append("block.first_tx", blocks.tx_ends + at[0] + self.start["tx"])
        ends = (
            blocks.tx_ends + at[0],
            batch.first_input[blocks.tx_ends] + at[1],
            batch.first_output[blocks.tx_ends] + at[2],
        )
        self._ends.append(np.stack(ends, axis=1))

    def _store(
        self,
        batch: Columns,
        at: tuple[int, int, int],
        prevouts: Prevouts,
        scripts: LongScripts,
        below: NDArray[np.int64] | None,
    ) -> None:
        self._segment.take(batch, at, prevouts, below, scripts)
        tx = at[0] + self.start["tx"]
        first_in, first_out = (
            at[1] + self.start["input"],
            at[2] + self.start["output"],
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

    def wait(self) -> None:
        """Wait until every batch is taken; raises what went wrong with one."""
        for future, _ in self._waiting:
            future.result()
        self._waiting.clear()


def _settled(future: Future[None]) -> bool:
    """Tell whether a batch is taken; raises what went wrong with it."""
    if not future.done():
        return False
    future.result()
    return True


def _sizes(batch: Columns) -> tuple[int, int, int]:
    return batch.txid.shape[0], batch.spent_index.size, batch.value.size
