"""The runs of one commit, asked as one."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from dalil.errors import StoreError
from dalil.ledger.runs.find import (
    copy_postings,
    count_postings,
    find_key,
    find_keys,
    spent_by,
)
from dalil.ledger.runs.spenders import spent_blocks, spent_column
from dalil.ledger.runs.tables import index_table, postings_table, spent_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from dalil.ledger.runs.run import Run
    from dalil.ledger.runs.tables import Table

__all__ = ["Runs"]

_NO_KINDS = np.zeros(0, np.uint8)


class Runs:
    """All runs of a snapshot, oldest first, from the ledger's first row on.

    Parameters
    ----------
    runs : sequence of Run
        Each begins where the one before it ends.
    seed : int
        The ledger's mark seed, 64 bits.

    Raises
    ------
    StoreError
        If rows are missing between two runs, or before the first.

    Notes
    -----
    Threads may share an object; a look-up holds no lock and writes nothing.
    """

    def __init__(self, runs: Sequence[Run], seed: int) -> None:
        self.runs = tuple(runs)
        _check_adjacent(self.runs)
        self._seed = np.uint64(seed)
        self._tx = index_table([run.tx_index for run in runs])
        self._address = index_table([run.address_index for run in runs])
        self._spent = spent_table(runs)
        self._history = postings_table(
            [(run.history, run.rows.address[0], run.rows.output[0]) for run in runs]
        )
        self._outside = postings_table(
            [(run.outside, run.rows.address[1], run.rows.outside[0]) for run in runs]
        )
        self.n_outputs = self.runs[-1].rows.output[1] if runs else 0

    # -- keys ---------------------------------------------------------------

    def find_tx(self, txid: NDArray[np.uint64], txids: NDArray[np.uint64]) -> int:
        """Find a txid, (4,) words, in the column (n_tx, 4); -1 if it is not there.

        Of transactions with the same txid, the last. Cost: a few µs.
        """
        return find_key(self._tx, txid, 0, (txids, _NO_KINDS), self._seed)

    def find_txs(
        self, wanted: NDArray[np.uint64], txids: NDArray[np.uint64]
    ) -> NDArray[np.int64]:
        """Find (n, 4) txids in the column: (n,) rows, -1 where there is none."""
        found = np.empty(wanted.shape[0], np.int64)
        column = (txids, _NO_KINDS)
        find_keys(self._tx, (wanted, _NO_KINDS), column, self._seed, found)
        return found

    def find_address(
        self,
        key: NDArray[np.uint64],
        kind: int,
        keys: NDArray[np.uint64],
        kinds: NDArray[np.uint8],
    ) -> int:
        """Find an address by key (4,) and type in the columns (n, 4) and (n,)."""
        return find_key(self._address, key, kind, (keys, kinds), self._seed)

    def find_addresses(
        self,
        wanted: tuple[NDArray[np.uint64], NDArray[np.uint8]],
        keys: NDArray[np.uint64],
        kinds: NDArray[np.uint8],
    ) -> NDArray[np.int64]:
        """Find keys (m, 4) of types (m,): (m,) ids, -1 where there is none."""
        found = np.empty(wanted[0].shape[0], np.int64)
        find_keys(self._address, wanted, (keys, kinds), self._seed, found)
        return found

    # -- spending -----------------------------------------------------------

    def spent_by(self, outputs: NDArray[np.int64]) -> NDArray[np.int64]:
        """Tell the input that spends each output, -1 if none does by here."""
        found = np.empty(outputs.size, np.int64)
        spent_by(self._spent, outputs, found)
        return found

    @property
    def spent_table(self) -> Table:
        """What kernels hand to `find.spender_of`; valid as long as this object."""
        return self._spent

    def spent_by_blocks(self, rows: int = 1 << 19) -> Iterator[NDArray[np.int64]]:
        """Give that of all outputs in blocks of at most so many rows, in order.

        The way to read all of it in bounded memory. Blocks are the caller's.
        """
        buffer = np.empty(rows, np.int64)
        for block in spent_blocks(self.runs, self.n_outputs, buffer):
            yield block.copy()

    def spent_by_column(self) -> NDArray[np.int64]:
        """Tell it of all outputs: (n_outputs,) int64, read-only.

        With one run, the mapped section itself. With more, they are mapped one
        behind another, and what each run spends of those before is entered,
        once: 16 bytes read, and up to a page of memory taken, for each input
        that spends an output of an older run.
        """
        return self._spent_by_column

    @cached_property
    def _spent_by_column(self) -> NDArray[np.int64]:
        if not self.runs:
            return np.zeros(0, np.int64)
        if len(self.runs) == 1:
            return self.runs[0].spent.own
        return spent_column(self.runs)

    # -- histories ------------------------------------------------------------

    def n_outputs_of(self, address: int) -> int:
        """Count the outputs paid to an address; 0 for what is no address here."""
        return count_postings(self._history, address)

    def outputs_of(
        self, address: int, start: int = 0, stop: int | None = None
    ) -> NDArray[np.int64]:
        """List outputs paid to an address, ascending: its history[start:stop].

        Cost: a search in each run, and the rows listed.
        """
        return _page(self._history, address, slice(start, stop))

    def n_outside_of(self, address: int) -> int:
        """Count the `outside` rows of an address."""
        return count_postings(self._outside, address)

    def outside_of(
        self, address: int, start: int = 0, stop: int | None = None
    ) -> NDArray[np.int64]:
        """List the `outside` rows of an address, ascending, as `outputs_of` does."""
        return _page(self._outside, address, slice(start, stop))


def _page(table: Table, address: int, part: slice) -> NDArray[np.int64]:
    start, stop, _ = part.indices(count_postings(table, address))
    rows = np.empty(max(0, stop - start), np.int64)
    copy_postings(table, address, start, rows)
    return rows


def _check_adjacent(runs: Sequence[Run]) -> None:
    if runs and any(start for start, _ in runs[0].rows):
        raise StoreError("the first run does not begin the ledger", runs[0].path)
    for older, newer in pairwise(runs):
        for before, after in zip(older.rows, newer.rows, strict=True):
            if before[1] != after[0]:
                raise StoreError("a run does not follow the one before", newer.path)
