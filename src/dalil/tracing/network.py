"""From a traced graph and a set of ends to the network that decides about it.

Only transactions from which the ends can be reached matter. Money that leaves
that **region** can never come to the ends, and can always go on to *some* end,
since no transaction takes in more than it pays out; so every coin that leaves
the region counts as gone elsewhere, and the network stays small.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dalil.kernels import kernel
from dalil.tracing.exactly import suiting
from dalil.tracing.maxflow import Network, maximum_preflow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.tracing.columns import I64
    from dalil.tracing.graph import FlowGraph

__all__ = ["Extreme", "Region", "region_of", "send"]


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """The part of a graph from which some ends can be reached.

    Attributes
    ----------
    graph : FlowGraph
    ends : (n_coins,) bool
        The coins asked about; all of them stop.
    inside : (n_nodes,) bool
    node : (n_coins,) int64
        The node each coin leaves; -1 for a seed.
    goes_inside : (n_coins,) bool
        Coins that go into a node of the region.
    """

    graph: FlowGraph
    ends: NDArray[np.bool_]
    inside: NDArray[np.bool_]
    node: I64
    goes_inside: NDArray[np.bool_]

    @property
    def seeds(self) -> I64:
        """The seeds that go into the region, by coin."""
        return np.flatnonzero(self.goes_inside[: self.graph.n_seeds])

    @property
    def ended_seeds(self) -> I64:
        """The seeds that are ends themselves, by coin."""
        return np.flatnonzero(self.ends[: self.graph.n_seeds])


@dataclass(frozen=True, slots=True, eq=False)
class Extreme:
    """One extreme: how much seed money reaches the ends, and why no other amount.

    Attributes
    ----------
    value : int
        Satoshi at the ends.
    flow : (n_coins,) int64
        Seed money in every coin of the region in a case that comes to just
        this, conserved at every transaction.
    cut : (n_nodes,) bool
        Nodes on the near side of the minimum cut: near the ends for the most,
        near everything else for the least.
    """

    value: int
    flow: I64
    cut: NDArray[np.bool_]


@kernel
def _reaching(
    coin_start: I64, into: I64, holds: NDArray[np.bool_], ends: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    inside = np.zeros(coin_start.size - 1, dtype=np.bool_)
    for u in range(inside.size - 1, -1, -1):
        for c in range(coin_start[u], coin_start[u + 1]):
            if holds[c] and (ends[c] or (into[c] >= 0 and inside[into[c]])):
                inside[u] = True
                break
    return inside


@kernel
def _drain(
    slots: tuple[I64, I64, I64],
    inside: NDArray[np.bool_],
    capacity: I64,
    flow: I64,
) -> None:
    """Pass on what is stuck, node by node, by whatever still has room."""
    slot_start, slot_coin, coin_start = slots
    for u in range(inside.size):
        if not inside[u]:
            continue
        left = 0
        for i in range(slot_start[u], slot_start[u + 1]):
            if slot_coin[i] >= 0:
                left += flow[slot_coin[i]]
        for c in range(coin_start[u], coin_start[u + 1]):
            left -= flow[c]
        for c in range(coin_start[u], coin_start[u + 1]):
            more = min(left, capacity[c] - flow[c])
            flow[c] += more
            left -= more


def region_of(graph: FlowGraph, ends: NDArray[np.bool_]) -> Region:
    """Find the part of `graph` from which `ends` (coins that stop) is reached."""
    holds = np.asarray(graph.capacity > 0, dtype=np.bool_)
    inside = _reaching(graph.coin_start, graph.into, holds, ends)
    goes = graph.into >= 0
    goes[goes] = inside[graph.into[goes]]
    return Region(graph, ends, inside, graph.node_of_coin(), goes)


def send(region: Region, *, to_ends: bool) -> Extreme:
    """Send all seed money through the region, as much as can be one way.

    Parameters
    ----------
    to_ends : bool
        True: the most that can reach the ends. False: the most that can go
        elsewhere, and so the least that must reach the ends.
    """
    graph, node = region.graph, region.node
    leaves = node >= 0
    leaves[leaves] = region.inside[node[leaves]]
    wanted = region.ends if to_ends else ~(region.ends | region.goes_inside)
    arcs = np.flatnonzero(leaves & (region.goes_inside | wanted))
    place = np.cumsum(region.inside) - 1
    n = int(region.inside.sum())
    tail = place[node[arcs]]
    head = np.where(wanted[arcs], n, place[graph.into[arcs]])
    supply = np.zeros(n, dtype=graph.value.dtype)
    np.add.at(supply, place[graph.into[region.seeds]], graph.value[region.seeds])
    net = Network(
        first=np.searchsorted(tail, np.arange(n + 1)),
        head=head,
        capacity=graph.capacity[arcs],
        first_arriving=np.searchsorted(np.sort(head), np.arange(n + 2)),
        arriving=np.argsort(head, kind="stable"),
        tail=tail,
    )
    sent, excess, label = suiting(maximum_preflow, supply)(net, supply)
    flow = np.zeros_like(graph.value)
    for seeds in (region.seeds, region.ended_seeds):
        flow[seeds] = graph.value[seeds]
    flow[arcs] = sent
    slots = (graph.slot_start, graph.slot_coin, graph.coin_start)
    suiting(_drain, flow)(slots, region.inside, graph.capacity, flow)
    cut = np.zeros_like(region.inside)
    cut[region.inside] = label[:n] <= n
    arrived = int(excess[n])
    value = arrived if to_ends else int(supply.sum()) - arrived
    at_once = int(graph.value[region.ended_seeds].sum())
    return Extreme(value + at_once, flow, cut)
