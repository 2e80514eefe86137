"""Set bounds: how much seed money a set of ends holds, at least and at most.

Every rule that conserves value gives each output t satoshi of seed money with
``0 <= t <= v``, conserved at each transaction with its fee, and ``t = v`` at
the seeds. Over all such t the most that reaches some ends is a maximum flow
from the seeds to them; the least is all seed money less the maximum flow to
everything else. Exact in satoshi, and always inside the sum of local bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalil.tracing.network import region_of, send

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dalil.tracing.graph import FlowGraph

__all__ = ["SetBounds", "set_bounds"]


@dataclass(frozen=True, slots=True)
class SetBounds:
    """Between `lower` and `upper` satoshi, both included, both attained.

    With `reentry` the ledger has gaps through which seed money may have come
    back unseen: `upper` then also counts what was last seen unspent (backward:
    what came in from outside), and is no longer attained for certain.
    """

    lower: int
    upper: int
    reentry: bool = False


def set_bounds(
    graph: FlowGraph,
    ends: NDArray[np.bool_],
    *,
    gaps: NDArray[np.bool_] | None = None,
    receipts: int | None = None,
) -> SetBounds:
    """Bound the seed money that comes to a set of ends.

    Parameters
    ----------
    graph : FlowGraph
    ends : (n_coins,) bool
        Coins that stop.
    gaps : (n_coins,) bool, optional
        For a ledger with gaps: the ends by which seed money may leave its
        sight and come back.
    receipts : int, optional
        Satoshi; with `gaps`, all that the ends' owner took in, which no amount
        can exceed.

    Notes
    -----
    Two maximum flows over the part of the graph from which `ends` is reached.
    The lower bound needs no widening: money that leaves sight already counts
    as gone elsewhere. An upper bound is one on what *this ledger* shows; it is
    no evidence that any of it was paid knowingly.
    """
    region = region_of(graph, ends)
    lower = send(region, to_ends=False).value
    if gaps is None or not gaps.any():
        return SetBounds(lower, send(region, to_ends=True).value)
    if (gaps & ends).any():
        # What was last seen at these ends may have gone on.
        lower = 0
    upper = send(region_of(graph, ends | gaps), to_ends=True).value
    if receipts is not None:
        upper = min(upper, receipts)
    return SetBounds(lower, upper, reentry=True)
