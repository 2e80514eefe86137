"""True flows: each satoshi goes where the wallets meant it to."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dalil.clustering.coinjoin import coinjoin_types
from dalil.exercise.flows import TrueFlow, true_flows
from dalil.exercise.following import FEE, Hop, Part
from dalil.exercise.truth import Receipt, Truth
from dalil.tracing import Direction, Mark, TraceRequest, trace

if TYPE_CHECKING:
    from dalil.ledger import Ledger

KINDS = {"zinnia": "campaign", "birch": "exchange", "elm": "broker"}


def receipt(outpoint: str, value: int, held_by: str = "zinnia") -> Receipt:
    return Receipt(0, "zinnia", "P1", held_by, f"at {held_by}", outpoint, value)


def truth_of(
    receipts: list[Receipt], hops: list[Hop], coinjoins: dict[str, str] | None = None
) -> Truth:
    tagged = {"hot": "birch", "desk": "elm"}
    return Truth({}, KINDS, tagged, tuple(receipts), tuple(hops), coinjoins or {}, {})


def test_a_sweep_costs_what_reaches_the_tagged_address() -> None:
    pay = Hop("t1", (Part("a:0", 0, 90), Part("a:0", FEE, 10)), {0: ("birch", "new")})
    sweep = Hop(
        "t2", (Part("t1:0", 0, 85), Part("t1:0", FEE, 5)), {0: ("birch", "hot")}
    )
    truth = truth_of([receipt("a:0", 100)], [pay, sweep])
    assert true_flows(truth, ["a:0"]) == {"birch": TrueFlow(90, 85, 0)}


def test_money_that_was_no_seed_does_not_count() -> None:
    hop = Hop(
        "t1",
        (Part("own:0", 0, 30), Part("a:0", 0, 20), Part("a:0", 1, 80)),
        {0: ("elm", "desk"), 1: ("zinnia", "change")},
    )
    truth = truth_of([receipt("a:0", 100)], [hop])
    assert true_flows(truth, ["a:0"]) == {"elm": TrueFlow(20, 20, 0)}
    assert true_flows(truth, []) == {}


def test_what_passed_a_coinjoin_is_kept_apart() -> None:
    mix = Hop("t1", (Part("a:0", 0, 100),), {0: ("zinnia", "mixed")})
    pay = Hop("t2", (Part("t1:0", 0, 100),), {0: ("birch", "hot")})
    truth = truth_of([receipt("a:0", 100)], [mix, pay], {"t1": "whirlpool"})
    assert true_flows(truth, ["a:0"]) == {"birch": TrueFlow(0, 0, 100)}


def test_a_donation_to_a_deposit_address_has_arrived() -> None:
    truth = truth_of([receipt("a:0", 100, held_by="birch")], [])
    assert true_flows(truth, ["a:0"]) == {"birch": TrueFlow(100, 0, 0)}


def test_only_the_first_party_counts_it() -> None:
    first = Hop("t1", (Part("a:0", 0, 100),), {0: ("elm", "desk")})
    second = Hop("t2", (Part("t1:0", 0, 100),), {0: ("birch", "hot")})
    truth = truth_of([receipt("a:0", 100)], [first, second])
    assert true_flows(truth, ["a:0"]) == {"elm": TrueFlow(100, 100, 0)}


def test_flows_of_parts_add_up_to_the_flow_of_the_whole(truth: Truth) -> None:
    """Adding seeds adds their flows: nothing is counted twice or lost."""
    seeds = [r.outpoint for r in truth.receipts if r.to == "campaign_zinnia"]
    half = random.Random(3).sample(seeds, len(seeds) // 2)
    whole, one = true_flows(truth, seeds), true_flows(truth, half)
    other = true_flows(truth, set(seeds) - set(half))
    for actor, flow in whole.items():
        parts = [flows.get(actor, TrueFlow()) for flows in (one, other)]
        assert flow.arrived == sum(part.arrived for part in parts)
        assert flow.behind_coinjoin == sum(part.behind_coinjoin for part in parts)
    assert sum(f.arrived + f.behind_coinjoin for f in whole.values()) <= sum(
        r.value for r in truth.receipts if r.outpoint in set(seeds)
    )


def test_the_file_states_what_its_hops_imply(truth: Truth) -> None:
    seeds = [r.outpoint for r in truth.receipts if r.to == "impostor_quince"]
    stated = {
        flow["to"]: flow["arrived_sat"]
        for flow in truth.document["flows"]
        if flow["seeds"] == "the impostor's"
    }
    implied = {actor: flow.arrived for actor, flow in true_flows(truth, seeds).items()}
    assert stated == implied
    assert stated["exchange_birch"] > 0


@pytest.mark.parametrize("pick", range(6))
def test_bounds_of_tracing_contain_the_truth(
    truth: Truth, ledger: Ledger, pick: int
) -> None:
    """For any seeds: lower ≤ what the wallets meant ≤ upper, for every target."""
    mine = [r.outpoint for r in truth.receipts if r.to == "campaign_zinnia"]
    seeds = random.Random(pick).sample(mine, (len(mine) * (pick + 1)) // 6)
    addresses = {a: ledger.find_address(a) for a in truth.tagged}
    marks = [
        Mark(address, truth.tagged[text], "exchange", "tag", 0, closing(text, truth))
        for text, address in addresses.items()
        if address is not None
    ]
    request = TraceRequest(
        Direction.FORWARD, seeds, marks=marks, coinjoin=coinjoin_types(ledger)
    )
    true = true_flows(truth, seeds)
    found = {target.name: target.amounts for target in trace(ledger, request).targets}
    assert found
    for name, amounts in found.items():
        if name == "exchange_date (outside its tag's dates)":
            then = true.get("liquidator", TrueFlow())
            assert amounts.lower_sat <= then.arrived <= amounts.upper_sat
            continue
        flow = true.get(name, TrueFlow())
        assert amounts.lower_sat <= flow.reached_tagged <= amounts.upper_sat, name
    reached = {name for name, flow in true.items() if flow.reached_tagged}
    assert reached <= set(found)


def closing(address: str, truth: Truth) -> int | None:
    """The moment a stale tag ceases to be true."""
    for trap in truth.document["traps"]:
        if trap["trap"] == "stale tag" and trap["address"] == address:
            day = np.datetime64(trap["true_until"]) + 1
            return int(day.astype("datetime64[s]").astype(np.int64))
    return None
