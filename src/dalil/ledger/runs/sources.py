"""What several adjacent runs have to say about the rows of one, as sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.ledger.runs.joining import PAIRS
from dalil.ledger.runs.joinpostings import POSTINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from dalil.ledger.runs.file import Rows, Span
    from dalil.ledger.runs.postings import Postings
    from dalil.ledger.runs.run import Run
    from dalil.ledger.runs.tables import Table

__all__ = ["Sources"]

_LOW = 0xFFFF_FFFF
_ALL = 0xFFFF_FFFF_FFFF_FFFF


class Sources:
    """Adjacent runs, read for the run of `rows`, which may end before they do."""

    def __init__(
        self, runs: Sequence[Run], rows: Rows, go_on: Callable[[], None] | None = None
    ) -> None:
        self.runs = runs
        self.rows = rows
        self._go_on = go_on

    def drop(self) -> None:
        """Let go of the pages read so far; raises what `go_on` raises."""
        for run in self.runs:
            run.drop()
        if self._go_on:
            self._go_on()

    def end(self, run: Run, table: str) -> int:
        """Tell where the rows end that stay of a run."""
        start, stop = getattr(run.rows, table)
        return int(max(start, min(stop, getattr(self.rows, table)[1])))

    def end_early(self, table: str) -> bool:
        """Tell whether rows of the runs are left out."""
        last = self.runs[-1]
        return self.end(last, table) < int(getattr(last.rows, table)[1])

    def index(self, table: str) -> Table:
        """Give the entries of an index."""
        sources = [
            self._pairs(
                getattr(run, f"{table}_index").entries,
                (_LOW, self._limit(run, table)),
                self._shift(run, table),
            )
            for run in self.runs
        ]
        return np.array(sources, PAIRS)

    def older_spent(self) -> Table:
        """Give who spends outputs of before all these runs."""
        sources = [
            self._pairs(self.spent_before(run), (_ALL, self.rows.input[1]), 0)
            for run in self.runs
        ]
        return np.array(sources, PAIRS)

    def spent_before(self, run: Run) -> NDArray[np.int64]:
        """Give a run's part of that."""
        older = run.spent.older
        return older[: np.searchsorted(older[:, 0], self.rows.output[0])]

    def older_history(self) -> Table:
        """Give the histories of addresses of before all these runs."""
        return self._postings("history", self.runs, (0, self.rows.address[0]))

    def own_history(self, r: int) -> Table:
        """Give the histories of the addresses of the r-th run."""
        run = self.runs[r]
        span = run.rows.address[0], self.end(run, "address")
        later = self._postings("history", self.runs[r + 1 :], span)
        own = self._source("history", run)
        own["first"], own["end"] = span[0], span[1] - span[0]
        own["offsets"] = run.history.own.ctypes.data
        return np.concatenate([own, later])

    def outside(self) -> Table:
        """Give the `outside` rows of all addresses."""
        return self._postings("outside", self.runs, (0, self.rows.address[1]))

    def _postings(self, name: str, runs: Sequence[Run], span: Span) -> Table:
        sources = [np.zeros(0, POSTINGS)]
        for run in runs:
            source, older = self._source(name, run), getattr(run, name).older
            # Of the same type, or numpy would make a wider copy of them all.
            ends = np.array(span, older.dtype)
            source["at"], source["end"] = np.searchsorted(older, ends)
            sources.append(source)
        return np.concatenate(sources)

    def _source(self, name: str, run: Run) -> Table:
        part: Postings = getattr(run, name)
        table = "output" if name == "history" else name
        source = np.zeros(1, POSTINGS)
        source["keys"], source["first"] = part.older.ctypes.data, -1
        source["offsets"] = part.offsets.ctypes.data
        source["rows"], source["n_rows"] = part.rows.ctypes.data, part.rows.size
        early = self.end(run, table) < getattr(run.rows, table)[1]
        source["limit"] = self._limit(run, table) if early else -1
        source["shift"] = self._shift(run, table)
        return source

    @staticmethod
    def _pairs(
        pairs: NDArray[Any], row: tuple[int, int], shift: int
    ) -> tuple[int, ...]:
        return (pairs.ctypes.data, 0, pairs.shape[0], *row, shift)

    def _limit(self, run: Run, table: str) -> int:
        return self.end(run, table) - int(getattr(run.rows, table)[0])

    def _shift(self, run: Run, table: str) -> int:
        return int(getattr(run.rows, table)[0] - getattr(self.rows, table)[0])
