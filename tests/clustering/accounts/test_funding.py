from __future__ import annotations

import time

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dalil.chains.accounts import EventKind, TransferKind
from dalil.clustering.accounts import FundingRule, account_clusters, funding_links
from dalil.ledger.accounts.literal import HandAccounts
from tests.clustering.accounts.worlds import COIN, rental


def paid(ledger: HandAccounts, source: str, to: str) -> int:
    return ledger.pay(source, to, COIN, "TRX", kind=TransferKind.NATIVE)


def test_a_rental_with_fifty_thousand_children_links_nobody() -> None:
    ledger = HandAccounts(native="TRX")
    rental(ledger, 50_000)
    began = time.perf_counter()
    found = funding_links(ledger)
    assert len(found.links()) == 0
    assert found.n_children[ledger.name("rental")] == 50_000
    assert found.to_json(ledger)["barred"] == [
        {"funder": "rental", "n_children": 50_000}
    ]
    assert time.perf_counter() - began < 30


def test_a_rental_that_pays_coins_links_nobody_either() -> None:
    ledger = HandAccounts(native="TRX")
    for i in range(21):
        paid(ledger, "faucet", f"child {i}")
    assert len(funding_links(ledger).links()) == 0
    assert len(funding_links(ledger, rule=FundingRule(21)).links()) == 21


def test_children_are_counted_over_all_ways_and_each_once() -> None:
    ledger = HandAccounts(native="TRX")
    for _ in range(30):
        paid(ledger, "funder", "child")
    ledger.tell(EventKind.ACTIVATION, "child", other="funder")
    ledger.tell(EventKind.DELEGATION, "second", other="funder")
    found = funding_links(ledger)
    assert found.n_children[ledger.name("funder")] == 2
    names = [ledger.address_text(int(one)) for one in found.children(0)]
    assert sorted(names) == ["child", "second"]


def test_only_the_first_funding_links() -> None:
    ledger = HandAccounts(native="TRX")
    first = paid(ledger, "first", "child")
    paid(ledger, "later", "child")
    links = funding_links(ledger).links()
    assert [links.link(i).transfers for i in range(len(links))] == [(first,)]


def test_a_tagged_service_a_contract_and_the_zero_address_fund_nobody() -> None:
    ledger = HandAccounts(native="TRX")
    for funder in ("hot", "disperser", "NOBODY"):
        paid(ledger, funder, f"child of {funder}")
    ledger.tell(EventKind.APPROVAL, "x", contract="disperser", other="y")
    services = {ledger.name("hot"): "exchange"}
    assert len(funding_links(ledger, services).links()) == 0


def test_tokens_fees_and_gifts_of_nothing_are_no_funding() -> None:
    ledger = HandAccounts(native="TRX")
    ledger.pay("a", "b", COIN)
    ledger.pay("a", "c", 0, "TRX", kind=TransferKind.NATIVE)
    ledger.pay("a", "d", 5, "TRX", kind=TransferKind.FEE)
    assert len(funding_links(ledger).links()) == 0


def test_siblings_are_linked_through_their_funder() -> None:
    ledger = HandAccounts(native="TRX")
    paid(ledger, "funder", "one")
    ledger.tell(EventKind.ACTIVATION, "other", other="funder")
    chain = account_clusters(ledger).why(ledger.name("one"), ledger.name("other"))
    assert chain is not None
    assert [(len(one.transfers), len(one.events)) for one in chain] == [(1, 0), (0, 1)]
    assert chain[1].to_json(ledger)["rule"] == "gas-funding"


PAIRS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.booleans()))


@given(PAIRS, st.integers(1, 4))
def test_against_counting_one_by_one(
    pairs: list[tuple[int, int, bool]], most: int
) -> None:
    ledger = HandAccounts(native="TRX")
    ledger.pay("someone", "nobody else", COIN)
    children: dict[str, set[str]] = {}
    first: dict[tuple[str, bool], str] = {}
    for a, b, by_event in pairs:
        funder, child = f"a{a}", f"a{b}"
        if by_event:
            ledger.tell(EventKind.ACTIVATION, child, other=funder)
        else:
            paid(ledger, funder, child)
        if a != b:
            children.setdefault(funder, set()).add(child)
            first.setdefault((child, by_event), funder)
    found = funding_links(ledger, rule=FundingRule(most))
    links = found.links()
    told = {
        (ledger.address_text(int(a)), ledger.address_text(int(b)), int(e) >= 0)
        for a, b, e in zip(links.a, links.b, links.event, strict=True)
    }
    assert told == {
        (funder, child, by_event)
        for (child, by_event), funder in first.items()
        if len(children[funder]) <= most
    }
    for funder, theirs in children.items():
        assert found.n_children[ledger.name(funder)] == len(theirs)


@given(PAIRS, st.randoms(use_true_random=False))
def test_clusters_do_not_depend_on_the_order_of_links(
    pairs: list[tuple[int, int, bool]], random: object
) -> None:
    ledger = HandAccounts(native="TRX")
    for i in range(7):
        ledger.pay(f"a{i}", "sink", 0)
    for a, b, _ in pairs:
        paid(ledger, f"a{a}", f"a{b}")
    links = funding_links(ledger).links()
    order = np.argsort([random.random() for _ in range(len(links))])  # type: ignore[attr-defined]
    mixed = type(links)(
        links.rule,
        links.parameters,
        links.a[order],
        links.b[order],
        links.transfer[order],
        links.event[order],
    )
    label = account_clusters(ledger, [links]).label
    assert label.tolist() == account_clusters(ledger, [mixed]).label.tolist()
    for a, b in links.pairs():
        assert label[a] == label[b] <= min(a, b)
