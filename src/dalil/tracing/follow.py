"""The trace itself: from a request to every figure, stop and name.

Reach what seed money can have passed, lay it out as a graph, read every
convention and bound off it, and group the ends by the name they met or the
reason they stopped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.errors import InputError
from dalil.progress import Progress, silent
from dalil.tracing.columns import LedgerColumns, ReachColumns, reach_columns
from dalil.tracing.graph import FlowGraph, flow_graph
from dalil.tracing.pools import pool_transactions
from dalil.tracing.reach import ReachRules, reach_backward, reach_forward
from dalil.tracing.request import Direction, TraceRequest
from dalil.tracing.result import Trace
from dalil.tracing.seeds import Seeds, find_seeds
from dalil.tracing.stops import StopCode
from dalil.tracing.telling import APART, Teller

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["trace"]


def _rules(
    request: TraceRequest, columns: ReachColumns, pools: NDArray[np.int64]
) -> ReachRules:
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
        pools=pools,
    )


def _graph(
    ledger: LedgerColumns, columns: ReachColumns, request: TraceRequest, seeds: Seeds
) -> FlowGraph:
    rules = _rules(request, columns, pool_transactions(ledger))
    if request.direction is Direction.FORWARD:
        reached = reach_forward(columns, rules, seeds.outputs, seeds.inputs)
    else:
        reached = reach_backward(columns, rules, seeds.outputs)
    return flow_graph(columns, request.direction, reached, seeds.outputs, seeds.inputs)


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
        If a seed is not in the ledger, its value is not known, or the chain
        hides too much for a trace to be true.
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
    columns = reach_columns(ledger)
    seeds = find_seeds(ledger, columns, request)
    graph = _graph(ledger, columns, request, seeds)
    teller, code = Teller(ledger, columns, request, graph), graph.code
    targets = teller.targets(progress)
    progress("naming stops", 0, 0)
    listed = np.flatnonzero(~np.isin(code, np.array(APART, dtype=np.uint8)))
    unspent = np.flatnonzero(code == StopCode.UNSPENT)
    return Trace(
        ledger=ledger,
        request=request,
        seeds=seeds,
        graph=graph,
        figures=teller.figures,
        met=teller.met,
        unspent=teller.amounts(code == StopCode.UNSPENT),
        fees=teller.amounts(code == StopCode.FEE),
        targets=targets,
        stops=[teller.stop(coin) for coin in listed.tolist()],
        stop_totals=teller.stop_totals(),
        unspent_outputs=[teller.stop(coin) for coin in unspent.tolist()],
        seeds_on_services=teller.seeds_on_services(),
        reentry=teller.reentry,
    )
