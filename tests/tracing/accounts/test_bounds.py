"""Bounds for accounts: against every allocation that conserves value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dalil.tracing.accounts import AccountRequest, trace_accounts
from dalil.tracing.request import Direction, Mark
from tests.tracing.accounts.worlds import (
    Case,
    World,
    every_case,
    every_case_backward,
    worlds,
)

if TYPE_CHECKING:
    from dalil.tracing.accounts import AccountTrace

FORWARD, BACKWARD = Direction.FORWARD, Direction.BACKWARD


def traced(
    world: World, seeds: set[int], ends: set[str], direction: Direction = FORWARD
) -> AccountTrace:
    """Trace moves to accounts; all ends bear one name."""
    ledger = world.ledger()
    found = {word: ledger.find_address(word) for word in ends}
    request = AccountRequest(
        direction,
        0,
        transfers=sorted(seeds),
        marks=[Mark(row, "ends") for row in found.values() if row is not None],
    )
    return trace_accounts(ledger, request)


def total(case: Case, kind: str) -> int:
    """What a case lays under one kind of key."""
    return sum(v for k, v in case.items() if isinstance(k, tuple) and k[0] == kind)


@st.composite
def questions(
    draw: st.DrawFn, *, n_moves: int = 7, largest: int = 4, told: bool | None = True
) -> tuple[World, set[int], set[str]]:
    world = draw(worlds(n_moves=n_moves, largest=largest, told=told))
    assume(world.moves)
    rows = st.sampled_from(range(len(world.moves)))
    seeds = draw(st.sets(rows, min_size=1, max_size=3))
    seeds = {i for i in seeds if world.moves[i].moves and world.moves[i].to != "NOBODY"}
    assume(seeds)
    return world, seeds, draw(st.sets(st.sampled_from("abcd"), max_size=2))


Question = tuple[World, set[int], set[str]]


@settings(deadline=None, max_examples=300)
@given(questions())
def test_agrees_with_trying_every_allocation(question: Question) -> None:
    world, seeds, ends = question
    cases = every_case(world, seeds, ends)
    result = traced(world, seeds, ends)
    met = [
        i
        for i, move in enumerate(world.moves)
        if move.moves and move.to in ends and i not in seeds
    ]
    sums = [sum(case[i] for i in met) for case in cases]
    target = result.target("ends")
    if target is None:
        assert max(sums) == 0
    else:
        bounds = (target.amounts.lower_sat, target.amounts.upper_sat)
        assert bounds == (min(sums), max(sums))
        assert target.direct <= target.amounts.lower_sat
    held = [total(case, "held") for case in cases]
    bounds = (result.unspent.lower_sat, result.unspent.upper_sat)
    assert bounds == (min(held), max(held))


@settings(deadline=None, max_examples=200)
@given(questions())
def test_local_bounds_hold_in_every_allocation(question: Question) -> None:
    world, seeds, ends = question
    result = traced(world, seeds, ends)
    cases = every_case(world, seeds, ends)
    flow, figures = result.graph.flow, result.figures
    for coin in range(flow.n_seeds, flow.value.size):
        transfer, after = int(flow.output[coin]), int(flow.input[coin])
        key = transfer if transfer >= 0 else ("rest", after)
        held = [case[key] for case in cases]
        assert figures.lower[coin] <= min(held)
        assert max(held) <= figures.upper[coin]


@settings(deadline=None, max_examples=200)
@given(questions())
def test_backward_agrees_with_trying_every_allocation(question: Question) -> None:
    world, seeds, ends = question
    cases = every_case_backward(world, seeds, ends)
    result = traced(world, seeds, ends, BACKWARD)
    met = [i for i, m in enumerate(world.moves) if m.moves and m.source in ends]
    # A seed that one of the ends paid is met whole.
    once = sum(world.moves[i].amount for i in met if i in seeds)
    sums = [once + sum(case[i] for i in met if i not in seeds) for case in cases]
    target = result.target("ends")
    if target is None:
        assert max(sums) == 0
    else:
        bounds = (target.amounts.lower_sat, target.amounts.upper_sat)
        assert bounds == (min(sums), max(sums))
    old = [total(case, "opening") for case in cases]
    border = next((t for t in result.stop_totals if t.reason == "border"), None)
    if border is None:
        assert max(old) == 0
    else:
        bounds = (border.amounts.lower_sat, border.amounts.upper_sat)
        assert bounds == (min(old), max(old))


@settings(deadline=None, max_examples=150)
@given(questions(told=False))
def test_without_opening_balances_bounds_hold_whatever_they_were(
    question: Question,
) -> None:
    world, seeds, ends = question
    result = traced(world, seeds, ends)
    cases = every_case(world, seeds, ends)
    flow, figures = result.graph.flow, result.figures
    for coin in range(flow.n_seeds, flow.value.size):
        transfer, after = int(flow.output[coin]), int(flow.input[coin])
        key = transfer if transfer >= 0 else ("rest", after)
        held = [case[key] for case in cases]
        assert figures.lower[coin] == 0
        assert max(held) <= figures.upper[coin]
        assert figures.fifo[coin] == figures.lifo[coin] == figures.haircut[coin] == -1
    target = result.target("ends")
    if target is not None:
        assert target.amounts.lower_sat == 0
        rich = World(
            True, {w: world.opening.get(w, 0) + 100 for w in "abcd"}, world.moves
        )
        most = traced(rich, seeds, ends).target("ends")
        assert most is not None
        assert most.amounts.upper_sat == target.amounts.upper_sat


@settings(deadline=None, max_examples=150)
@given(questions(n_moves=30, largest=10**15), st.sampled_from(Direction))
def test_every_convention_lies_within_the_bounds(
    question: Question, direction: Direction
) -> None:
    result = traced(*question, direction)
    told = [t.amounts for t in result.targets]
    for amounts in [*told, *(t.amounts for t in result.stop_totals)]:
        for amount in (amounts.haircut_sat, amounts.fifo_sat, amounts.lifo_sat):
            assert amount is not None
            assert amounts.lower_sat <= amount <= amounts.upper_sat
    flow, figures = result.graph.flow, result.figures
    ends = np.flatnonzero(flow.into < 0)
    for column in (figures.haircut, figures.fifo, figures.lifo):
        assert sum(column[ends].tolist()) == flow.seed_total
