"""A query's rows, grouped by a column and counted or added up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.errors import InputError
from dalil.ledger.analysis.answers import known_amounts, shown
from dalil.ledger.analysis.columns import Column, column_of
from dalil.ledger.analysis.sums import sum_by_code
from dalil.units import utc_day

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dalil.ledger.analysis.query import Query

__all__ = ["Groups"]

_DAY = 86_400


class Groups:
    """Groups of a query's rows; ask for `count` or `sum`."""

    def __init__(self, query: Query, by: str) -> None:
        self._query = query
        self.by = by
        self._column = column_of(query.table, "time" if by in ("day", "month") else by)
        if self._column.kind == "hash":
            raise InputError("rows cannot be grouped by this; group by id or tx", by)

    def __repr__(self) -> str:
        return f"{self._query!r}.group_by({self.by!r})"

    def count(self) -> dict[Any, int]:
        """Count each group's rows; keys ascending as in the column, null last."""
        total: dict[int, int] = {}
        for keys, _ in self._keys():
            found, counts = np.unique(keys, return_counts=True)
            for key, n in zip(found.tolist(), counts.tolist(), strict=True):
                total[key] = total.get(key, 0) + n
        return self._named(total)

    def sum(self, column: str) -> dict[Any, int]:
        """Add a column up in each group, exactly.

        Raises
        ------
        InputError
            If the column cannot be added up, or an amount is not known.
        """
        added = column_of(self._query.table, column)
        if added.kind != "amount":
            raise InputError("this column cannot be added up", column)
        total: dict[int, int] = {}
        for part in self._sums(added):
            for key, value in part.items():
                total[key] = total.get(key, 0) + value
        return self._named(total)

    def _sums(self, added: Column) -> Iterator[dict[int, int]]:
        ledger = self._query.ledger
        if self._column.kind == "type":
            stored = self._column.stored and added.stored
            query = self._query
            for rows in query.stretches() if stored else query.chunks():
                codes = self._column.read(ledger, rows)
                yield sum_by_code(codes, known_amounts(added, added.read(ledger, rows)))
            return
        for keys, rows in self._keys():
            yield _sum_by_key(keys, known_amounts(added, added.read(ledger, rows)))

    def _keys(self) -> Iterator[tuple[NDArray[Any], Any]]:
        for rows in self._query.chunks():
            keys = self._column.read(self._query.ledger, rows)
            if self.by == "day":
                keys = keys // _DAY
            elif self.by == "month":
                stamps = keys.astype("datetime64[s]")
                keys = stamps.astype("datetime64[M]").astype(np.int64)
            yield keys, rows

    def _named(self, total: dict[int, int]) -> dict[Any, int]:
        named: dict[Any, int] = {}
        for key in sorted(total):
            name = self._name(key)
            named[name] = named.get(name, 0) + total[key]
        if None in named:
            named[None] = named.pop(None)
        return named

    def _name(self, key: int) -> Any:  # noqa: ANN401 - the column decides
        if self.by == "day":
            return utc_day(key * _DAY)
        if self.by == "month":
            return str(np.datetime64(key, "M"))
        if self._column.kind == "flag":
            return bool(key)
        return shown(self._query.ledger, self._column, np.int64(key))


def _sum_by_key(keys: NDArray[Any], values: NDArray[np.int64]) -> dict[int, int]:
    """Add a chunk up by key, in halves of 32 bits so that nothing can overflow."""
    order = np.argsort(keys, kind="stable")
    found, starts = np.unique(keys[order], return_index=True)
    if not found.size:
        return {}
    ordered = values[order]
    low = np.add.reduceat(ordered & 0xFFFFFFFF, starts).tolist()
    high = np.add.reduceat(ordered >> 32, starts).tolist()
    return {
        key: less + (more << 32)
        for key, less, more in zip(found.tolist(), low, high, strict=True)
    }
