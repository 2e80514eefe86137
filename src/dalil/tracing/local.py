"""Local bounds: what one output carries at least and at most, whatever the rule.

Where a transaction takes in S in all, of which between L and H is seed money,
an output of value v carries between ``max(0, v - (S - L))`` and ``min(v, H)``:
at worst all other money went into it, at best all seed money did. Sound for
each output by itself, not tight, and never to be added up (`setbounds` is for
sums).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.kernels import kernel
from dalil.tracing.exactly import suiting

if TYPE_CHECKING:
    from dalil.tracing.columns import I64
    from dalil.tracing.graph import FlowGraph

__all__ = ["local_bounds"]


@kernel
def _local_bounds(
    total: I64, slot_start: I64, slot_coin: I64, coin_start: I64, capacity: I64
) -> tuple[I64, I64]:
    lower, upper = np.zeros_like(capacity), capacity.copy()
    for c in range(coin_start[0]):
        lower[c] = capacity[c]
    for u in range(total.size):
        low, high = 0, 0
        for i in range(slot_start[u], slot_start[u + 1]):
            if slot_coin[i] >= 0:
                low += lower[slot_coin[i]]
                high += upper[slot_coin[i]]
        for c in range(coin_start[u], coin_start[u + 1]):
            upper[c] = min(capacity[c], high)
            if total[u] >= 0:
                lower[c] = max(0, capacity[c] - (total[u] - low))
    return lower, upper


def local_bounds(graph: FlowGraph) -> tuple[I64, I64]:
    """Bound the seed money in every coin by itself.

    Returns
    -------
    lower, upper : (n_coins,) int64
        Satoshi. The lower one is 0 where an input's value is unknown.

    Notes
    -----
    Linear. Seed money that passes two ways and meets again is counted by both
    upper bounds: do not add them.
    """
    return suiting(_local_bounds, graph.value)(
        graph.total, graph.slot_start, graph.slot_coin, graph.coin_start, graph.capacity
    )
