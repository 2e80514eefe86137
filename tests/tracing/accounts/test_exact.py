"""Amounts beyond 61 bits: Python's own integers, in the same figures."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.errors import LimitError
from dalil.ledger.accounts.literal import HandAccounts
from dalil.tracing.accounts import AccountRequest, exact, trace_accounts
from dalil.tracing.accounts.exact import widened
from dalil.tracing.amounts import figures
from dalil.tracing.graph import LARGEST_SUM
from dalil.tracing.network import region_of, send
from dalil.tracing.request import Direction
from tests.tracing.accounts.test_bounds import Question, questions, traced
from tests.tracing.accounts.test_conventions import in_fractions, judged
from tests.tracing.accounts.worlds import Move, World

FACTOR = 10**50


def richer(world: World) -> World:
    return World(
        world.told,
        {word: amount * FACTOR for word, amount in world.opening.items()},
        [Move(m.source, m.to, m.amount * FACTOR) for m in world.moves],
    )


@settings(deadline=None, max_examples=150)
@given(questions(n_moves=20, largest=50, told=None), st.sampled_from(Direction))
def test_larger_money_moves_as_small_money_does(
    question: Question, direction: Direction
) -> None:
    world, seeds, ends = question
    small = traced(world, seeds, ends, direction)
    large = traced(richer(world), seeds, ends, direction)
    assert large.graph.flow.value.dtype == object
    for name in ("fifo", "lifo", "lower", "upper"):
        for less, more in zip(
            getattr(small.figures, name), getattr(large.figures, name), strict=True
        ):
            assert more == (less if less < 0 else int(less) * FACTOR)
    for poor, rich in zip(small.targets, large.targets, strict=True):
        assert rich.amounts.lower_sat == poor.amounts.lower_sat * FACTOR
        assert rich.amounts.upper_sat == poor.amounts.upper_sat * FACTOR
        assert rich.direct == poor.direct * FACTOR


@settings(deadline=None, max_examples=100)
@given(questions(n_moves=20, largest=10**40))
def test_large_haircuts_are_exact_fractions(question: Question) -> None:
    judged(question, "haircut", in_fractions(*question))


@settings(deadline=None, max_examples=150)
@given(questions(n_moves=25, largest=10**9, told=None), st.sampled_from(Direction))
def test_python_integers_give_what_kernels_give(
    question: Question, direction: Direction
) -> None:
    flow = traced(*question, direction).graph.flow
    wide = replace(
        flow,
        slot_value=widened(flow.slot_value),
        value=widened(flow.value),
        capacity=widened(flow.capacity),
        total=widened(flow.total),
    )
    compiled, plain = figures(flow), figures(wide)
    for column in fields(compiled):
        rows = getattr(compiled, column.name).tolist()
        assert getattr(plain, column.name).tolist() == rows
    for code in set(flow.code.tolist()) - {0}:
        for to_ends in (False, True):
            ends = flow.code == code
            one = send(region_of(flow, ends), to_ends=to_ends)
            other = send(region_of(wide, ends), to_ends=to_ends)
            assert one.value == other.value
            assert one.flow.tolist() == other.flow.tolist()
            assert one.cut.tolist() == other.cut.tolist()


@pytest.mark.parametrize("amount", [LARGEST_SUM, 2**63, 2**64 - 1, 2**64, 2**256 - 1])
def test_an_amount_of_any_size_is_read_exactly(amount: int) -> None:
    ledger = HandAccounts()
    ledger.pay("NOBODY", "a", amount)
    ledger.pay("a", "b", amount - 1)
    a = ledger.find_address("a")
    assert a is not None
    result = trace_accounts(ledger, AccountRequest(Direction.FORWARD, 0, [a]))
    assert result.unspent.lower_sat == result.unspent.upper_sat == amount
    told = result.to_json()["unspent"]["outputs"]
    assert sorted(row["value_amount"] for row in told) == sorted([str(amount - 1), "1"])


def test_too_many_large_amounts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "MOST_WIDE", 3)
    ledger = HandAccounts()
    for _ in range(4):
        ledger.pay("NOBODY", "a", 2**70)
    ledger.pay("a", "b", 2**70)
    a = ledger.find_address("a")
    assert a is not None
    with pytest.raises(LimitError, match="fewer"):
        trace_accounts(ledger, AccountRequest(Direction.FORWARD, 0, [a]))


def test_sums_that_pass_the_limit_on_the_way_are_exact() -> None:
    opening = exact.column([0, 0])
    pays = (np.array([0, 0, 1]), np.array([9]), exact.column([LARGEST_SUM]))
    came = exact.column([LARGEST_SUM] * 3)
    ins = (np.array([0, 3, 3]), np.array([1, 2, 3]), came)
    rest, in_stop, short = exact.rests(opening, pays, ins)
    assert rest.tolist() == [-1]
    assert in_stop.tolist() == [3]
    assert short.tolist() == [False, True]
