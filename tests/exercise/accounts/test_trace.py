"""Traces of a world whose flows are known: intervals hold, headlines do not inflate."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dalil.clustering.accounts import deposit_links
from dalil.exercise.accounts.coins import CHAIN, DOLLAR
from dalil.exercise.accounts.score import AccountJudge
from dalil.exercise.rates import Rate
from dalil.ledger.accounts import AccountLedger, build_accounts
from dalil.progress import silent
from dalil.tracing.accounts import AccountRequest, AccountTrace, trace_accounts
from dalil.tracing.request import Direction, Mark

if TYPE_CHECKING:
    from dalil.exercise.accounts import AccountWorld

COIN = 10**DOLLAR.decimals
DENOMINATORS = ("seeds_total_amount", "name_total_amount")


@pytest.fixture(scope="module")
def judge(
    world: AccountWorld, tmp_path_factory: pytest.TempPathFactory
) -> AccountJudge:
    path = tmp_path_factory.mktemp("ledger") / "L"
    build_accounts(path, world.source_on(CHAIN), silent)
    return AccountJudge(world.truth, AccountLedger.open(path))


def marks(judge: AccountJudge) -> list[Mark]:
    """Services, what forwards to them, and the listed wallet; an address, a name."""
    services = judge.services()
    deposits = deposit_links(judge.ledger, services).borders()
    listed = judge.of_kind("listed")
    text = judge.ledger.address_text
    return [
        *(Mark(a, text(a), judge.kind[actor], "tag") for a, actor in services.items()),
        *(Mark(a, text(a), "exchange", "deposit") for a in deposits),
        *(Mark(a, text(a), "target", "tag") for a in listed),
    ]


def traced(judge: AccountJudge, addresses: list[int]) -> AccountTrace:
    token = judge.ledger.find_token(judge.truth["token"])
    assert token is not None
    request = AccountRequest(
        Direction.FORWARD, token, addresses=addresses, marks=marks(judge)
    )
    return trace_accounts(judge.ledger, request, silent)


def test_every_interval_contains_what_truly_arrived(judge: AccountJudge) -> None:
    pool = [judge.id_of(p["address"]) for p in judge.truth["postings"]]
    trace = traced(judge, pool)
    found = {}
    for target in trace.targets:
        address = judge.ledger.find_address(target.name)
        assert address is not None
        assert target.amounts.upper_sat is not None
        found[address] = (target.amounts.lower_sat, target.amounts.upper_sat)
    flows = judge.truth["flows"]
    assert judge.intervals(found) == Rate(len(flows), len(flows))
    # and they are not idle: most of what arrived is proven to have
    low = sum(lower for lower, _ in found.values())
    given = sum(int(d["amount"]) for d in judge.truth["donations"])
    assert low > given // 4


def test_82_million_in_is_never_the_listed_partys(judge: AccountJudge) -> None:
    said = judge.truth["service_wallet"]
    trace = traced(judge, [judge.id_of(said["address"])])
    [target] = [t for t in trace.targets if t.name == said["listed"]]
    assert target.direct == 450_000 * COIN
    assert target.amounts.upper_sat == 450_000 * COIN
    assert target.headline().startswith("direct 450000.000000 of ")
    assert target.seeds_total - 82_000_000 * COIN in range(COIN)
    for key, value in target.to_json().items():
        if key.endswith("_amount") and key not in DENOMINATORS and value is not None:
            assert int(value) <= 450_000 * COIN


def test_no_look_alike_is_ever_reached(judge: AccountJudge) -> None:
    pool = [judge.id_of(p["address"]) for p in judge.truth["postings"]]
    told = json.dumps(traced(judge, pool).to_json())
    traps = [trap["address"] for trap in judge.truth["poisoning"]["traps"]]
    assert traps
    assert not [trap for trap in traps if trap in told]
