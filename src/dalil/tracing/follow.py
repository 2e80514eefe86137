"""The trace itself: from a request to every figure, stop and name.

Reach what seed money can have passed, lay it out as a graph, read every
convention and bound off it, and group the ends by the name they met or the
reason they stopped.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from dalil.clustering.coinjoin import CoinJoinType
from dalil.errors import InputError
from dalil.progress import Progress, silent
from dalil.tracing.amounts import Amounts, Figures, direct_coins, figures
from dalil.tracing.columns import LedgerColumns, ReachColumns, reach_columns
from dalil.tracing.gaps import gaps_in_sight, receipts
from dalil.tracing.graph import FlowGraph, flow_graph
from dalil.tracing.groups import Meeting, address_of_coins, meetings
from dalil.tracing.reach import ReachRules, reach_backward, reach_forward
from dalil.tracing.request import Direction, TraceRequest
from dalil.tracing.result import Stop, StopTotal, Target, Trace
from dalil.tracing.seeds import Seeds, find_seeds
from dalil.tracing.setbounds import set_bounds
from dalil.tracing.stops import StopCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["trace"]

_NO_ADDRESS = 0xFFFF_FFFF
_APART = (StopCode.CARRIED, StopCode.EMPTY, StopCode.UNSPENT, StopCode.FEE)


def _rules(request: TraceRequest, columns: ReachColumns) -> ReachRules:
    marked = {mark.address for mark in request.marks} - set(request.addresses)
    limits, types = request.limits, request.coinjoin
    if types is not None and types.size != columns.tx_first_input.size - 1:
        raise InputError("coinjoin types are of another ledger (entries)", types.size)
    return ReachRules(
        marked=np.array(sorted(marked), dtype=np.uint32),
        coinjoin=np.array([] if types is None else types, dtype=np.uint8),
        max_hops=limits.max_hops,
        not_before=limits.not_before,
        not_after=limits.not_after,
        min_value=limits.min_value,
        max_transactions=limits.max_transactions,
    )


def _graph(columns: ReachColumns, request: TraceRequest, seeds: Seeds) -> FlowGraph:
    rules = _rules(request, columns)
    if request.direction is Direction.FORWARD:
        reached = reach_forward(columns, rules, seeds.outputs, seeds.inputs)
    else:
        reached = reach_backward(columns, rules, seeds.outputs)
    return flow_graph(columns, request.direction, reached, seeds.outputs, seeds.inputs)


class _Teller:
    """Names what a graph only numbers, and sums what it only lists."""

    def __init__(
        self, ledger: LedgerColumns, columns: ReachColumns, request: TraceRequest
    ) -> None:
        self.ledger, self.columns, self.request = ledger, columns, request
        self.seeds = find_seeds(ledger, columns, request)
        self.graph = _graph(columns, request, self.seeds)
        self.figures: Figures = figures(self.graph)
        self.met = meetings(columns, self.graph, request.marks)
        self.address = address_of_coins(columns, self.graph)
        self.reentry = gaps_in_sight(ledger, columns, self.graph)
        leaving = (
            StopCode.UNSPENT
            if request.direction is Direction.FORWARD
            else StopCode.BORDER
        )
        self.gaps = self.graph.code == leaving if self.reentry else None

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
        first: Meeting = self.met[coins[0]]
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


def trace(
    ledger: LedgerColumns, request: TraceRequest, progress: Progress = silent
) -> Trace:
    """Follow seed money to where it ended, or back to where it came from.

    Parameters
    ----------
    ledger : LedgerColumns
        A `dalil.ledger.Ledger`, or anything with its columns.
    request : TraceRequest
    progress : Progress, optional

    Returns
    -------
    Trace
        Seeds that received nothing give a trace of zeros.

    Raises
    ------
    NotFoundError, InputError
        If a seed is not in the ledger, or its value is not known.
    LimitError
        If the seeds together are worth more than any money there is.

    Notes
    -----
    One pass over the part reached for each reading, two maximum flows for each
    name and each reason; memory follows the part reached. Who controlled an
    address, and what a service did behind its border, the result does not say.

    Examples
    --------
    >>> from dalil.tracing.literal import HandLedger
    >>> from dalil.tracing.request import Direction, Mark, TraceRequest
    >>> ledger = HandLedger()
    >>> (coin,) = ledger.mine(("appeal", 50))
    >>> _ = ledger.pay([coin], ("listed", 30), ("appeal", 20))
    >>> listed = ledger.find_address("listed")
    >>> result = trace(
    ...     ledger,
    ...     TraceRequest(
    ...         Direction.FORWARD,
    ...         addresses=[ledger.find_address("appeal")],
    ...         marks=[Mark(listed, "Listed wallet")],
    ...     ),
    ... )
    >>> print(result.targets[0].headline())
    direct 0.00000030 BTC; exactly 0.00000030 BTC in all
    """
    progress("reaching", 0, 0)
    teller = _Teller(ledger, reach_columns(ledger), request)
    graph, code = teller.graph, teller.graph.code
    targets = teller.targets(progress)
    progress("naming stops", 0, 0)
    totals = [
        StopTotal(
            which.reason, int((code == which).sum()), teller.amounts(code == which)
        )
        for which in StopCode
        if which not in _APART and which != StopCode.MARKED and (code == which).any()
    ]
    listed = np.flatnonzero(~np.isin(code, np.array(_APART, dtype=np.uint8)))
    unspent = np.flatnonzero(code == StopCode.UNSPENT)
    return Trace(
        ledger=ledger,
        request=request,
        seeds=teller.seeds,
        graph=graph,
        figures=teller.figures,
        met=teller.met,
        unspent=teller.amounts(code == StopCode.UNSPENT),
        fees=teller.amounts(code == StopCode.FEE),
        targets=targets,
        stops=[teller.stop(coin) for coin in listed.tolist()],
        stop_totals=totals,
        unspent_outputs=[teller.stop(coin) for coin in unspent.tolist()],
        seeds_on_services=teller.seeds_on_services(),
        reentry=teller.reentry,
    )
