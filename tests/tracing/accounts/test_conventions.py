"""FIFO, LIFO and haircut on accounts: against single units and plain fractions."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.tracing.request import Direction
from tests.tracing.accounts.test_bounds import Question, questions, traced

if TYPE_CHECKING:
    from tests.tracing.accounts.worlds import World

NOBODY = "NOBODY"


def unit_by_unit(
    world: World, seeds: set[int], ends: set[str], *, last_in_first_out: bool
) -> dict[object, int]:
    """A queue, or a stack, of single units for every account; True is seed money."""
    held: dict[str, list[bool]] = {w: [False] * v for w, v in world.opening.items()}
    told: dict[object, int] = {}
    for i, move in enumerate(world.moves):
        if not move.moves:
            continue
        units = [False] * move.amount
        if move.source != NOBODY:
            mine = held[move.source]
            units, held[move.source] = mine[: move.amount], mine[move.amount :]
            told["rest", i] = sum(held[move.source])
        told[i] = sum(units)
        if i in seeds:
            units = [True] * move.amount
        elif move.to in ends | {NOBODY}:
            units = [False] * move.amount
        there = held.get(move.to, [])
        held[move.to] = units + there if last_in_first_out else there + units
    return told


def in_fractions(world: World, seeds: set[int], ends: set[str]) -> dict[object, int]:
    """Haircut with exact fractions: the payment is rounded to the larger rest."""
    balances = world.balances()
    held: dict[str, int] = {}
    told: dict[object, int] = {}
    for i, move in enumerate(world.moves):
        if not move.moves:
            continue
        part = 0
        if move.source != NOBODY:
            total, tainted = balances[i][move.source], held.get(move.source, 0)
            paid = Fraction(move.amount * tainted, total)
            rest = Fraction((total - move.amount) * tainted, total)
            part = int(paid)
            if int(paid) + int(rest) < tainted and paid % 1 >= rest % 1:
                part += 1
            held[move.source] = told["rest", i] = tainted - part
        told[i] = part
        comes = move.amount if i in seeds else part
        if i in seeds or move.to not in ends | {NOBODY}:
            held[move.to] = held.get(move.to, 0) + comes
    return told


def judged(question: Question, convention: str, oracle: dict[object, int]) -> None:
    result = traced(*question)
    flow, figures = result.graph.flow, result.figures
    column = getattr(figures, convention)
    for coin in range(flow.n_seeds, flow.value.size):
        transfer, after = int(flow.output[coin]), int(flow.input[coin])
        key = transfer if transfer >= 0 else ("rest", after)
        assert column[coin] == oracle[key], (convention, key)


@settings(deadline=None, max_examples=250)
@given(questions(n_moves=25, largest=12), st.booleans())
def test_agrees_with_following_every_unit(question: Question, last: bool) -> None:
    oracle = unit_by_unit(*question, last_in_first_out=last)
    judged(question, "lifo" if last else "fifo", oracle)


@settings(deadline=None, max_examples=250)
@given(questions(n_moves=25, largest=10**16))
def test_agrees_with_exact_fractions(question: Question) -> None:
    judged(question, "haircut", in_fractions(*question))


@pytest.mark.parametrize("convention", ["fifo", "lifo"])
@settings(deadline=None, max_examples=150)
@given(question=questions(n_moves=25, largest=12), data=st.data())
def test_backward_inverts_what_forward_matched(
    question: Question, data: st.DataObject, convention: str
) -> None:
    """What one transfer gave another forward, that one took from it backward."""
    world, seeds, _ = question
    seed = min(seeds)
    later = [
        i
        for i, m in enumerate(world.moves)
        if i > seed and m.moves and m.to != NOBODY and m.source != NOBODY
    ]
    if not later:
        return
    end = data.draw(st.sampled_from(later))
    ahead = traced(world, {seed}, set())
    back = traced(world, {end}, set(), Direction.BACKWARD)
    given_, taken = 0, 0
    for result, wanted in ((ahead, end), (back, seed)):
        flow = result.graph.flow
        column = getattr(result.figures, convention)
        rows = range(flow.n_seeds, flow.value.size)
        found = sum(int(column[c]) for c in rows if flow.output[c] == wanted)
        if result is ahead:
            given_ = found
        else:
            taken = found
    assert given_ == taken
