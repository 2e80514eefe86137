"""Telling what a traced graph only numbers: names, sums, and what an end is.

One teller serves one trace: it holds the graph with every reading of it, and
turns coins into targets and stops.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from dalil.clustering.coinjoin import CoinJoinType
from dalil.tracing.amounts import Amounts, Figures, direct_coins, figures
from dalil.tracing.gaps import gaps_in_sight, receipts
from dalil.tracing.groups import address_of_coins, coins_with, meetings
from dalil.tracing.request import Direction
from dalil.tracing.result import Stop, StopTotal, Target
from dalil.tracing.setbounds import set_bounds
from dalil.tracing.stops import StopCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from dalil.progress import Progress
    from dalil.tracing.columns import LedgerColumns, ReachColumns
    from dalil.tracing.graph import FlowGraph
    from dalil.tracing.groups import Meeting
    from dalil.tracing.request import TraceRequest

__all__ = ["APART", "Teller"]

APART = (StopCode.CARRIED, StopCode.EMPTY, StopCode.UNSPENT, StopCode.FEE)
"""Codes that results do not list as stops."""

_NO_ADDRESS = 0xFFFF_FFFF


class Teller:
    """Names what a graph only numbers, and sums what it only lists."""

    def __init__(
        self,
        ledger: LedgerColumns,
        columns: ReachColumns,
        request: TraceRequest,
        graph: FlowGraph,
    ) -> None:
        self.ledger, self.columns, self.request = ledger, columns, request
        self.graph = graph
        self.figures: Figures = figures(graph)
        self.met: dict[int, Meeting] = meetings(columns, graph, request.marks)
        self.address = address_of_coins(columns, graph)
        self.reentry = gaps_in_sight(ledger, columns, graph)
        forward = request.direction is Direction.FORWARD
        leaving = StopCode.UNSPENT if forward else StopCode.BORDER
        self.gaps = coins_with(graph, leaving) if self.reentry else None

    def ends(self, coins: Iterable[int]) -> NDArray[np.bool_]:
        """Mark coins in a mask."""
        mask = np.zeros(self.graph.value.size, dtype=np.bool_)
        mask[list(coins)] = True
        return mask

    def amounts(self, ends: NDArray[np.bool_], received: int | None = None) -> Amounts:
        """Read every figure for a set of ends."""
        bounds = set_bounds(self.graph, ends, gaps=self.gaps, receipts=received)
        return self.figures.of_ends(ends, bounds)

    def targets(self, progress: Progress) -> list[Target]:
        """Sum up every name that was met, by name."""
        by_name: defaultdict[str, list[int]] = defaultdict(list)
        for coin, meeting in self.met.items():
            by_name[meeting.name].append(coin)
        at_home = self.at_home()
        targets = []
        for done, (name, coins) in enumerate(sorted(by_name.items())):
            progress("bounding", done, len(by_name))
            targets.append(self.target(name, coins, at_home))
        return targets

    def target(self, name: str, coins: list[int], at_home: NDArray[np.bool_]) -> Target:
        """Sum up one name."""
        first = self.met[coins[0]]
        owned = [c for c in coins if self.met[c].by != "cluster"]
        direct = direct_coins(self.graph, self.figures.lower, at_home, self.ends(owned))
        received = None
        if self.gaps is not None:
            names = {n for c in coins for n in self.met[c].names}
            marks = [m for m in self.request.marks if m.name in names]
            received = receipts(self.ledger, self.columns, self.graph, marks)
        return Target(
            name=name,
            reason=first.reason,
            direct_sat=sum(self.graph.value[direct].tolist()),
            amounts=self.amounts(self.ends(coins), received),
            coins=tuple(coins),
            n_by_cluster=len(coins) - len(owned),
            received_sat=received,
            direct_coins=tuple(np.flatnonzero(direct).tolist()),
        )

    def stop_totals(self) -> list[StopTotal]:
        """Sum up every reason but names, which are targets."""
        apart, code = (*APART, StopCode.MARKED), self.graph.code
        masks = {which: code == which for which in StopCode if which not in apart}
        return [
            StopTotal(which.reason, int(mask.sum()), self.amounts(mask))
            for which, mask in masks.items()
            if mask.any()
        ]

    def stop(self, coin: int) -> Stop:
        """Describe one end."""
        graph, code = self.graph, StopCode(int(self.graph.code[coin]))
        output, spender = int(graph.output[coin]), int(graph.input[coin])
        where = (
            self.ledger.outpoint(output)
            if output >= 0
            else self.ledger.prevout(spender) or ""
        )
        owner, value = int(self.address[coin]), int(graph.value[coin])
        met = self.met.get(coin)
        return Stop(
            reason=met.reason if met else code.reason,
            where=where,
            value_sat=None if value < 0 else value,
            amounts=self.figures.of_coin(coin),
            name=met.name if met else None,
            address=None
            if owner in (-1, _NO_ADDRESS)
            else self.ledger.address_text(owner),
            coinjoin=self._coinjoin(coin) if code is StopCode.COINJOIN else None,
        )

    def _coinjoin(self, coin: int) -> str | None:
        columns, graph = self.columns, self.graph
        first, row = (
            (columns.tx_first_input, graph.input[coin])
            if graph.direction is Direction.FORWARD
            else (columns.tx_first_output, graph.output[coin])
        )
        types = self.request.coinjoin
        assert types is not None
        tx = int(np.searchsorted(first, row, side="right")) - 1
        return CoinJoinType(int(types[tx])).label

    def at_home(self) -> NDArray[np.bool_]:
        """Seeds, and outputs to the addresses seeds were taken from."""
        home = np.isin(self.address, np.array(list(self.request.addresses), np.int64))
        home[: self.graph.n_seeds] = True
        return home

    def seeds_on_services(self) -> list[dict[str, str]]:
        """List the seeds that lie at a named address themselves."""
        book: defaultdict[int, list[str]] = defaultdict(list)
        for mark in self.request.marks:
            if mark.reason != "target":
                book[mark.address].append(mark.name)
        return [
            {"where": self.stop(coin).where, "name": " | ".join(sorted(set(names)))}
            for coin in range(self.graph.n_seeds)
            if (names := book.get(int(self.address[coin])))
        ]
