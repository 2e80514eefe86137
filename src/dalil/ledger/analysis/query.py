"""Questions put to a ledger in Python: lazy, columnar, a chunk at a time.

>>> ledger.outputs.where(type="p2wpkh", value_sat__ge=10**8).sum("value_sat")
... # doctest: +SKIP
>>> ledger.outputs.where(address=text).spent_by.tx.count()  # doctest: +SKIP

A query is a set of rows of one table, in chain order, each row once. Making one
reads nothing; asking for a result reads its columns chunk by chunk, so memory
follows the chunk and the answer, never the chain. Conditions on height and
time first cut the table to a range of rows, one on an address uses its index.
A query is of one snapshot: later blocks do not change its answer, and what a
partial ledger does not show, it does not deny.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.errors import InputError
from dalil.ledger.analysis.answers import head_rows, known_amounts, to_arrow, to_numpy
from dalil.ledger.analysis.columns import column_of, table_rows
from dalil.ledger.analysis.conditions import read_condition
from dalil.ledger.analysis.groups import Groups
from dalil.ledger.analysis.hops import HOPS, in_order
from dalil.ledger.analysis.ranges import narrow
from dalil.ledger.analysis.sums import exact_sum

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from numpy.typing import NDArray

    from dalil.extras import Foreign
    from dalil.ledger.analysis.conditions import Condition
    from dalil.ledger.analysis.derived import Rows
    from dalil.ledger.reader import Ledger

__all__ = ["CHUNK", "Query"]

CHUNK = 1 << 18
"""Rows looked at together: some columns of it fit a processor's cache."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Query:
    """Rows of one table that meet some conditions; immutable.

    Attributes
    ----------
    ledger : Ledger
        The snapshot asked.
    table : str
        ``blocks``, ``txs``, ``inputs`` or ``outputs``.
    conditions : tuple of Condition
        What every row must meet.
    before : Query, optional
        Where the rows come from, if not from the whole table.
    """

    ledger: Ledger
    table: str
    conditions: tuple[Condition, ...] = ()
    before: Query | None = None
    hop: str = ""

    def __repr__(self) -> str:
        start = f"{self.before!r}.{self.hop}" if self.before else f"ledger.{self.table}"
        if not self.conditions:
            return start
        return f"{start}.where({', '.join(c.text for c in self.conditions)})"

    def where(self, **conditions: object) -> Self:
        """Keep the rows that meet every condition.

        ``value_sat__ge=10**8``, ``type="p2wpkh"``, ``type=["p2pk", "p2pkh"]``,
        ``height=(560062, 560070)`` and ``time=("2019-01-25", "2019-01-26")``
        with both ends in (a day is the whole of it, UTC), ``address=TEXT``,
        ``spent=False``, ``value_sat=None`` for what is not known.

        Raises
        ------
        InputError
            If a column, comparison or value makes no sense; the message lists
            those that do.
        """
        read = (
            read_condition(self.ledger, self.table, key, value)
            for key, value in conditions.items()
        )
        return replace(self, conditions=(*self.conditions, *read))

    # -- results --------------------------------------------------------------

    def chunks(self) -> Iterator[Rows]:
        """Give the rows a chunk at a time: slices, or ascending arrays of ids."""
        left, sources = self._sources()
        for rows in sources:
            for part in _cut(rows):
                kept = self._kept(part, left)
                if _size(kept):
                    yield kept

    def stretches(self) -> Iterator[Rows]:
        """Give the rows in stretches as long as they are to be had."""
        left, sources = self._sources()
        return self.chunks() if left else sources

    def _sources(self) -> tuple[tuple[Condition, ...], Iterator[Rows]]:
        """Give where rows come from, and which conditions are left to test."""
        if self.before:
            mapped = HOPS[self.before.table, self.hop]
            return self.conditions, in_order(
                mapped,
                self.ledger,
                self.before.chunks(),
                table_rows(self.ledger, self.table),
            )
        left, rows = narrow(self.ledger, self.table, self.conditions)
        return left, iter((rows,))

    def _kept(self, rows: Rows, conditions: tuple[Condition, ...]) -> Rows:
        for condition in conditions:
            if not _size(rows):
                break
            mask = condition.mask(condition.column.read(self.ledger, rows))
            if isinstance(rows, slice):
                rows = rows if mask.all() else rows.start + np.flatnonzero(mask)
            else:
                rows = rows[mask]
        return rows

    def count(self) -> int:
        """Count the rows."""
        return sum(_size(rows) for rows in self.stretches())

    def ids(self) -> NDArray[np.int64]:
        """List the rows' ids, ascending; 8 bytes each."""
        parts = [
            np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
            for rows in self.chunks()
        ]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    def sum(self, column: str) -> int:
        """Add a column up, exactly.

        Raises
        ------
        InputError
            If the column is not an amount or a count, or an amount among the
            rows is not known: a sum would understate. Ask
            ``.where(value_sat__ne=None)`` for what is known.
        """
        found = column_of(self.table, column)
        if found.kind != "amount":
            raise InputError("this column cannot be added up", column)
        stretches = self.stretches() if found.stored else self.chunks()
        return sum(
            exact_sum(known_amounts(found, found.read(self.ledger, rows)))
            for rows in stretches
        )

    def group_by(self, column: str) -> Groups:
        """Group the rows by a column, or by ``day`` or ``month`` (UTC).

        One entry for each value that occurs is kept: by address or
        transaction that may be many.
        """
        return Groups(self, column)

    def head(self, n: int = 5) -> list[dict[str, Any]]:
        """Give the first rows as people read them: hex, labels, addresses."""
        return head_rows(self, n)

    def to_numpy(self, *columns: str) -> dict[str, NDArray[Any]]:
        """Give columns (all, if none is named) as arrays, as the ledger holds them."""
        return to_numpy(self, columns)

    def to_arrow(self, *columns: str) -> Foreign:
        """Give columns as a pyarrow Table; null where nothing is known.

        Needs the extra ``analysis``.
        """
        return to_arrow(self, columns)

    def to_polars(self, *columns: str) -> Foreign:
        """Give columns as a polars DataFrame, over the buffers of `to_arrow`."""
        from dalil.extras import needs

        return needs("polars").from_arrow(to_arrow(self, columns))


def _size(rows: Rows) -> int:
    return max(rows.stop - rows.start, 0) if isinstance(rows, slice) else rows.size


def _cut(rows: Rows) -> Iterator[Rows]:
    """Cut rows into chunks."""
    if isinstance(rows, slice):
        for start in range(rows.start, rows.stop, CHUNK):
            yield slice(start, min(start + CHUNK, rows.stop))
    else:
        for at in range(0, rows.size, CHUNK):
            yield rows[at : at + CHUNK]
