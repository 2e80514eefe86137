"""From rows of one table to the rows of another they belong to or lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.kernels import kernel
from dalil.ledger.analysis.derived import block_of, owner_of, spender_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from dalil.ledger.analysis.derived import Rows
    from dalil.ledger.reader import Ledger

__all__ = ["HOPS", "Hop", "in_order"]

_FEW = 1 << 22
"""Ids kept as they are; beyond, one bit for each row of the table they are in."""
_PIECE = 1 << 16


class Hop:
    """How one table's rows lead to another's; `rising` where order is kept."""

    def __init__(
        self, follow: Callable[[Ledger, Rows], Iterator[Rows]], *, rising: bool
    ) -> None:
        self.follow = follow
        self.rising = rising


def in_order(
    hop: Hop, ledger: Ledger, chunks: Iterable[Rows], n_rows: int
) -> Iterator[Rows]:
    """Follow a hop from every chunk; each row found once, in chain order.

    A hop that keeps order streams. One that does not (a spender comes
    anywhere later) collects ids first, or marks them in one bit a row of the
    table where they are many.
    """
    found = (rows for chunk in chunks for rows in hop.follow(ledger, chunk))
    return _rising(found) if hop.rising else _sorted(found, n_rows)


def _rising(found: Iterable[Rows]) -> Iterator[Rows]:
    """Drop repetitions from ids that never fall."""
    last = -1
    for rows in found:
        if isinstance(rows, slice):
            yield rows
            continue
        fresh = rows[np.diff(rows, prepend=last) > 0]
        if fresh.size:
            last = int(fresh[-1])
            yield fresh


def _sorted(found: Iterable[Rows], n_rows: int) -> Iterator[Rows]:
    few: list[NDArray[np.int64]] = []
    marks: NDArray[np.uint8] | None = None
    for rows in found:
        ids = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
        few.append(ids)
        if marks is not None or sum(part.size for part in few) > _FEW:
            marks = np.zeros(-(-n_rows // 8), np.uint8) if marks is None else marks
            for part in few:
                _mark(marks, part)
            few.clear()
    if marks is None:
        yield from [np.unique(np.concatenate(few))] if few else []
        return
    for at in range(0, marks.size, _PIECE):
        bits = np.unpackbits(marks[at : at + _PIECE], bitorder="little")
        yield 8 * at + np.flatnonzero(bits)


@kernel
def _mark(marks: NDArray[np.uint8], ids: NDArray[np.int64]) -> None:
    for i in range(ids.size):
        marks[ids[i] >> 3] |= np.uint8(1 << (ids[i] & 7))


def _tx(table: str) -> Hop:
    def follow(ledger: Ledger, rows: Rows) -> Iterator[Rows]:
        inputs = table == "inputs"
        first = ledger.tx_first_input if inputs else ledger.tx_first_output
        yield owner_of(first, rows)

    return Hop(follow, rising=True)


def _block(table: str) -> Hop:
    return Hop(lambda ledger, rows: iter((block_of(ledger, table, rows),)), rising=True)


def _members(first_of: Callable[[Ledger], NDArray[np.int64]]) -> Hop:
    def follow(ledger: Ledger, rows: Rows) -> Iterator[Rows]:
        first = first_of(ledger)
        if isinstance(rows, slice):
            yield slice(int(first[rows.start]), int(first[rows.stop]))
            return
        for at in range(0, rows.size, _PIECE):
            owners = rows[at : at + _PIECE]
            counts = first[owners + 1] - first[owners]
            ends = np.cumsum(counts)
            shift = np.repeat(first[owners] - (ends - counts), counts)
            yield np.arange(int(counts.sum())) + shift

    return Hop(follow, rising=True)


def _spent_by(ledger: Ledger, rows: Rows) -> Iterator[Rows]:
    found = spender_of(ledger, rows)
    yield found[found >= 0]


def _spends(ledger: Ledger, rows: Rows) -> Iterator[Rows]:
    found = ledger.input_spends[rows]
    yield found[found >= 0]


HOPS = {
    ("blocks", "txs"): _members(lambda ledger: ledger.block_first_tx),
    ("txs", "block"): _block("txs"),
    ("txs", "inputs"): _members(lambda ledger: ledger.tx_first_input),
    ("txs", "outputs"): _members(lambda ledger: ledger.tx_first_output),
    ("inputs", "tx"): _tx("inputs"),
    ("inputs", "block"): _block("inputs"),
    ("inputs", "spends"): Hop(_spends, rising=False),
    ("outputs", "tx"): _tx("outputs"),
    ("outputs", "block"): _block("outputs"),
    ("outputs", "spent_by"): Hop(_spent_by, rising=False),
}
"""From (table, word) to the hop."""
