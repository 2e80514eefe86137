"""Haircut, FIFO, LIFO, poison: against the slow and obvious way, to the satoshi."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.tracing.follow import trace
from dalil.tracing.haircut import share
from dalil.tracing.request import Direction, Mark, TraceRequest
from tests.tracing.worlds import World, worlds

if TYPE_CHECKING:
    from dalil.tracing.result import Trace

ALL_OF_BITCOIN = 2_100_000_000_000_000


def traced(
    world: World,
    seeds: set[int],
    direction: Direction = Direction.FORWARD,
    ends: tuple[int, ...] = (),
) -> Trace:
    outpoints = [world.ledger.outpoint(seed) for seed in sorted(seeds)]
    marks = [Mark(world.address(end), "ends") for end in ends]
    return trace(
        world.ledger, TraceRequest(direction, outpoints=outpoints, marks=marks)
    )


def by_output(
    result: Trace, amounts: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> dict[int, int]:
    """Seed money of every output that is no seed."""
    graph = result.graph
    rows = range(graph.n_seeds, graph.value.size)
    return {int(graph.output[c]): int(amounts[c]) for c in rows if graph.output[c] >= 0}


@dataclass(frozen=True)
class Case:
    why: str
    inputs: list[tuple[int, bool]]
    outputs: list[int]
    haircut: list[int]
    fifo: list[int]
    lifo: list[int]


CASES = [
    Case(
        "a lone tainted input taints all", [(10, True)], [4, 6], [4, 6], [4, 6], [4, 6]
    ),
    Case(
        "the first input fills the first outputs",
        [(5, True), (5, False)],
        [4, 6],
        [2, 3],
        [4, 1],
        [0, 5],
    ),
    Case(
        "reversed, the last input does",
        [(5, False), (5, True)],
        [4, 6],
        [2, 3],
        [0, 5],
        [4, 1],
    ),
    Case(
        "the fee is filled last",
        [(6, False), (4, True)],
        [5, 3],
        [2, 1],
        [0, 2],
        [4, 0],
    ),
    Case(
        "what floors leave goes to the largest remainder",
        [(1, True), (9, False)],
        [7, 3],
        [1, 0],
        [1, 0],
        [0, 1],
    ),
    Case(
        "equal remainders go to the lower index",
        [(1, True), (1, False)],
        [1, 1],
        [1, 0],
        [1, 0],
        [0, 1],
    ),
    Case(
        "a satoshi is not dropped as dust",
        [(1, True), (999, False)],
        [999],
        [1],
        [1],
        [0],
    ),
    Case(
        "an output worth nothing carries nothing",
        [(2, True), (2, False)],
        [0, 4],
        [0, 2],
        [0, 2],
        [0, 2],
    ),
    Case(
        "inputs between others keep their place",
        [(2, False), (3, True), (5, False)],
        [3, 7],
        [1, 2],
        [1, 2],
        [0, 3],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.why)
def test_fills_exactly(case: Case) -> None:
    world = World()
    coins = [world.add([], [value])[0] for value, _ in case.inputs]
    made = world.add(list(coins), case.outputs)
    seeds = {
        coin for coin, (_, tainted) in zip(coins, case.inputs, strict=True) if tainted
    }
    result = traced(world, seeds)
    for name in ("haircut", "fifo", "lifo"):
        found = by_output(result, getattr(result.figures, name))
        assert [found[o] for o in made] == getattr(case, name), name


def satoshi_by_satoshi(
    world: World, seeds: set[int], *, last_in_first_out: bool
) -> dict[int, int]:
    """FIFO and LIFO with one flag for each single satoshi."""
    held: dict[int, list[bool]] = {}
    for inputs, made in world.txs:
        pool: list[bool] = []
        for source in inputs[::-1] if last_in_first_out else inputs:
            if isinstance(source, tuple):
                pool += [False] * (source[1] or 0)
            elif source in seeds:
                pool += [True] * world.values[source]
            else:
                pool += held[source]
        for output in made:
            value = world.values[output]
            held[output], pool = (
                pool[:value] if inputs else [False] * value,
                pool[value:],
            )
    return {output: sum(flags) for output, flags in held.items()}


def in_fractions(world: World, seeds: set[int]) -> dict[int, int]:
    """Haircut with exact fractions and a plain sort."""
    held: dict[int, int] = {}
    for inputs, made in world.txs:
        amounts = [world.value_of(source) or 0 for source in inputs]
        tainted = sum(
            world.values[s] if s in seeds else held[s]
            for s in inputs
            if not isinstance(s, tuple)
        )
        values = [world.values[o] for o in made]
        rooms = [*values, sum(amounts) - sum(values)]
        total = max(sum(amounts), 1)
        exact = [Fraction(room * tainted, total) for room in rooms]
        shares = [int(part) for part in exact]
        order = sorted(range(len(rooms)), key=lambda i: (shares[i] - exact[i], i))
        for i in order[: tainted - sum(shares)]:
            shares[i] += 1
        held.update(zip(made, shares, strict=False))
    return held


@st.composite
def seeded(draw: st.DrawFn, largest: int = 12) -> tuple[World, set[int]]:
    world = draw(worlds(n_txs=12, largest=largest))
    outputs = st.sampled_from(range(len(world.values)))
    return world, draw(st.sets(outputs, min_size=1, max_size=4))


@settings(deadline=None, max_examples=150)
@given(seeded())
def test_agrees_with_following_every_satoshi(question: tuple[World, set[int]]) -> None:
    world, seeds = question
    result = traced(world, seeds)
    for name in ("fifo", "lifo"):
        oracle = satoshi_by_satoshi(world, seeds, last_in_first_out=name == "lifo")
        found = by_output(result, getattr(result.figures, name))
        assert found == {output: oracle[output] for output in found}


@settings(deadline=None, max_examples=150)
@given(seeded(ALL_OF_BITCOIN))
def test_agrees_with_exact_fractions_up_to_all_of_bitcoin(
    question: tuple[World, set[int]],
) -> None:
    world, seeds = question
    result = traced(world, seeds)
    oracle, found = (
        in_fractions(world, seeds),
        by_output(result, result.figures.haircut),
    )
    assert found == {output: oracle[output] for output in found}


@settings(deadline=None, max_examples=100)
@given(seeded(ALL_OF_BITCOIN), st.sampled_from(Direction))
def test_conserves_every_satoshi(
    question: tuple[World, set[int]], direction: Direction
) -> None:
    result = traced(*question, direction)
    graph, figures = result.graph, result.figures
    ends = np.flatnonzero(graph.into < 0)
    for column in (figures.haircut, figures.fifo, figures.lifo):
        assert sum(column[ends].tolist()) == graph.seed_total
        assert (column >= 0).all()
        assert (column <= graph.value).all()
        for u in range(graph.tx.size):
            slots = graph.slot_coin[graph.slot_start[u] : graph.slot_start[u + 1]]
            enters = sum(column[slots[slots >= 0]].tolist())
            leaves = sum(column[graph.coin_start[u] : graph.coin_start[u + 1]].tolist())
            assert enters == leaves


@settings(deadline=None, max_examples=60)
@given(seeded(), st.sampled_from(Direction))
def test_order_conventions_scale_with_the_money(
    question: tuple[World, set[int]], direction: Direction
) -> None:
    world, seeds = question
    factor, rich = 10**13, World()
    for inputs, made in world.txs:
        bigger = [
            (s[0], (s[1] or 0) * factor) if isinstance(s, tuple) else s for s in inputs
        ]
        rich.add(list(bigger), [world.values[o] * factor for o in made])
    small, large = traced(world, seeds, direction), traced(rich, seeds, direction)
    for name in ("fifo", "lifo", "lower", "upper"):
        poor = getattr(small.figures, name)
        assert (poor * factor).tolist() == getattr(large.figures, name).tolist()


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.integers(0, ALL_OF_BITCOIN), min_size=1, max_size=8),
    st.integers(0, 10**30),
)
def test_shares_are_within_one_satoshi_of_exact(values: list[int], seed: int) -> None:
    total = sum(values)
    tainted = seed % (total + 1)
    if total == 0:
        return
    found = share(np.array(values, dtype=np.int64), tainted, total).tolist()
    assert sum(found) == tainted
    for value, amount in zip(values, found, strict=True):
        exact = Fraction(value * tainted, total)
        assert int(exact) <= amount <= min(value, int(exact) + 1)


def test_poison_counts_everything_touched() -> None:
    world = World()
    coins = [world.add([], [value])[0] for value in (1, 99)]
    world.add(list(coins), [60, 30])
    result = traced(world, {0}, ends=(2,))
    target = result.target("ends")
    assert target is not None
    assert target.amounts.poison_sat == 60
    assert target.amounts.upper_sat == 1
    assert result.fees.poison_sat == 10


class TestUnknownInputs:
    """An input of unknown value makes null, there and in all that depends on it."""

    def world(self) -> tuple[World, list[int]]:
        world = World()
        first, second = world.add([], [10, 10])
        mixed = world.add([first, (None, None)], [8, 5])
        clean = world.add([second], [9])
        after = world.add([mixed[0], clean[0]], [17])
        return world, [*mixed, *clean, *after]

    def test_null_there_and_after(self) -> None:
        world, (mixed, change, _, after) = self.world()
        figures = (result := traced(world, {0})).figures
        for column in (figures.haircut, figures.fifo, figures.lifo):
            found = by_output(result, column)
            assert found[mixed] == found[change] == found[after] == -1

    def test_bounds_still_hold(self) -> None:
        world, (_mixed, _, _, after) = self.world()
        target = traced(world, {0}, ends=(after,)).target("ends")
        assert target is not None
        assert target.amounts.to_json() == {
            "lower_sat": 0,
            "upper_sat": 8,
            "haircut_sat": None,
            "fifo_sat": None,
            "lifo_sat": None,
            "poison_sat": 17,
        }

    def test_backward_every_source_is_null(self) -> None:
        world, (mixed, *_) = self.world()
        result = traced(world, {mixed}, Direction.BACKWARD)
        assert [stop.amounts.fifo_sat for stop in result.stops] == [None, None]
        assert [stop.amounts.upper_sat for stop in result.stops] == [8, 8]
        assert [stop.amounts.lower_sat for stop in result.stops] == [0, 0]
        assert [stop.value_sat for stop in result.stops] == [10, None]
