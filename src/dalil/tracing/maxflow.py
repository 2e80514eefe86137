"""Maximum flow in a directed acyclic network, exact in 64-bit integers.

A preflow is pushed through the network once, in order, never sending a node
more than it can pass on; then push-relabel (first in, first out, with exact
labels every so often) mends what that sweep could not see. Flow that cannot
reach the sink is left where it got stuck: whoever calls drains it elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import kernel, shared

if TYPE_CHECKING:
    from dalil.tracing.columns import I64

__all__ = ["Network", "maximum_preflow"]

_SATURATED = 1 << 61


class Network(NamedTuple):
    """Nodes 0 … n-1 in topological order; node n is the sink.

    Arcs are sorted by tail: those of node u are ``first[u] : first[u + 1]``.
    `arriving` lists arcs by head in the same way, under `first_arriving`.
    """

    first: I64
    head: I64
    capacity: I64
    first_arriving: I64
    arriving: I64
    tail: I64


@shared
def _first_sweep(net: Network, supply: I64) -> tuple[I64, I64]:
    """Push a first preflow, bounded by what each node could pass on alone."""
    n = supply.size
    can_pass = np.zeros(n + 1, dtype=supply.dtype)
    most = max(_SATURATED, supply.sum())
    can_pass[n] = most
    for u in range(n - 1, -1, -1):
        for a in range(net.first[u], net.first[u + 1]):
            more = min(net.capacity[a], can_pass[net.head[a]])
            can_pass[u] = min(most, can_pass[u] + more)
    flow = np.zeros(net.head.size, dtype=supply.dtype)
    excess = np.zeros(n + 1, dtype=supply.dtype)
    excess[:n] = supply
    got = np.zeros(n + 1, dtype=supply.dtype)
    got[:n] = supply
    for u in range(n):
        for a in range(net.first[u], net.first[u + 1]):
            if excess[u] == 0:
                break
            v = net.head[a]
            room = most if v == n else max(0, can_pass[v] - got[v])
            flow[a] = min(excess[u], net.capacity[a], room)
            excess[u] -= flow[a]
            excess[v] += flow[a]
            got[v] += flow[a]
    return flow, excess


@shared
def _exact_labels(net: Network, flow: I64, label: I64) -> None:
    """Set each node's label to its distance to the sink, or past all of them."""
    n = label.size - 1
    label[:] = n + 1
    label[n] = 0
    queue = np.empty(n + 1, dtype=np.int64)
    queue[0], done, todo = n, 0, 1
    while done < todo:
        x = queue[done]
        done += 1
        for k in range(net.first_arriving[x], net.first_arriving[x + 1]):
            a = net.arriving[k]
            u = net.tail[a]
            if label[u] > n and flow[a] < net.capacity[a]:
                label[u], queue[todo] = label[x] + 1, u
                todo += 1
        if x == n:
            continue
        for a in range(net.first[x], net.first[x + 1]):
            w = net.head[a]
            if label[w] > n and flow[a] > 0:
                label[w], queue[todo] = label[x] + 1, w
                todo += 1


@shared
def _discharge(net: Network, u: int, flow: I64, excess: I64, label: I64) -> int:
    """Push node u's excess to neighbours one label nearer, else raise its label.

    Returns the arcs looked at.
    """
    n, work = label.size - 1, 0
    while excess[u] > 0 and label[u] <= n:
        lowest = np.int64(2 * n + 1)
        for a in range(net.first[u], net.first[u + 1]):
            room = net.capacity[a] - flow[a]
            if room > 0:
                v = net.head[a]
                if label[u] == label[v] + 1:
                    push = min(room, excess[u])
                    flow[a] += push
                    excess[u] -= push
                    excess[v] += push
                    if excess[u] == 0:
                        return work
                else:
                    lowest = min(lowest, label[v])
        for k in range(net.first_arriving[u], net.first_arriving[u + 1]):
            a = net.arriving[k]
            if flow[a] > 0:
                v = net.tail[a]
                if label[u] == label[v] + 1:
                    push = min(flow[a], excess[u])
                    flow[a] -= push
                    excess[u] -= push
                    excess[v] += push
                    if excess[u] == 0:
                        return work
                else:
                    lowest = min(lowest, label[v])
        arcs = net.first[u + 1] - net.first[u]
        work += 1 + arcs + net.first_arriving[u + 1] - net.first_arriving[u]
        label[u] = lowest + 1
    return work


@kernel
def maximum_preflow(net: Network, supply: I64) -> tuple[I64, I64, I64]:
    """Send as much of `supply` to the sink as the network can carry.

    Parameters
    ----------
    net : Network
        Capacities from 0 to 2**61; so is the sum of `supply`.
    supply : (n,) int64
        What enters at each node.

    Returns
    -------
    flow : (n_arcs,) int64
        A preflow whose part into the sink is the maximum.
    excess : (n + 1,) int64
        What got stuck at each node; the last is what reached the sink.
    label : (n + 1,) int64
        Not above n for just the nodes from which the sink can still be
        reached: the near side of a minimum cut.

    Notes
    -----
    Cubic in the nodes at worst, near linear on real ledgers, whose first sweep
    is nearly right.
    """
    n = supply.size
    flow, excess = _first_sweep(net, supply)
    label = np.empty(n + 1, dtype=np.int64)
    _exact_labels(net, flow, label)
    queue = np.empty(n + 1, dtype=np.int64)
    queued = np.zeros(n + 1, dtype=np.bool_)
    patience = 4 * n + net.head.size + 16
    while True:
        done, todo, work = 0, 0, 0
        for u in range(n):
            if excess[u] > 0 and label[u] <= n:
                queue[todo % (n + 1)], queued[u] = u, True
                todo += 1
        if todo == 0:
            return flow, excess, label
        while done < todo and work < patience:
            u = queue[done % (n + 1)]
            done += 1
            queued[u] = False
            before_first, before_last = net.first[u], net.first[u + 1]
            work += 1 + _discharge(net, u, flow, excess, label)
            for a in range(before_first, before_last):
                v = net.head[a]
                if v < n and excess[v] > 0 and not queued[v] and label[v] <= n:
                    queue[todo % (n + 1)], queued[v] = v, True
                    todo += 1
            for k in range(net.first_arriving[u], net.first_arriving[u + 1]):
                v = net.tail[net.arriving[k]]
                if excess[v] > 0 and not queued[v] and label[v] <= n:
                    queue[todo % (n + 1)], queued[v] = v, True
                    todo += 1
        queued[:] = False
        _exact_labels(net, flow, label)
