"""Certificates of bounds on accounts: they add up, and no other figure does."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dalil.errors import NotFoundError
from dalil.tracing.accounts import AccountTrace, account_certificate
from dalil.tracing.accounts.naming import transfer_name
from dalil.tracing.request import Direction
from tests.tracing.accounts.recheck import History, recheck
from tests.tracing.accounts.test_bounds import questions, traced
from tests.tracing.accounts.worlds import Move, World


def history_of(world: World) -> History:
    ledger = world.ledger()
    rows = [
        (transfer_name(ledger, i), move.source, move.to, move.amount)
        for i, move in enumerate(world.moves)
    ]
    return History(rows, dict(world.opening) if world.told else None)


@st.composite
def findings(draw: st.DrawFn) -> tuple[History, AccountTrace]:
    """A traced world in which a name was met."""
    world, seeds, _ = draw(questions(n_moves=12, largest=1000, told=None))
    direction = draw(st.sampled_from(Direction))
    # Name somebody whom money met, so that few worlds are in vain.
    held = traced(world, seeds, set(), direction)
    near = {stop.address for stop in [*held.stops, *held.unspent_outputs]}
    near = {word for word in near if word != "NOBODY"}
    assume(near)
    ends = draw(st.sets(st.sampled_from(sorted(near)), min_size=1, max_size=2))
    result = traced(world, seeds, ends, direction)
    assume(result.targets)
    return history_of(world), result


Finding = tuple[History, AccountTrace]


@settings(
    deadline=None,
    max_examples=80,
    suppress_health_check=[HealthCheck.filter_too_much],
)
@given(findings())
def test_adds_up_for_whoever_holds_the_transfers(finding: Finding) -> None:
    history, result = finding
    proof = account_certificate(result, result.targets[0])
    assert recheck(history, proof) == []
    amounts = result.targets[0].amounts
    assert proof["lower"]["value_amount"] == str(amounts.lower_sat)
    assert proof["upper"]["value_amount"] == str(amounts.upper_sat)


@settings(
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.filter_too_much],
)
@given(findings(), st.sampled_from(["lower", "upper"]), st.sampled_from([-1, 1]))
def test_no_other_figure_passes(finding: Finding, which: str, by: int) -> None:
    history, result = finding
    proof = account_certificate(result, result.targets[0])
    proof[which]["value_amount"] = str(int(proof[which]["value_amount"]) + by)
    assert recheck(history, proof)


@settings(
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.filter_too_much],
)
@given(findings(), st.data())
def test_no_changed_flow_passes(finding: Finding, data: st.DataObject) -> None:
    history, result = finding
    proof = account_certificate(result, result.targets[0])
    which = data.draw(st.sampled_from(["lower", "upper"]))
    flow = proof[which]["flow"]
    coin = data.draw(st.sampled_from(sorted(flow)))
    flow[coin] = str(int(flow[coin]) + data.draw(st.sampled_from([-1, 1])))
    assert recheck(history, proof)


def test_a_target_of_another_trace_is_refused() -> None:
    world = World()
    world.opening["a"] = 5
    world.moves += [Move("NOBODY", "a", 5), Move("a", "b", 10)]
    one, other = traced(world, {0}, {"b"}), traced(world, {0}, set())
    with pytest.raises(NotFoundError, match="no such target"):
        account_certificate(other, one.targets[0])
