"""Why a bound is right: a case that comes to it, and a cut that forbids more.

A maximum flow and a minimum cut of the same value prove each other. Whoever
holds the transactions named here can check both by adding up, in time linear
in their outputs and without solving anything; `docs/tracing.md` says how.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.errors import NotFoundError
from dalil.tracing.network import Region, region_of, send
from dalil.tracing.request import Direction
from dalil.tracing.stops import StopCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from dalil.tracing.result import Target, Trace

__all__ = ["certificate"]


def _where(trace: Trace, coin: int) -> str:
    """Name a coin: by outpoint, or a fee by its transaction."""
    output, spender = int(trace.graph.output[coin]), int(trace.graph.input[coin])
    if output >= 0:
        return trace.ledger.outpoint(output)
    if spender >= 0:
        return trace.ledger.prevout(spender) or ""
    node = int(np.searchsorted(trace.graph.coin_start, coin, side="right")) - 1
    return trace.ledger.txid(int(trace.graph.tx[node]))


def _txids(trace: Trace, nodes: NDArray[np.bool_]) -> list[str]:
    """Name nodes in ledger order."""
    return [trace.ledger.txid(tx) for tx in np.sort(trace.graph.tx[nodes]).tolist()]


def _extreme(trace: Trace, region: Region, *, to_ends: bool) -> dict[str, Any]:
    """Lay out one extreme; a seed that takes in seed money stands in two lists."""
    graph, extreme = trace.graph, send(region, to_ends=to_ends)
    flow: dict[str, dict[str, int]] = {"flow": {}, "fees": {}, "returned": {}}
    for coin in np.flatnonzero(extreme.flow).tolist():
        if graph.output[coin] < 0 and graph.input[coin] < 0:
            kind = "fees"
        else:
            kind = "returned" if graph.code[coin] == StopCode.SEED else "flow"
        flow[kind][_where(trace, coin)] = int(extreme.flow[coin])
    return {
        "value_sat": extreme.value,
        "transactions": _txids(trace, region.inside),
        **flow,
        "cut": _txids(trace, extreme.cut),
    }


def _lines(trace: Trace, coins: Iterable[int]) -> list[dict[str, Any]]:
    value = trace.graph.value
    return [
        {
            "outpoint": _where(trace, coin),
            "value_sat": None if value[coin] < 0 else int(value[coin]),
            "lower_sat": int(trace.figures.lower[coin]),
            "upper_sat": int(trace.figures.upper[coin]),
        }
        for coin in coins
    ]


def _in_region(region: Region) -> NDArray[np.bool_]:
    """Find the coins that leave a node of the region."""
    leaves = region.node >= 0
    leaves[leaves] = region.inside[region.node[leaves]]
    return leaves


def certificate(trace: Trace, target: Target) -> dict[str, Any]:
    """Lay out everything that proves one target's bounds.

    Returns
    -------
    dict
        ``direction``; ``seeds``: those that enter a transaction on the way, or
        are ends; ``ends``: the target's outputs; ``outputs``: every output of
        the transactions on the way that can hold seed money (backward: every
        output they spend), with its local bounds; ``stopped``: those that are
        spent but not followed; ``upper`` and ``lower``: each with its
        ``value_sat``; the ``transactions`` on the way, in ledger order; a
        ``flow`` per outpoint, ``fees`` per txid and what ``returned`` to seeds,
        which together come to it; and the ``cut``, the txids on the near side.
        Where the ledger has gaps, the upper one counts all of ``gaps`` among
        the ends, and ``received_sat`` caps it.

    Raises
    ------
    NotFoundError
        If the target is not one of this trace.
    """
    if target not in trace.targets:
        raise NotFoundError("no such target in this trace", target.name)
    graph, gaps = trace.graph, trace.gaps
    ends = np.zeros(graph.value.size, dtype=np.bool_)
    ends[list(target.coins)] = True
    region = region_of(graph, ends)
    widened = region if gaps is None else region_of(graph, ends | gaps)
    inside = _in_region(widened)
    fee = (graph.output < 0) & (graph.input < 0)
    forward = graph.direction is Direction.FORWARD
    spent = graph.input >= 0 if forward else graph.output >= 0
    stopped = inside & ~fee & ~ends & (graph.into < 0) & spent & (graph.value > 0)
    seeds = np.union1d(widened.seeds, widened.ended_seeds)
    proof: dict[str, Any] = {
        "direction": str(graph.direction),
        "seeds": _lines(trace, seeds.tolist()),
        "ends": _lines(trace, target.coins),
        "outputs": _lines(trace, np.flatnonzero(inside & ~fee).tolist()),
        "stopped": [_where(trace, c) for c in np.flatnonzero(stopped).tolist()],
        "upper": _extreme(trace, widened, to_ends=True),
        "lower": _extreme(trace, region, to_ends=False),
    }
    if gaps is not None:
        within = np.flatnonzero(gaps & (inside | (widened.node < 0)))
        proof["gaps"] = [_where(trace, c) for c in within.tolist()]
        proof["received_sat"] = target.received_sat
    return proof
