"""Set bounds: exactly the least and the most over every case that conserves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.tracing.columns import reach_columns
from dalil.tracing.follow import trace
from dalil.tracing.local import local_bounds
from dalil.tracing.network import region_of, send
from dalil.tracing.request import Direction, Mark, TraceRequest
from tests.tracing.worlds import World, every_case, worlds

if TYPE_CHECKING:
    from dalil.tracing.graph import FlowGraph
    from dalil.tracing.result import Trace


def traced(
    world: World,
    seeds: set[int],
    ends: set[int],
    direction: Direction = Direction.FORWARD,
) -> Trace:
    """Trace outputs to outputs; all ends bear one name."""
    request = TraceRequest(
        direction,
        outpoints=[world.ledger.outpoint(seed) for seed in seeds],
        marks=[Mark(world.address(end), "ends") for end in ends],
    )
    return trace(world.ledger, request)


@st.composite
def questions(
    draw: st.DrawFn, *, n_txs: int = 5, largest: int = 4, unknown: bool = False
) -> tuple[World, set[int], set[int]]:
    world = draw(worlds(n_txs=n_txs, largest=largest, unknown=unknown))
    outputs = st.sampled_from(range(len(world.values)))
    seeds = draw(st.sets(outputs, min_size=1, max_size=3))
    ends = draw(st.sets(outputs, max_size=3))
    return world, seeds, ends - seeds


@settings(deadline=None, max_examples=250)
@given(questions(unknown=True))
def test_agrees_with_trying_every_case(
    question: tuple[World, set[int], set[int]],
) -> None:
    world, seeds, ends = question
    cases = every_case(world, seeds, ends)
    result = traced(world, seeds, ends)
    sums = [sum(case.get(end, 0) for end in ends) for case in cases]
    target = result.target("ends")
    if target is None:
        assert max(sums) == 0
    else:
        assert (target.amounts.lower_sat, target.amounts.upper_sat) == (
            min(sums),
            max(sums),
        )
    fees = [sum(v for key, v in c.items() if isinstance(key, tuple)) for c in cases]
    assert (result.fees.lower_sat, result.fees.upper_sat) == (min(fees), max(fees))


@settings(deadline=None, max_examples=100)
@given(questions(unknown=True))
def test_local_bounds_hold_in_every_case(
    question: tuple[World, set[int], set[int]],
) -> None:
    world, seeds, ends = question
    graph = traced(world, seeds, ends).graph
    lower, upper = local_bounds(graph)
    for coin in range(graph.n_seeds, graph.value.size):
        if (output := int(graph.output[coin])) >= 0:
            held = [case[output] for case in every_case(world, seeds, ends)]
            assert lower[coin] <= min(held)
            assert max(held) <= upper[coin]


def judged(
    graph: FlowGraph, ends: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> tuple[int, int]:
    """The same two extremes by networkx, over the whole graph."""
    node = graph.node_of_coin()
    sent = []
    for wanted in (~ends, ends):
        net = nx.DiGraph()
        net.add_nodes_from(["seeds", "sink"])
        for coin in range(graph.value.size):
            if graph.into[coin] < 0 and not wanted[coin]:
                continue
            tail = "seeds" if node[coin] < 0 else int(node[coin])
            head = "sink" if graph.into[coin] < 0 else int(graph.into[coin])
            room = int(graph.capacity[coin])
            if net.has_edge(tail, head):
                net[tail][head]["capacity"] += room
            else:
                net.add_edge(tail, head, capacity=room)
        sent.append(int(nx.maximum_flow_value(net, "seeds", "sink")))
    return graph.seed_total - sent[0], sent[1]


@settings(deadline=None, max_examples=60)
@given(questions(n_txs=40, largest=2_100_000_000_000_000), st.sampled_from(Direction))
def test_agrees_with_networkx_on_larger_worlds_of_larger_sums(
    question: tuple[World, set[int], set[int]], direction: Direction
) -> None:
    result = traced(*question, direction)
    graph = result.graph
    groups = {int(code): graph.code == code for code in set(graph.code.tolist()) - {0}}
    for ends in groups.values():
        region = region_of(graph, ends)
        found = (send(region, to_ends=False).value, send(region, to_ends=True).value)
        assert found == judged(graph, ends)


@settings(deadline=None, max_examples=60)
@given(questions(n_txs=30, largest=1000), st.sampled_from(Direction))
def test_lies_within_the_sum_of_local_bounds(
    question: tuple[World, set[int], set[int]], direction: Direction
) -> None:
    result = traced(*question, direction)
    figures = result.figures
    for target in result.targets:
        coins = list(target.coins)
        assert figures.lower[coins].sum() <= target.amounts.lower_sat
        assert target.amounts.upper_sat <= figures.upper[coins].sum()


@settings(deadline=None, max_examples=60)
@given(questions(n_txs=30, largest=1000), st.sampled_from(Direction))
def test_every_convention_lies_within_and_direct_below(
    question: tuple[World, set[int], set[int]], direction: Direction
) -> None:
    for target in traced(*question, direction).targets:
        a = target.amounts
        for amount in (a.haircut_sat, a.fifo_sat, a.lifo_sat):
            assert amount is None or a.lower_sat <= amount <= a.upper_sat
        assert target.direct_sat <= a.lower_sat


@settings(deadline=None, max_examples=60)
@given(worlds(n_txs=30, largest=1000), st.data())
def test_the_most_from_one_output_to_another_is_the_same_seen_backward(
    world: World, data: st.DataObject
) -> None:
    outputs = st.sampled_from(range(len(world.values)))
    source, end = data.draw(outputs), data.draw(outputs)
    if source == end:
        return
    ahead = traced(world, {source}, {end}).target("ends")
    back = traced(world, {end}, {source}, Direction.BACKWARD).target("ends")
    assert (ahead is None) == (back is None)
    if ahead and back:
        assert ahead.amounts.upper_sat == back.amounts.upper_sat
        assert ahead.amounts.fifo_sat == back.amounts.fifo_sat
        assert ahead.amounts.lifo_sat == back.amounts.lifo_sat


def test_outside_money_of_unknown_value_lets_fees_hold_anything() -> None:
    world = World()
    (coin,) = world.add([], [10])
    world.add([coin, (None, None)], [4])
    result = traced(world, {0}, {1})
    target = result.target("ends")
    assert target is not None
    assert (target.amounts.lower_sat, target.amounts.upper_sat) == (0, 4)
    assert (result.fees.lower_sat, result.fees.upper_sat) == (6, 10)


def test_columns_are_read_and_not_copied() -> None:
    column = np.arange(3)
    column.flags.writeable = False
    world = World()
    world.add([], [1])
    assert reach_columns(world.ledger).output_value.flags.writeable is False
