from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dalil.chains.accounts import EventKind
from dalil.clustering.accounts import (
    OperationalRule,
    Sweeping,
    account_clusters,
    operational_wallets,
)
from dalil.errors import InputError
from dalil.ledger.accounts.literal import HandAccounts
from tests.clustering.accounts.worlds import COIN, DAY, exchange, later, rotating

if TYPE_CHECKING:
    from collections.abc import Callable


def test_seventeen_rotating_addresses_are_one_pattern_with_its_collector() -> None:
    ledger = HandAccounts()
    names = rotating(ledger, 17)
    ledger.pay("collector", "broker", 17 * 153 * COIN)
    exchange(ledger, 40)
    later(ledger)
    found = operational_wallets(ledger, {ledger.name("hot"): "exchange"})
    (pattern,) = found.patterns
    assert ledger.address_text(pattern.collector) == "collector"
    told = pattern.to_json(ledger)
    assert {one["address"] for one in told["addresses"]} == set(names)
    assert told["forwarded_amount"] == str(17 * 153 * COIN)
    assert told["addresses"][0]["n_payers"] == 3


def test_customers_of_a_service_are_counted_and_not_named() -> None:
    ledger = HandAccounts()
    exchange(ledger, 40)
    later(ledger)
    found = operational_wallets(ledger, {ledger.name("hot"): "exchange"})
    (service,) = found.collectors
    told = service.to_json(ledger)
    assert (told["kind"], told["n_addresses"]) == ("service_sweep", 40)
    assert told["addresses"] == []
    assert len(found.links()) == 0


def _spend_elsewhere(ledger: HandAccounts) -> None:
    for i in range(4):
        ledger.pay("donor", f"a{i}", 100 * COIN)
        ledger.pay(f"a{i}", "collector", 90 * COIN)
        ledger.pay(f"a{i}", f"shop {i}", 10 * COIN)


def _keep_too_much(ledger: HandAccounts) -> None:
    for i in range(4):
        ledger.pay("donor", f"a{i}", 100 * COIN)
        ledger.pay(f"a{i}", "collector", 94 * COIN)


def _rest_too_long(ledger: HandAccounts) -> None:
    for i in range(4):
        ledger.pay("donor", f"a{i}", 100 * COIN)
    last = int(ledger.block_time[-1])
    for i in range(4):
        ledger.pay(f"a{i}", "collector", 100 * COIN, time=last + 8 * DAY)


def _too_few(ledger: HandAccounts) -> None:
    rotating(ledger, 2)


def _too_many(ledger: HandAccounts) -> None:
    rotating(ledger, 101)


def _a_contract(ledger: HandAccounts) -> None:
    rotating(ledger, 5)
    ledger.tell(EventKind.APPROVAL, "donor", contract="collector", other="x")


def _burned(ledger: HandAccounts) -> None:
    rotating(ledger, 5, collector="NOBODY")


def _two_tokens(ledger: HandAccounts) -> None:
    for i in range(4):
        coin = f"coin {i % 2}"
        ledger.pay("donor", f"a{i}", COIN, coin)
        ledger.pay(f"a{i}", "collector", COIN, coin)


def _one_transaction(ledger: HandAccounts) -> None:
    for i in range(4):
        ledger.pay("donor", f"a{i}", COIN)
        ledger.pay(f"a{i}", "collector", COIN, in_same_tx=True)


def _nothing_came_in(ledger: HandAccounts) -> None:
    for i in range(4):
        ledger.pay(f"a{i}", "collector", COIN)


@pytest.mark.parametrize(
    "plant",
    [
        pytest.param(_spend_elsewhere, id="a tenth is spent elsewhere"),
        pytest.param(_keep_too_much, id="more than a twentieth stays"),
        pytest.param(_rest_too_long, id="money rests eight days"),
        pytest.param(_too_few, id="two addresses are no rotation"),
        pytest.param(_too_many, id="a hundred and one are a processor's merchants"),
        pytest.param(_a_contract, id="the collector speaks in events: a contract"),
        pytest.param(_burned, id="burning is not collecting"),
        pytest.param(_two_tokens, id="two of one token and two of another"),
        pytest.param(_one_transaction, id="in and on in one transaction: contracts"),
        pytest.param(_nothing_came_in, id="what was never received is not handed on"),
    ],
)
def test_no_pattern_where(plant: Callable[[HandAccounts], None]) -> None:
    ledger = HandAccounts()
    plant(ledger)
    later(ledger)
    assert operational_wallets(ledger).patterns == ()


def test_a_gift_of_dust_after_the_sweep_hides_nothing() -> None:
    ledger = HandAccounts()
    rotating(ledger, 5)
    for i in range(5):
        ledger.pay("duster", f"rotating {i}", 1)
        ledger.pay(f"rotating {i}", "look-alike", 0)
    later(ledger)
    assert len(operational_wallets(ledger).patterns) == 1


def test_a_receipt_too_young_to_judge_counts_neither_way() -> None:
    ledger = HandAccounts()
    names = rotating(ledger, 5)
    ledger.pay("donor", names[0], 500 * COIN)
    assert len(operational_wallets(ledger).patterns) == 1
    later(ledger)
    (pattern,) = operational_wallets(ledger).patterns
    assert len(pattern.addresses) == 4


def test_amounts_of_256_bits_are_compared_exactly() -> None:
    huge = 2**256 - 1
    rule = OperationalRule(Sweeping(min_share_permille=1000))
    for short, expected in ((0, 1), (1, 0)):
        ledger = HandAccounts()
        for i in range(3):
            ledger.pay("donor", f"a{i}", huge)
            ledger.pay("donor", f"a{i}", huge)
            ledger.pay(f"a{i}", "collector", huge)
            ledger.pay(f"a{i}", "collector", huge - short)
        later(ledger)
        assert len(operational_wallets(ledger, rule=rule).patterns) == expected
    ledger = HandAccounts()


def test_why_leads_from_one_rotating_address_to_another_through_the_collector() -> None:
    ledger = HandAccounts()
    first, *_, last = rotating(ledger, 17)
    later(ledger)
    clusters = account_clusters(ledger)
    assert clusters.rules == ("operational-wallet", "gas-funding")
    chain = clusters.why(ledger.name(first), ledger.name(last))
    assert chain is not None
    assert [one.rule for one in chain] == ["operational-wallet"] * 2
    for one in chain:
        (transfer,) = one.transfers
        assert ledger.transfer_from[transfer] == one.a
        assert ledger.transfer_to[transfer] == one.b == ledger.name("collector")
    assert clusters.why(ledger.name(first), ledger.name("another")) is None


def test_a_share_that_leaves_no_majority_is_refused() -> None:
    with pytest.raises(InputError):
        Sweeping(min_share_permille=500)
    with pytest.raises(InputError):
        OperationalRule(min_addresses=1)


def test_a_ledger_without_transfers_has_no_patterns() -> None:
    ledger = HandAccounts()
    ledger.tell(EventKind.PAUSE, contract="token")
    assert operational_wallets(ledger).collectors == ()
