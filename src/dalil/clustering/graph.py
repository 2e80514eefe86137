"""The graph of addresses and the transactions that spend them together.

Two kinds of nodes: addresses come first, transactions after them, both in
ascending order of id. An edge says that the transaction spends from the
address. Clusters are this graph's connected parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.clustering.cospend import Incidence

__all__ = ["Cuts", "SpendGraph", "cuts", "shortest_path", "spend_graph"]


class SpendGraph(NamedTuple):
    """Nodes and their neighbours.

    Attributes
    ----------
    addresses : (n_addresses,) uint32
        Ids of the address nodes, ascending; node k is ``addresses[k]``.
    txs : (n_txs,) int64
        Ids of the transaction nodes; node ``n_addresses + k`` is ``txs[k]``.
    first : (n_nodes + 1,) int64
        Node v's neighbours are ``neighbour[first[v]:first[v + 1]]``, ascending.
    neighbour : (2 * n_edges,) int64
    """

    addresses: NDArray[np.uint32]
    txs: NDArray[np.int64]
    first: NDArray[np.int64]
    neighbour: NDArray[np.int64]


class Cuts(NamedTuple):
    """What removing each transaction would do to its cluster.

    Attributes
    ----------
    n_parts : (n_txs,) int64
        Parts with addresses that are left; 1 means that nothing splits.
    second : (n_txs,) int64
        Addresses in the second largest part, 0 where nothing splits.
    """

    n_parts: NDArray[np.int64]
    second: NDArray[np.int64]


def spend_graph(pairs: Incidence) -> SpendGraph:
    """Build the graph of some incidences, in time n log n."""
    addresses, a = np.unique(pairs.address, return_inverse=True)
    txs, t = np.unique(pairs.tx, return_inverse=True)
    t = t + addresses.size
    ends = np.concatenate((a, t))
    others = np.concatenate((t, a))
    order = np.lexsort((others, ends))
    counts = np.bincount(ends, minlength=addresses.size + txs.size)
    first = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
    return SpendGraph(addresses, txs, first, others[order].astype(np.int64))


def shortest_path(graph: SpendGraph, start: int, goal: int) -> NDArray[np.int64] | None:
    """Find the shortest path between two nodes, breadth first.

    Of several shortest paths the one whose nodes come first in order, compared
    from `start` on. None where there is no path.
    """
    before = np.full(graph.first.size - 1, -1, dtype=np.int64)
    if not _search(graph, start, goal, before):
        return None
    path = [goal]
    while path[-1] != start:
        path.append(int(before[path[-1]]))
    return np.array(path[::-1], dtype=np.int64)


@kernel
def _search(
    graph: SpendGraph, start: int, goal: int, before: NDArray[np.int64]
) -> bool:
    queue = np.empty(before.size, dtype=np.int64)
    queue[0], head, tail = start, 0, 1
    before[start] = start
    while head < tail:
        node = queue[head]
        head += 1
        if node == goal:
            return True
        for k in range(graph.first[node], graph.first[node + 1]):
            other = graph.neighbour[k]
            if before[other] < 0:
                before[other] = node
                queue[tail] = other
                tail += 1
    return False


def cuts(graph: SpendGraph) -> Cuts:
    """Find every transaction whose removal splits its cluster.

    These are the graph's articulation points among transactions (Tarjan 1972;
    Hopcroft, Tarjan 1973), found in one iterative depth-first search: linear
    in nodes and edges.
    """
    n_parts = np.ones(graph.txs.size, dtype=np.int64)
    second = np.zeros(graph.txs.size, dtype=np.int64)
    _cuts(graph, n_parts, second)
    return Cuts(n_parts, second)


@kernel
def _cuts(
    graph: SpendGraph, n_parts: NDArray[np.int64], second: NDArray[np.int64]
) -> None:
    """Walk each tree depth first; every root is an address."""
    n_addresses, n_nodes = graph.addresses.size, graph.first.size - 1
    when = np.zeros(n_nodes, dtype=np.int64)
    low = np.zeros(n_nodes, dtype=np.int64)
    size = np.zeros(n_nodes, dtype=np.int64)
    parent = np.full(n_nodes, -1, dtype=np.int64)
    at = graph.first[:-1].copy()
    order = np.empty(n_nodes, dtype=np.int64)
    cut = np.zeros(graph.txs.size, dtype=np.int64)
    largest = np.zeros(graph.txs.size, dtype=np.int64)
    clock = 0
    for root in range(n_addresses):
        if when[root]:
            continue
        start = clock
        node = root
        clock += 1
        when[node] = low[node] = clock
        order[clock - 1] = node
        size[node] = 1
        while node >= 0:
            if at[node] < graph.first[node + 1]:
                other = graph.neighbour[at[node]]
                at[node] += 1
                if when[other] == 0:
                    parent[other] = node
                    clock += 1
                    when[other] = low[other] = clock
                    order[clock - 1] = other
                    size[other] = other < n_addresses
                    node = other
                elif other != parent[node]:
                    low[node] = min(low[node], when[other])
                continue
            up = parent[node]
            if up >= 0:
                low[up] = min(low[up], low[node])
                size[up] += size[node]
                t = up - n_addresses
                if t >= 0 and low[node] >= when[up]:
                    n_parts[t] += 1
                    cut[t] += size[node]
                    if size[node] > largest[t]:
                        second[t] = largest[t]
                        largest[t] = size[node]
                    else:
                        second[t] = max(second[t], size[node])
            node = up
        for k in range(start, clock):
            t = order[k] - n_addresses
            if t >= 0 and n_parts[t] > 1:
                rest = size[root] - cut[t]
                second[t] = max(second[t], min(rest, largest[t]))
