"""Where money ended, grouped: by the name it met, or by the reason it stopped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dalil.tracing.stops import StopCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from dalil.tracing.columns import I64, ReachColumns
    from dalil.tracing.graph import FlowGraph
    from dalil.tracing.request import Mark

__all__ = [
    "Meeting",
    "address_of_coins",
    "called",
    "coins_with",
    "meetings",
    "node_times",
]

OUTSIDE_DATES = "outside its tag's dates"


@dataclass(frozen=True, slots=True)
class Meeting:
    """What a named address was called when money met it.

    Parameters
    ----------
    names : tuple of str
        One; more where names contradict each other.
    reason, by : str
        As in `Mark`; `by` is ``tag`` where any name is on the address itself.
    in_dates : bool
        Whether the names were claimed for the day.
    """

    names: tuple[str, ...]
    reason: str
    by: str
    in_dates: bool

    @property
    def name(self) -> str:
        """The name results use; amounts outside a tag's dates stand apart."""
        joined = " | ".join(self.names)
        return joined if self.in_dates else f"{joined} ({OUTSIDE_DATES})"


def node_times(columns: ReachColumns, graph: FlowGraph) -> I64:
    """(n_nodes,) Unix seconds of each node's block."""
    block = np.searchsorted(columns.block_first_tx, graph.tx, side="right") - 1
    return columns.block_time[block]


def address_of_coins(columns: ReachColumns, graph: FlowGraph) -> I64:
    """(n_coins,) address id, NO_ADDRESS where there is none; -1 for a fee."""
    address = np.full(graph.value.size, -1, dtype=np.int64)
    inside = graph.output >= 0
    address[inside] = columns.output_address[graph.output[inside]]
    outside = ~inside & (graph.input >= 0)
    at = np.searchsorted(columns.outside_input, graph.input[outside])
    address[outside] = columns.outside_address[at]
    return address


def coins_with(graph: FlowGraph, code: StopCode) -> NDArray[np.bool_]:
    """(n_coins,) the coins that stop for one reason."""
    return np.equal(graph.code, code)


def called(marks: list[Mark], time: int) -> Meeting:
    """Tell what the marks of one address call it at a moment."""
    holding = [mark for mark in marks if mark.holds_at(time)]
    told = holding or marks
    names = tuple(sorted({mark.name for mark in told}))
    # A service's kind says more than "target" where an address has both.
    kind = min(told, key=lambda mark: (mark.reason == "target", mark.reason))
    ways = {mark.by for mark in told}
    by = next(w for w in ("tag", "request", "deposit", "cluster") if w in ways)
    return Meeting(names, kind.reason, by, in_dates=bool(holding))


def meetings(
    columns: ReachColumns, graph: FlowGraph, marks: Iterable[Mark]
) -> dict[int, Meeting]:
    """Name every coin that met a mark, by the date it did.

    A mark's dates are held against the block of the transaction that paid the
    name (backward: that the name paid).
    """
    coins = np.flatnonzero(coins_with(graph, StopCode.MARKED))
    times = node_times(columns, graph)[graph.node_of_coin()[coins]]
    owners = address_of_coins(columns, graph)[coins].tolist()
    book: dict[int, list[Mark]] = {owner: [] for owner in owners}
    for mark in marks:
        if mark.address in book:
            book[mark.address].append(mark)
    rows = zip(coins.tolist(), owners, times.tolist(), strict=True)
    return {coin: called(book[owner], time) for coin, owner, time in rows}
