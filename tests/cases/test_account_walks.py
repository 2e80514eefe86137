"""A walk laid out for a bundle holds all that its verifier counts again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dalil.cases.accounts.claims import token_flow_finding
from dalil.cases.accounts.walks import walk_of
from dalil.evidence import verify
from dalil.evidence.statements import TargetAddress
from dalil.tracing import Direction, Limits, Mark
from dalil.tracing.accounts import AccountRequest, trace_accounts
from tests.tracing.accounts.worlds import World, worlds

if TYPE_CHECKING:
    from dalil.evidence.findings import Finding
    from dalil.tracing.accounts import AccountTrace

SEEDS = ("a", "b")
LARGE = 2**90  # more than an int64 holds, so that the wide figures are met too
WIDE = worlds(n_moves=25, largest=LARGE, n_accounts=7, told=None)
SMALL = worlds(n_moves=40, largest=9, n_accounts=7, told=None)


def traced(world: World, hops: int | None = None) -> AccountTrace | None:
    """Trace a world from two accounts to a named one and a service."""
    ledger = world.ledger()
    token = ledger.find_token("USDT")
    seeds = [s for w in SEEDS if (s := ledger.find_address(w)) is not None]
    if token is None or not seeds:
        return None
    named = (("f", "Exercise Exchange", "exchange"), ("g", "Exercise listed", "target"))
    marks = [
        Mark(address, name, reason)
        for word, name, reason in named
        if (address := ledger.find_address(word)) is not None
    ]
    limits = Limits() if hops is None else Limits(max_hops=hops)
    request = AccountRequest(
        Direction.FORWARD, token, seeds, marks=marks, limits=limits
    )
    found = trace_accounts(ledger, request)
    return found if found.graph.flow.n_seeds else None


def told(found: AccountTrace) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The walk and its flows as they stand in a bundle."""
    walk = walk_of(found, found.request.addresses)
    ledger = found.ledger
    flows: list[Finding] = []
    for target in found.targets:
        holders = {
            int(found.graph.holder[coin]): TargetAddress(
                address=ledger.address_text(int(found.graph.holder[coin])), by="request"
            )
            for coin in target.coins
        }
        flows.append(token_flow_finding(found, target, walk.id, holders))
    plain = [walk.to_json(), [flow.to_json() for flow in flows]]
    record, stated = json.loads(json.dumps(plain))
    return record, stated


def recount(record: dict[str, Any], flow: dict[str, Any]) -> dict[str, str]:
    """The figures of a flow as the verifier finds them."""
    verify.Report()
    walk = verify.AccountWalk(record)
    premises = flow["premises"]
    coins = [walk.ends[name] for name in premises["arrivals"]]
    figures = {"direct_amount": str(sum(c.cap for c in walk.direct(coins)))}
    for bound in ("upper", "lower"):
        pairs = [(name, int(amount)) for name, amount in premises[f"{bound}_flow"]]
        best = verify.check_extreme(walk, coins, pairs, bound == "upper", bound)
        figures[f"{bound}_amount"] = str(best)
    return {**figures, "seed_amount": str(walk.seed_sat)}


@given(st.one_of(SMALL, WIDE), st.sampled_from([None, 1, 3]))
@settings(max_examples=300, deadline=None)
def test_the_verifier_finds_every_figure_again(world: World, hops: int | None) -> None:
    found = traced(world, hops)
    assume(found is not None)
    assert found is not None
    record, flows = told(found)
    verify.Report()
    verify.AccountWalk(record)
    assert {f["statement"]["target"] for f in flows} == {t.name for t in found.targets}
    for flow in flows:
        again = recount(record, flow)
        assert again == {key: flow["statement"][key] for key in again}


@given(SMALL, st.data())
@settings(max_examples=150, deadline=None)
def test_a_changed_amount_is_not_accepted(world: World, data: st.DataObject) -> None:
    """Any transfer, any end, any opening: some premise no longer holds."""
    found = traced(world)
    assume(found is not None)
    assert found is not None
    record, flows = told(found)
    seen = {name for flow in flows for name in flow["premises"]["arrivals"]}
    bearing = [end for end in record["ends"] if end["coin"] in seen]
    assume(bearing)
    end = data.draw(st.sampled_from(bearing))
    key = data.draw(st.sampled_from(["lower_amount", "upper_amount"]))
    end[key] = str(int(end[key]) + 1)
    rest = {k: v for k, v in record.items() if k != "id"}
    record["id"] = verify.content_hash(rest)
    verify.Report()
    with pytest.raises(verify.False_):
        verify.AccountWalk(record)


def test_worlds_that_say_nothing_are_passed_over() -> None:
    assert traced(World()) is None
