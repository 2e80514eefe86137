"""The rules for accounts, measured on a world whose truth is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from dalil.chains.accounts import TokenKind
from dalil.clustering.accounts import (
    PoisoningRule,
    account_clusters,
    deposit_links,
    flag_tokens,
    freeze_windows,
    funding_links,
    operational_wallets,
    poisoning,
)
from dalil.exercise.accounts.coins import CHAIN, COINS, EVM_CHAIN
from dalil.exercise.accounts.poisoner import FAKES
from dalil.exercise.accounts.score import AccountJudge, Judged
from dalil.exercise.rates import Rate
from dalil.ledger.accounts import AccountLedger, build_accounts
from dalil.progress import silent

if TYPE_CHECKING:
    from dalil.exercise.accounts import AccountWorld
    from dalil.ledger.accounts.view import I64


@pytest.fixture(scope="module", params=[CHAIN, EVM_CHAIN], ids=["TRON", "EVM"])
def judge(
    request: pytest.FixtureRequest,
    world: AccountWorld,
    tmp_path_factory: pytest.TempPathFactory,
) -> AccountJudge:
    """The same world as a ledger of either chain."""
    path = tmp_path_factory.mktemp("ledger") / "L"
    build_accounts(path, world.source_on(request.param), silent)
    return AccountJudge(world.truth, AccountLedger.open(path))


def real_tokens(judge: AccountJudge) -> list[int]:
    real = {(int(coin.kind), coin.key) for coin in COINS}
    ledger = judge.ledger
    kinds, keys = np.asarray(ledger.token_kind), np.asarray(ledger.token_key)
    return [
        token
        for token in range(kinds.size)
        if (int(kinds[token]), keys[token].tobytes()) in real
        and kinds[token] == TokenKind.CONTRACT
    ]


def look_alikes(judge: AccountJudge, world: AccountWorld) -> I64:
    told = world.source_on(judge.ledger.chain).report.decimals
    ids = {judge.ledger.find_token(name): symbol for name, (symbol, _) in told.items()}
    symbols = {token: symbol for token, symbol in ids.items() if token is not None}
    return flag_tokens(judge.ledger, symbols).look_alikes()


def noise(judge: AccountJudge, world: AccountWorld) -> I64:
    """By the default rule in hex; base58 look-alikes here fit in two letters."""
    rule = PoisoningRule(n_last=4 if judge.ledger.chain == EVM_CHAIN else 2)
    fakes = look_alikes(judge, world).tolist()
    return poisoning(judge.ledger, rule, fake_tokens=fakes).transfer


def test_deposits_are_found_and_nobody_else_is(
    judge: AccountJudge, world: AccountWorld
) -> None:
    found = deposit_links(
        judge.ledger,
        judge.services(),
        tokens=real_tokens(judge),
        noise=noise(judge, world),
    )
    judged = judge.deposits(found.borders())
    assert judged.precision.hits == judged.precision.n
    assert judged.recall.hits >= 0.9 * judged.recall.n > 20


def test_the_seventeen_are_found_as_one_pattern(
    judge: AccountJudge, world: AccountWorld
) -> None:
    found = operational_wallets(
        judge.ledger,
        judge.services(),
        tokens=real_tokens(judge),
        noise=noise(judge, world),
    )
    patterns = [(p.collector, p.addresses.address.tolist()) for p in found.patterns]
    judged = judge.operational(patterns)
    assert judged.recall == Rate(17, 17)
    mine = judge.id_of(judge.truth["patterns"][0]["collector"])
    assert sum(collector == mine for collector, _ in patterns) == 1


def test_the_rental_service_links_nobody(judge: AccountJudge) -> None:
    found = funding_links(judge.ledger, judge.services())
    pairs = found.links().pairs()
    assert judge.rented(pairs) == 0
    pool = judge.id_of(judge.truth["rental"]["pool"])
    assert found.barred[pool]
    assert found.n_children[pool] >= judge.truth["rental"]["n_children"]


def test_poisoning_is_told_from_payments(
    judge: AccountJudge, world: AccountWorld
) -> None:
    judged = judge.noise(noise(judge, world))
    assert judged.precision.hits == judged.precision.n > 20
    assert judged.recall.hits >= judged.recall.n * 0.95


def test_fake_dollars_are_flagged_and_the_exercises_own_are_not(
    judge: AccountJudge, world: AccountWorld
) -> None:
    keys = {judge.ledger.token_key[t].tobytes() for t in look_alikes(judge, world)}
    assert keys == {coin.key for coin in FAKES}


def test_freezes_are_paired_with_their_request_and_the_outflow_is_exact(
    judge: AccountJudge,
) -> None:
    ledger = judge.ledger

    def height(event: int) -> int:
        block = ledger.block_of_tx(ledger.tx_of_event(np.array([event])))
        return int(ledger.block_number[int(block[0])])

    windows = []
    for window in freeze_windows(ledger).windows:
        it = window.freeze
        assert it.submission is not None
        assert window.amount is not None
        ends = (height(it.submission), height(it.freeze))
        windows.append((it.address, *ends, window.amount))
    assert judge.freezes(windows).perfect
    assert len(windows) == 6


def test_no_charity_is_joined_with_the_campaign(
    judge: AccountJudge, world: AccountWorld
) -> None:
    clusters = account_clusters(
        judge.ledger,
        services=judge.services(),
        tokens=real_tokens(judge),
        noise=noise(judge, world),
    )
    assert judge.accused(clusters.label) == []
    mine = judge.truth["patterns"][0]
    labels = {int(clusters.label[judge.id_of(a)]) for a in mine["pool"]}
    assert labels == {int(clusters.label[judge.id_of(mine["collector"])])}


def test_a_judge_calls_what_is_missed_and_what_is_wrong() -> None:
    judged = Judged.of({1, 2, 3}, {2, 3, 4, 5})
    assert (judged.precision, judged.recall) == (Rate(2, 3), Rate(2, 4))
    assert not judged.perfect
    assert Judged.of({1}, {1}).perfect


def test_a_judge_sees_a_charity_that_is_accused(judge: AccountJudge) -> None:
    everybody = np.zeros(len(judge.ledger.address_key), np.uint32)
    assert len(judge.accused(everybody)) == 3


def test_intervals_must_contain_every_true_flow(judge: AccountJudge) -> None:
    flows = judge.truth["flows"]
    right = {judge.id_of(f["to"]): (0, int(f["direct"])) for f in flows}
    assert judge.intervals(right) == Rate(len(flows), len(flows))
    wrong = {address: (upper + 1, upper + 1) for address, (_, upper) in right.items()}
    assert judge.intervals(wrong) == Rate(0, len(flows))
    assert judge.intervals({}) == Rate(0, len(flows))
