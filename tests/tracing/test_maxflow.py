"""The flow solver by itself: right where greed is wrong, and fast where it is deep."""

from __future__ import annotations

import time

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.tracing.maxflow import Network, maximum_preflow

LARGEST = 2_100_000_000_000_000


def network(n: int, arcs: list[tuple[int, int, int]]) -> Network:
    arcs = sorted(arcs)
    tail = np.array([a for a, _, _ in arcs], dtype=np.int64)
    head = np.array([b for _, b, _ in arcs], dtype=np.int64)
    return Network(
        first=np.searchsorted(tail, np.arange(n + 1)),
        head=head,
        capacity=np.array([c for _, _, c in arcs], dtype=np.int64),
        first_arriving=np.searchsorted(np.sort(head), np.arange(n + 2)),
        arriving=np.argsort(head, kind="stable"),
        tail=tail,
    )


def sent(n: int, arcs: list[tuple[int, int, int]], supply: list[int]) -> int:
    """What reaches the sink, after checking flow and cut."""
    net = network(n, arcs)
    flow, excess, label = maximum_preflow(net, np.array(supply, dtype=np.int64))
    assert (flow >= 0).all()
    assert (flow <= net.capacity).all()
    near = label <= n
    crossing = ~near[net.tail] & near[net.head]
    through = int(net.capacity[crossing].sum())
    assert excess[n] == through + sum(
        s for s, x in zip(supply, near, strict=False) if x
    )
    return int(excess[n])


@st.composite
def problems(draw: st.DrawFn) -> tuple[int, list[tuple[int, int, int]], list[int]]:
    n = draw(st.integers(1, 12))
    room = st.integers(0, LARGEST) | st.integers(0, 5)
    pairs = st.tuples(st.integers(0, n - 1), st.integers(1, n), room)
    arcs = [(a, b, c) for a, b, c in draw(st.lists(pairs, max_size=40)) if a < b]
    return n, arcs, draw(st.lists(room, min_size=n, max_size=n))


@settings(deadline=None, max_examples=300)
@given(problems())
def test_agrees_with_networkx(
    problem: tuple[int, list[tuple[int, int, int]], list[int]],
) -> None:
    n, arcs, supply = problem
    graph = nx.DiGraph()
    graph.add_nodes_from(["source", *range(n + 1)])
    for node, amount in enumerate(supply):
        graph.add_edge("source", node, capacity=amount)
    for tail, head, room in arcs:
        before = graph.get_edge_data(tail, head, {"capacity": 0})["capacity"]
        graph.add_edge(tail, head, capacity=before + room)
    assert sent(n, arcs, supply) == nx.maximum_flow_value(graph, "source", n)


def test_takes_back_what_was_pushed_the_wrong_way() -> None:
    # 0 must leave the short way through 1 to 2, which has no other.
    arcs = [(0, 2, 1), (0, 3, 1), (1, 2, 1), (2, 4, 1), (3, 4, 1)]
    assert sent(4, arcs, [1, 1, 0, 0]) == 2


def test_a_deep_chain_with_leaks_takes_no_longer_than_its_length() -> None:
    n = 60_000
    arcs = [(u, u + 1, LARGEST - u) for u in range(n - 1)]
    arcs += [(u, n, 3) for u in range(0, n, 2)]
    supply = [LARGEST] + [0] * (n - 1)
    sent(2, [(0, 2, 1)], [1, 0])  # compiled before the clock runs
    begun = time.perf_counter()
    assert sent(n, arcs, supply) == 3 * n // 2
    assert time.perf_counter() - begun < 20
