"""A trace of accounts as a whole: each kind of transfer, each stop, what is said."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest

from dalil.chains.accounts import EventKind, TokenKind, TransferKind
from dalil.errors import InputError, NotFoundError
from dalil.ledger.accounts.literal import HandAccounts
from dalil.tracing.accounts import AccountRequest, AccountTrace, trace_accounts
from dalil.tracing.request import Direction, Limits, Mark

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORWARD, BACKWARD = Direction.FORWARD, Direction.BACKWARD
USD_82M, USD_450K = 82_000_000_000_000, 450_000_000_000


def row(ledger: HandAccounts, word: str) -> int:
    found = ledger.find_address(word)
    assert found is not None, word
    return found


def follow(
    ledger: HandAccounts,
    *addresses: str,
    marks: dict[str, tuple[str, str]] | None = None,
    direction: Direction = FORWARD,
    **more: Any,
) -> AccountTrace:
    """Trace by words; marks map a word to name and reason."""
    marked = [
        Mark(row(ledger, a), name, why) for a, (name, why) in (marks or {}).items()
    ]
    seeds = [row(ledger, address) for address in addresses]
    request = AccountRequest(direction, 0, addresses=seeds, marks=marked, **more)
    return trace_accounts(ledger, request)


def service_wallet(*, from_genesis: bool = True) -> HandAccounts:
    """A wallet that took in 82 million from 82 customers and paid 450 thousand on."""
    ledger = HandAccounts(from_genesis=from_genesis)
    for i in range(82):
        ledger.pay("NOBODY", f"customer {i}", USD_82M // 82)
        ledger.pay(f"customer {i}", "wallet", USD_82M // 82)
    ledger.pay("wallet", "listed", USD_450K)
    ledger.pay("wallet", "exchange deposit", USD_82M - USD_450K)
    return ledger


class TestTheScandal:
    """Volume through a service taken for support of a group."""

    marks: ClassVar = {
        "listed": ("Listed wallet", "target"),
        "exchange deposit": ("Exercise Exchange", "exchange"),
    }

    def test_the_headline_is_the_450_thousand_with_its_denominator(self) -> None:
        result = follow(service_wallet(), "wallet", marks=self.marks)
        listed = result.target("Listed wallet")
        assert listed is not None
        assert listed.direct == USD_450K
        assert (listed.amounts.lower_sat, listed.amounts.upper_sat) == (
            USD_450K,
            USD_450K,
        )
        unit = f"of {result.unit.token}"
        assert listed.headline() == (
            f"direct 450000.000000 {unit}; exactly 450000.000000 {unit} in all; "
            f"of the 82000000.000000 {unit} that wallet took in from anybody"
        )

    def test_no_amount_of_the_targets_is_82_million(self) -> None:
        result = follow(service_wallet(), "wallet", marks=self.marks)
        listed = result.target("Listed wallet")
        assert listed is not None
        told = listed.to_json()
        whole = str(USD_82M)
        assert told.pop("seeds_total_amount") == whole
        assert [payer.pop("received_amount") for payer in told["payers"]] == [whole]
        told.pop("headline")
        assert whole not in str(told)

    def test_a_donation_into_the_wallet_does_not_make_the_rest_the_donors(
        self,
    ) -> None:
        ledger = service_wallet()
        result = follow(ledger, "customer 3", marks=self.marks)
        listed = result.target("Listed wallet")
        assert listed is not None
        assert listed.amounts.lower_sat == 0
        assert listed.amounts.upper_sat == USD_450K
        assert "not determinable, between 0.000000" in listed.headline()
        assert "82000000.000000" in (listed.denominator() or "")

    def test_without_balances_nothing_is_certain(self) -> None:
        result = follow(service_wallet(from_genesis=False), "wallet", marks=self.marks)
        listed = result.target("Listed wallet")
        assert listed is not None
        assert listed.direct == listed.amounts.lower_sat == 0
        assert listed.amounts.upper_sat == USD_450K
        assert listed.amounts.haircut_sat is None

    def test_backward_from_the_listed_wallet(self) -> None:
        result = follow(
            service_wallet(),
            "listed",
            marks={"wallet": ("Busy wallet", "target")},
            direction=BACKWARD,
        )
        busy = result.target("Busy wallet")
        assert busy is not None
        assert busy.direct == busy.amounts.lower_sat == busy.amounts.upper_sat
        assert busy.direct == USD_450K

    def test_a_service_on_the_way_is_a_border(self) -> None:
        ledger = service_wallet()
        marks = {**self.marks, "wallet": ("Service", "broker")}
        result = follow(ledger, "customer 3", marks=marks)
        assert [target.name for target in result.targets] == ["Service"]


def split() -> HandAccounts:
    """A seed of 100 that goes 60 / 30 / 9 to a, b, c, each one hop further."""
    ledger = HandAccounts()
    ledger.pay("NOBODY", "seed", 100)
    for word, amount in (("a", 60), ("b", 30), ("c", 9)):
        ledger.pay("seed", word, amount)
    for word, amount in (("a", 60), ("b", 29), ("c", 9)):
        ledger.pay(word, word + "2", amount)
    return ledger


@dataclass(frozen=True)
class Stopping:
    why: str
    expected: dict[str, int]
    limits: Limits = field(default_factory=Limits)
    marks: dict[str, tuple[str, str]] = field(default_factory=dict)


FIRST = 1_700_000_000
STOPPINGS = [
    Stopping("nothing stops it but the end", {"held": 100}),
    Stopping("one hop", {"hop limit": 99, "held": 1}, Limits(max_hops=1)),
    Stopping("two hops", {"hop limit": 98, "held": 2}, Limits(max_hops=2)),
    Stopping("three hops are enough here", {"held": 100}, Limits(max_hops=3)),
    Stopping(
        "small amounts, paid or left",
        {"value limit": 40, "held": 60},
        Limits(min_value=31),
    ),
    Stopping(
        "an amount of just the limit goes on",
        {"value limit": 10, "held": 90},
        Limits(min_value=30),
    ),
    Stopping(
        "a payment after the last moment",
        {"time limit": 39, "held": 61},
        Limits(not_after=FIRST + 240),
    ),
    Stopping("a guard on size", {"size limit": 100}, Limits(max_transactions=1)),
    Stopping("a service", {"exchange": 60, "held": 40}, marks={"a": ("X", "exchange")}),
    Stopping("a pool", {"defi": 60, "held": 40}, marks={"a": ("Pool", "defi")}),
    Stopping("a bridge", {"bridge": 30, "held": 70}, marks={"b": ("B", "bridge")}),
    Stopping("a person", {"target": 30, "held": 70}, marks={"b": ("P", "target")}),
]


@pytest.mark.parametrize("case", STOPPINGS, ids=lambda c: c.why)
def test_stops(case: Stopping) -> None:
    result = follow(split(), "seed", limits=case.limits, marks=case.marks)
    sums: dict[str, int] = {}
    for stop in [*result.stops, *result.unspent_outputs]:
        assert stop.amounts.lower_sat == stop.amounts.upper_sat
        sums[stop.reason] = sums.get(stop.reason, 0) + stop.amounts.lower_sat
    assert sums == case.expected


@dataclass(frozen=True)
class Kind:
    why: str
    kind: TransferKind
    to: str
    reason: str


KINDS = [
    Kind("a plain transfer to nobody burns", TransferKind.TOKEN, "NOBODY", "burned"),
    Kind("so does a redemption", TransferKind.BURN, "NOBODY", "burned"),
    Kind("the issuer wiped it out", TransferKind.DESTROY, "NOBODY", "destroyed"),
    Kind("a fee is listed apart", TransferKind.FEE, "NOBODY", "fee"),
    Kind("a transfer goes on", TransferKind.TOKEN, "b", "held"),
    Kind("so does an asset", TransferKind.ASSET, "b", "held"),
    Kind("so does a coin of the chain", TransferKind.NATIVE, "b", "held"),
    Kind("so does an internal transfer", TransferKind.INTERNAL, "b", "held"),
]


@pytest.mark.parametrize("case", KINDS, ids=lambda c: c.why)
def test_each_kind_of_transfer_has_its_rule(case: Kind) -> None:
    ledger = HandAccounts()
    ledger.pay("NOBODY", "a", 10)
    ledger.pay("a", case.to, 7, kind=case.kind)
    result = follow(ledger, "a")
    ends = {stop.reason: stop.amounts.lower_sat for stop in result.stops}
    if case.reason == "fee":
        assert result.fees.lower_sat == result.fees.upper_sat == 7
        assert result.stops == []
    elif case.reason == "held":
        assert result.unspent.lower_sat == 10
    else:
        assert ends == {case.reason: 7}


def test_minted_money_is_nobodys_and_a_source_of_its_own() -> None:
    ledger = HandAccounts()
    ledger.pay("NOBODY", "a", 10, kind=TransferKind.MINT)
    ledger.pay("a", "NOBODY", 10, kind=TransferKind.BURN)
    ledger.pay("NOBODY", "b", 10, kind=TransferKind.MINT)
    ledger.pay("b", "c", 10)
    ahead = follow(ledger, "a", marks={"c": ("C", "target")})
    assert ahead.targets == []
    back = follow(ledger, "c", direction=BACKWARD)
    assert [(s.reason, s.address, s.value) for s in back.stops] == [
        ("minted", "NOBODY", 10)
    ]


def test_nothing_and_payments_to_oneself_are_no_hops_and_move_nothing() -> None:
    ledger = HandAccounts()
    ledger.pay("NOBODY", "a", 10)
    ledger.pay("a", "a", 9)
    ledger.pay("a", "look-alike of b", 0)
    ledger.pay("look-alike of b", "a", 0)
    ledger.pay("a", "b", 10)
    result = follow(ledger, "a", marks={"look-alike of b": ("Poisoner", "target")})
    assert result.targets == []
    assert result.graph.flow.tx.tolist() == [4]
    assert [s.address for s in result.unspent_outputs] == ["b"]


def test_dust_from_a_poisoner_is_other_money() -> None:
    ledger = HandAccounts()
    ledger.pay("NOBODY", "poisoner", 1)
    ledger.pay("NOBODY", "a", 10)
    ledger.pay("poisoner", "a", 1)
    ledger.pay("a", "b", 11)
    a = follow(ledger, "a", transfers=[], marks={"b": ("B", "target")})
    assert a.target("B") is not None
    only = trace_accounts(
        ledger,
        AccountRequest(FORWARD, 0, transfers=[1], marks=[Mark(row(ledger, "b"), "B")]),
    ).target("B")
    assert only is not None
    assert (only.amounts.lower_sat, only.amounts.upper_sat) == (10, 10)
    assert only.direct == 0


def test_another_token_is_another_trace() -> None:
    ledger = HandAccounts()
    ledger.pay("NOBODY", "a", 10)
    ledger.pay("NOBODY", "a", 99, "FAKE")
    ledger.pay("a", "b", 99, "FAKE")
    result = follow(ledger, "a", marks={"b": ("B", "target")})
    assert result.targets == []
    assert result.unspent.lower_sat == 10
    with pytest.raises(InputError, match="another token"):
        trace_accounts(ledger, AccountRequest(FORWARD, 0, transfers=[1]))


class TestFrozen:
    """What is held where the issuer lets nothing move."""

    def ledger(self) -> HandAccounts:
        ledger = HandAccounts()
        ledger.pay("NOBODY", "a", 10)
        ledger.pay("a", "b", 7)
        return ledger

    def test_held_and_frozen(self) -> None:
        ledger = self.ledger()
        ledger.tell(EventKind.FREEZE, "b", contract="token USDT")
        result = follow(ledger, "a")
        assert [(s.reason, s.address) for s in result.unspent_outputs] == [
            ("held, frozen", "b"),
            ("held", "a"),
        ]
        assert result.frozen.lower_sat == result.frozen.upper_sat == 7
        assert result.unspent.lower_sat == 10

    @pytest.mark.parametrize(
        ("why", "contract", "lifted"),
        [("lifted since", "token USDT", True), ("of another token", "other", False)],
    )
    def test_not_frozen(self, why: str, contract: str, lifted: bool) -> None:
        ledger = self.ledger()
        ledger.tell(EventKind.FREEZE, "b", contract=contract)
        if lifted:
            ledger.tell(EventKind.UNFREEZE, "b", contract=contract)
        assert follow(ledger, "a").frozen.upper_sat == 0


def test_money_that_comes_back_to_a_seed_ends_there() -> None:
    ledger = HandAccounts()
    ledger.pay("NOBODY", "a", 10)
    ledger.pay("a", "b", 10)
    ledger.pay("b", "a", 4)
    result = follow(ledger, "a")
    assert [(s.reason, s.amounts.lower_sat) for s in result.stops] == [
        ("returned to a seed", 4)
    ]
    # Counted anew: 10 and 4 are the seeds.
    assert result.graph.flow.seed_total == 14


def test_transfers_among_the_seeds_are_no_seeds() -> None:
    ledger = HandAccounts()
    ledger.pay("NOBODY", "a", 10)
    ledger.pay("a", "b", 10)
    ledger.pay("b", "c", 10)
    result = follow(ledger, "a", "b", marks={"c": ("C", "target")})
    assert result.graph.flow.seed_total == 10
    assert result.seeds.n_inner == 1
    target = result.target("C")
    assert target is not None
    assert target.amounts.lower_sat == 10


def test_a_deposit_address_ends_the_trace_and_earns_no_direct_amount() -> None:
    ledger = HandAccounts()
    ledger.pay("NOBODY", "a", 10)
    ledger.pay("a", "deposit", 10)
    ledger.pay("deposit", "hot wallet", 10)
    mark = Mark(row(ledger, "deposit"), "Exchange", "exchange", "deposit")
    result = trace_accounts(
        ledger, AccountRequest(FORWARD, 0, [row(ledger, "a")], marks=[mark])
    )
    (target,) = result.targets
    assert (target.direct, target.amounts.lower_sat, target.n_indirect) == (0, 10, 1)
    assert result.graph.flow.tx.tolist() == [1]


def test_an_account_that_paid_more_than_it_had_is_not_believed() -> None:
    ledger = HandAccounts()
    ledger.pay("NOBODY", "a", 10)
    ledger.pay("a", "b", 15)
    result = follow(ledger, "a", marks={"b": ("B", "target")})
    target = result.target("B")
    assert target is not None
    assert (target.amounts.lower_sat, target.amounts.upper_sat) == (0, 10)
    assert any("paid out more" in line for line in result.assumptions)


def test_an_anchor_makes_bounds_certain() -> None:
    ledger = HandAccounts(from_genesis=False)
    ledger.pay("NOBODY", "a", 10)
    ledger.anchor("a", 3)
    ledger.pay("a", "b", 13)
    target = follow(ledger, "a", marks={"b": ("B", "target")}).target("B")
    assert target is not None
    assert (target.amounts.lower_sat, target.amounts.upper_sat) == (10, 10)


def test_missing_blocks_leave_nothing_certain_and_widen_what_is_possible() -> None:
    ledger = HandAccounts()
    ledger.pay("NOBODY", "a", 10)
    ledger.pay("NOBODY", "x", 30)
    ledger.pay("a", "b", 4)
    ledger.pay("x", "b", 30)
    ledger.contiguous = False
    result = follow(ledger, "a", marks={"b": ("B", "target")})
    target = result.target("B")
    assert target is not None
    assert result.reentry is not None
    assert (target.amounts.lower_sat, target.amounts.upper_sat) == (0, 10)
    assert result.unspent.lower_sat == 0


class Coins(HandAccounts):
    """The same, of the chain's own coin."""

    @property
    def token_kind(self) -> NDArray[np.uint8]:
        return np.full(len(self._tokens), TokenKind.NATIVE, np.uint8)


def test_of_the_chains_own_coin_no_balance_is_known() -> None:
    ledger = Coins()
    ledger.pay("NOBODY", "a", 10, kind=TransferKind.NATIVE)
    ledger.pay("a", "b", 4, kind=TransferKind.NATIVE)
    result = follow(ledger, "a", marks={"b": ("B", "target")})
    target = result.target("B")
    assert target is not None
    assert (target.amounts.lower_sat, target.amounts.upper_sat) == (0, 4)
    assert result.reentry is not None


class TestNames:
    def test_tags_end_with_their_dates(self) -> None:
        ledger = split()
        b = row(ledger, "b")
        marks = [
            Mark(b, "Old owner", valid_to=FIRST),
            Mark(b, "Owner", valid_from=FIRST),
        ]
        result = trace_accounts(
            ledger, AccountRequest(FORWARD, 0, [row(ledger, "seed")], marks=marks)
        )
        assert [target.name for target in result.targets] == ["Owner"]

    def test_ends_are_named_so_that_anyone_finds_them(self) -> None:
        ledger = split()
        result = follow(ledger, "seed", marks={"b": ("B", "target")})
        assert [stop.where for stop in result.stops] == [f"{ledger.txid(2)}:0"]
        rests = [s.where for s in result.unspent_outputs if s.address == "seed"]
        assert rests == [f"rest of seed after {ledger.txid(3)}:0"]

    def test_json_holds_strings_of_base_units_and_the_token(self) -> None:
        told = follow(split(), "seed", marks={"b": ("B", "target")}).to_json()
        assert told["token"].startswith("eip155:1337/erc20:0x")
        assert told["decimals"] == 6
        assert told["seeds"]["total_amount"] == "100"
        assert told["targets"][0]["lower_amount"] == "30"
        assert told["targets"][0]["payers"] == [
            {"address": "seed", "paid_amount": "30", "received_amount": "100"}
        ]
        assert not any("_sat" in key for key in told["targets"][0])


def test_what_is_not_here_is_refused() -> None:
    ledger = split()
    with pytest.raises(NotFoundError, match="token"):
        trace_accounts(ledger, AccountRequest(FORWARD, 9))
    with pytest.raises(NotFoundError, match="transfer"):
        trace_accounts(ledger, AccountRequest(FORWARD, 0, transfers=[99]))


@pytest.mark.parametrize("direction", Direction)
def test_no_seeds_give_a_trace_of_zeros(direction: Direction) -> None:
    result = trace_accounts(split(), AccountRequest(direction, 0))
    assert result.unspent.upper_sat == 0
    assert result.to_json()["stops"] == []


def test_what_only_imitates_a_partner_is_no_seed() -> None:
    ledger = HandAccounts()
    ledger.pay("NOBODY", "donor", 90)
    ledger.pay("NOBODY", "impostor", 5)
    ledger.pay("donor", "appeal", 90)
    dust = ledger.pay("impostor", "appeal", 1)
    ledger.pay("appeal", "listed", 91)
    appeal, listed = ledger.find_address("appeal"), ledger.find_address("listed")
    assert appeal is not None
    assert listed is not None
    marks = [Mark(listed, "Listed")]
    plain = AccountRequest(Direction.FORWARD, 0, [appeal], marks=marks)
    without = replace(plain, noise=[dust])
    assert trace_accounts(ledger, plain).graph.flow.seed_total == 91
    found = trace_accounts(ledger, without)
    assert found.seeds.n_noise == 1
    assert found.graph.flow.seed_total == 90
    assert (
        found.targets[0].amounts.lower_sat == found.targets[0].amounts.upper_sat == 90
    )
