from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dalil.clustering.accounts import (
    CommonDepositRule,
    DepositRule,
    account_clusters,
    common_deposit_links,
    deposit_links,
)
from dalil.ledger.accounts.literal import HandAccounts
from tests.clustering.accounts.worlds import COIN, exchange, later

if TYPE_CHECKING:
    from collections.abc import Callable


def test_each_customers_address_is_a_border_of_the_exchange() -> None:
    ledger = HandAccounts()
    deposits = exchange(ledger, 30)
    later(ledger)
    hot = ledger.name("hot")
    found = deposit_links(ledger, {hot: "an exchange"})
    assert found.borders() == {ledger.name(one): hot for one in deposits}
    receipts, forwards = found.why(ledger, ledger.name(deposits[3]))
    assert receipts.tolist() == [6]
    assert forwards.tolist() == [7]
    told = found.to_json(ledger)["deposits"][3]
    assert told["service"] == "an exchange"
    assert told["received_amount"] == told["forwarded_amount"] == str(13 * COIN)


def _to_nobody_known(ledger: HandAccounts) -> None:
    exchange(ledger, 3, "untagged")


def _a_private_saver(ledger: HandAccounts) -> None:
    ledger.pay("employer", "saver", 1000 * COIN)
    ledger.pay("saver", "hot", 500 * COIN)


def _another_wallet_of_the_service(ledger: HandAccounts) -> None:
    ledger.pay("customer", "hot 2", 1000 * COIN)
    ledger.pay("hot 2", "hot", 1000 * COIN)


def _in_and_on_at_once(ledger: HandAccounts) -> None:
    ledger.pay("customer", "forwarder", COIN)
    ledger.pay("forwarder", "hot", COIN, in_same_tx=True)


def _paid_by_crowds(ledger: HandAccounts) -> None:
    for i in range(11):
        ledger.pay(f"customer {i}", "other exchange", COIN)
    ledger.pay("other exchange", "hot", 11 * COIN)


@pytest.mark.parametrize(
    "plant",
    [
        pytest.param(_to_nobody_known, id="a collector that nobody tagged"),
        pytest.param(_a_private_saver, id="half of the wages stay"),
        pytest.param(_another_wallet_of_the_service, id="a tagged wallet itself"),
        pytest.param(_in_and_on_at_once, id="a contract that forwards at once"),
        pytest.param(_paid_by_crowds, id="more payers than one customer has"),
    ],
)
def test_no_deposit_address_where(plant: Callable[[HandAccounts], None]) -> None:
    ledger = HandAccounts()
    plant(ledger)
    later(ledger)
    services = {ledger.name("hot"): "hot", ledger.name("hot 2"): "hot"}
    found = deposit_links(ledger, services, DepositRule(most_payers=10))
    assert found.borders() == {}


def test_what_only_looked_like_a_deposit_is_counted() -> None:
    ledger = HandAccounts()
    _in_and_on_at_once(ledger)
    _paid_by_crowds(ledger)
    later(ledger)
    services = {ledger.name("hot"): "hot"}
    told = deposit_links(ledger, services, DepositRule(most_payers=10)).to_json(ledger)
    assert (told["n_busy"], told["n_passing"]) == (1, 1)


def test_payers_into_one_deposit_are_linked_only_when_asked() -> None:
    ledger = HandAccounts()
    for payer in ("one", "other"):
        ledger.pay(payer, "deposit", COIN)
    ledger.pay("deposit", "hot", 2 * COIN)
    later(ledger)
    services = {ledger.name("hot"): "hot"}
    one, other = ledger.name("one"), ledger.name("other")
    assert account_clusters(ledger, services=services).why(one, other) is None
    asked = account_clusters(ledger, ["common-deposit"], services)
    (link,) = asked.why(one, other) or []
    assert (link.rule, link.transfers) == ("common-deposit", (0, 1))
    assert asked.why(one, ledger.name("hot")) is None


def test_a_deposit_that_many_pay_into_links_none_of_them() -> None:
    ledger = HandAccounts()
    for i in range(6):
        ledger.pay(f"donor {i}", "deposit", COIN)
    ledger.pay("deposit", "hot", 6 * COIN)
    later(ledger)
    found = deposit_links(ledger, {ledger.name("hot"): "hot"})
    assert len(found.borders()) == 1
    assert len(common_deposit_links(ledger, found)) == 0
    wider = common_deposit_links(ledger, found, CommonDepositRule(most_payers=6))
    assert len(wider) == 5


def test_an_exchange_that_pays_into_anothers_deposit_is_no_payer() -> None:
    ledger = HandAccounts()
    ledger.pay("person", "deposit", COIN)
    ledger.pay("other hot", "deposit", COIN)
    ledger.pay("deposit", "hot", 2 * COIN)
    later(ledger)
    services = {ledger.name("hot"): "hot", ledger.name("other hot"): "other"}
    found = deposit_links(ledger, services)
    assert len(found.borders()) == 1
    assert len(common_deposit_links(ledger, found)) == 0
