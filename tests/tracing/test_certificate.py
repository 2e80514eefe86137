"""Certificates: checked by adding up, and no changed one passes."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dalil.errors import NotFoundError
from dalil.tracing.certificate import certificate
from dalil.tracing.follow import trace
from dalil.tracing.request import Direction, Mark, TraceRequest
from tests.tracing.recheck import PlainTx, recheck
from tests.tracing.worlds import World, worlds

if TYPE_CHECKING:
    from dalil.tracing.result import Trace


def plain(world: World) -> dict[str, PlainTx]:
    ledger = world.ledger
    txs = {}
    for i, (inputs, outputs) in enumerate(world.txs):
        first = int(ledger.tx_first_input[i])
        named = [ledger.prevout(first + k) or "" for k in range(len(inputs))]
        values = [world.value_of(source) for source in inputs]
        txs[ledger.txid(i)] = PlainTx(
            list(zip(named, values, strict=True)),
            [(ledger.outpoint(o), world.values[o]) for o in outputs],
        )
    return txs


@st.composite
def findings(draw: st.DrawFn, *, gaps: bool = False) -> tuple[World, Trace]:
    """A traced world in which a name was met."""
    world = draw(worlds(n_txs=15, largest=1000, unknown=True))
    if gaps:
        world.ledger.source = "esplora-json"
    outputs = st.sampled_from(range(len(world.values)))
    seeds = draw(st.sets(outputs, min_size=1, max_size=3))
    ends = draw(st.sets(outputs, min_size=1, max_size=4)) - seeds
    request = TraceRequest(
        draw(st.sampled_from(Direction)),
        outpoints=[world.ledger.outpoint(seed) for seed in seeds],
        marks=[Mark(world.address(end), "ends") for end in ends],
    )
    result = trace(world.ledger, request)
    assume(result.targets)
    return world, result


@settings(deadline=None, max_examples=150)
@given(findings())
def test_adds_up_for_whoever_holds_the_transactions(
    finding: tuple[World, Trace],
) -> None:
    world, result = finding
    proof = certificate(result, result.targets[0])
    assert recheck(plain(world), proof) == []
    amounts = result.targets[0].amounts
    assert proof["lower"]["value_sat"] == amounts.lower_sat
    assert proof["upper"]["value_sat"] == amounts.upper_sat


@settings(deadline=None, max_examples=60)
@given(findings(gaps=True))
def test_with_gaps_the_upper_one_is_widened_and_capped(
    finding: tuple[World, Trace],
) -> None:
    world, result = finding
    target = result.targets[0]
    proof = certificate(result, target)
    assert recheck(plain(world), proof) == []
    capped = min(proof["upper"]["value_sat"], proof["received_sat"])
    assert capped == target.amounts.upper_sat
    assert proof["lower"]["value_sat"] == target.amounts.lower_sat


def shifted(proof: dict[str, Any], which: str, by: int) -> dict[str, Any]:
    forged = copy.deepcopy(proof)
    forged[which]["value_sat"] += by
    return forged


@settings(deadline=None, max_examples=60)
@given(findings(), st.sampled_from(["lower", "upper"]), st.sampled_from([-1, 1]))
def test_no_other_figure_passes(
    finding: tuple[World, Trace], which: str, by: int
) -> None:
    world, result = finding
    proof = certificate(result, result.targets[0])
    assert recheck(plain(world), shifted(proof, which, by))


@settings(deadline=None, max_examples=60)
@given(findings(), st.data())
def test_no_changed_flow_passes(
    finding: tuple[World, Trace], data: st.DataObject
) -> None:
    world, result = finding
    proof = certificate(result, result.targets[0])
    which = data.draw(st.sampled_from(["lower", "upper"]))
    outpoint = data.draw(st.sampled_from(sorted(proof[which]["flow"])))
    proof[which]["flow"][outpoint] += data.draw(st.sampled_from([-1, 1]))
    assert recheck(plain(world), proof)


def test_a_target_of_another_trace_is_refused() -> None:
    world = World()
    (coin,) = world.add([], [5])
    world.add([coin], [5])
    marks = [Mark(world.address(1), "name")]
    outpoints = [world.ledger.outpoint(0)]
    result = trace(
        world.ledger, TraceRequest(Direction.FORWARD, outpoints=outpoints, marks=marks)
    )
    empty = trace(world.ledger, TraceRequest(Direction.FORWARD))
    with pytest.raises(NotFoundError, match="no such target"):
        certificate(empty, result.targets[0])
