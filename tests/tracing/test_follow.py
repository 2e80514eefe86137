"""A trace as a whole: who is met, where it stops, and what it says of both."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from dalil.errors import InputError, NotFoundError, StoreError
from dalil.tracing.follow import trace
from dalil.tracing.literal import HandLedger
from dalil.tracing.request import Direction, Limits, Mark, TraceRequest
from dalil.tracing.stops import StopCode

if TYPE_CHECKING:
    from dalil.tracing.result import Trace

FORWARD, BACKWARD = Direction.FORWARD, Direction.BACKWARD
USD_82M, USD_450K = 8_200_000_000_000, 45_000_000_000


def follow(
    ledger: HandLedger,
    *addresses: str,
    marks: dict[str, tuple[str, str]] | None = None,
    direction: Direction = FORWARD,
    **more: Any,
) -> Trace:
    """Trace by the addresses' words; marks map a word to name and reason."""

    def row(word: str) -> int:
        found = ledger.find_address(word)
        assert found is not None, word
        return found

    marked = [Mark(row(a), name, why) for a, (name, why) in (marks or {}).items()]
    rows = [row(address) for address in addresses]
    return trace(ledger, TraceRequest(direction, addresses=rows, marks=marked, **more))


def test_the_82_million_a_wallet_took_in_are_not_the_450_thousand_it_paid_on() -> None:
    """The error this tool exists to prevent: volume taken for support."""
    ledger = HandLedger()
    customers = [ledger.mine((f"customer {i}", USD_82M // 82))[0] for i in range(82)]
    deposits = [ledger.pay([coin], ("wallet", USD_82M // 82))[0] for coin in customers]
    _, rest = ledger.pay(deposits, ("listed", USD_450K), ("wallet", USD_82M - USD_450K))
    ledger.pay([rest], ("exchange deposit", USD_82M - USD_450K))
    result = follow(
        ledger,
        "wallet",
        marks={
            "listed": ("Listed wallet", "target"),
            "exchange deposit": ("Exercise Exchange", "exchange"),
        },
    )
    listed = result.target("Listed wallet")
    assert listed is not None
    assert result.graph.seed_total == USD_82M
    assert listed.direct_sat == USD_450K
    assert (listed.amounts.lower_sat, listed.amounts.upper_sat) == (USD_450K, USD_450K)
    assert (listed.amounts.haircut_sat, listed.amounts.poison_sat) == (
        USD_450K,
        USD_450K,
    )
    assert str(USD_82M) not in str(listed.to_json())
    back = follow(
        ledger,
        "listed",
        marks={"wallet": ("Busy wallet", "target")},
        direction=BACKWARD,
    ).target("Busy wallet")
    assert back is not None
    assert (
        back.direct_sat == back.amounts.lower_sat == back.amounts.upper_sat == USD_450K
    )


def split(ledger: HandLedger) -> None:
    """A seed of 100 that goes 60 / 30 / 9 to a, b, c, each in one hop more."""
    (coin,) = ledger.mine(("seed", 100))
    a, b, c = ledger.pay([coin], ("a", 60), ("b", 30), ("c", 9))
    ledger.pay([a], ("a2", 60))
    ledger.pay([b], ("b2", 29))
    ledger.pay([c], ("c2", 9))


@dataclass(frozen=True)
class Stopping:
    why: str
    expected: dict[str, tuple[int, int]]
    limits: Limits = field(default_factory=Limits)
    marks: dict[str, tuple[str, str]] = field(default_factory=dict)
    coinjoin: tuple[int, ...] | None = None


SPLIT_TIME = 1_600_000_000
STOPPINGS = [
    Stopping("nothing stops it but the end", {}),
    Stopping("one hop", {"hop limit": (99, 99)}, Limits(max_hops=1)),
    Stopping("two hops are enough here", {}, Limits(max_hops=2)),
    Stopping("small outputs", {"value limit": (39, 39)}, Limits(min_value=31)),
    Stopping(
        "an output of just the limit goes on",
        {"value limit": (9, 9)},
        Limits(min_value=30),
    ),
    Stopping(
        "a block after the last moment",
        {"time limit": (39, 39)},
        Limits(not_after=SPLIT_TIME + 1200),
    ),
    Stopping("a guard on size", {"size limit": (99, 99)}, Limits(max_transactions=1)),
    Stopping("a service", {"exchange": (60, 60)}, marks={"a": ("X", "exchange")}),
    Stopping("a named person", {"target": (30, 30)}, marks={"b": ("P", "target")}),
    Stopping("a CoinJoin", {"coinjoin": (60, 60)}, coinjoin=(0, 0, 2, 0, 0)),
    Stopping("a CoinJoin at once", {"coinjoin": (100, 100)}, coinjoin=(0, 1, 0, 0, 0)),
]


@pytest.mark.parametrize("case", STOPPINGS, ids=lambda c: c.why)
def test_stops(case: Stopping) -> None:
    ledger = HandLedger()
    split(ledger)
    types = None if case.coinjoin is None else np.array(case.coinjoin, dtype=np.uint8)
    result = follow(
        ledger, "seed", marks=case.marks, limits=case.limits, coinjoin=types
    )
    sums: dict[str, tuple[int, int]] = {}
    for stop in result.stops:
        low, high = sums.get(stop.reason, (0, 0))
        sums[stop.reason] = (
            low + stop.amounts.lower_sat,
            high + stop.amounts.upper_sat,
        )
        assert ledger.find_outpoint(stop.where) is not None
    assert sums == case.expected
    ends = sum(
        s.amounts.haircut_sat or 0 for s in [*result.stops, *result.unspent_outputs]
    )
    assert ends + (result.fees.haircut_sat or 0) == 100


def test_a_coinjoin_is_named_by_type() -> None:
    ledger = HandLedger()
    split(ledger)
    result = follow(ledger, "seed", coinjoin=np.array([0, 0, 1, 0, 2], dtype=np.uint8))
    assert [(s.address, s.coinjoin) for s in result.stops] == [
        ("a", "whirlpool"),
        ("c", "wasabi1"),
    ]


class TestSeeds:
    """Seeds by address: what they received, change left out."""

    def test_change_that_comes_back_is_no_new_seed(self) -> None:
        ledger = HandLedger()
        (coin,) = ledger.mine(("seed", 50))
        ledger.pay([coin], ("shop", 20), ("seed", 30))
        result = follow(ledger, "seed")
        assert (result.graph.seed_total, result.seeds.n_change) == (50, 1)

    def test_addresses_of_one_cluster_are_each_others_change(self) -> None:
        ledger = HandLedger()
        (coin,) = ledger.mine(("seed", 50))
        ledger.pay([coin], ("shop", 20), ("other", 30))
        assert follow(ledger, "seed", "other").graph.seed_total == 50

    def test_money_that_returns_by_others_is_received_again(self) -> None:
        ledger = HandLedger()
        (coin,) = ledger.mine(("seed", 50))
        (lent,) = ledger.pay([coin], ("friend", 50))
        ledger.pay([lent], ("seed", 50))
        result = follow(ledger, "seed")
        assert result.graph.seed_total == 100
        assert [(s.reason, s.amounts.lower_sat) for s in result.stops] == [
            ("returned to a seed", 50)
        ]
        assert (result.unspent.lower_sat, result.unspent.upper_sat) == (50, 50)

    def test_a_seed_on_a_service_is_flagged_and_followed(self) -> None:
        ledger = HandLedger()
        (coin,) = ledger.mine(("hot wallet", 50))
        ledger.pay([coin], ("listed", 50))
        marks = {"hot wallet": ("Pool", "exchange"), "listed": ("P", "target")}
        result = follow(ledger, "hot wallet", marks=marks)
        assert result.to_json()["seeds"]["on_services"] == [
            {"where": ledger.outpoint(0), "name": "Pool"}
        ]
        assert [target.direct_sat for target in result.targets] == [50]

    def test_change_that_returns_to_a_named_seed_address_is_followed_on(self) -> None:
        ledger = HandLedger()
        (coin,) = ledger.mine(("hot wallet", 50))
        (change,) = ledger.pay([coin], ("hot wallet", 50))
        ledger.pay([change], ("listed", 50))
        marks = {"hot wallet": ("Pool", "exchange"), "listed": ("P", "target")}
        result = follow(ledger, "hot wallet", marks=marks)
        assert [target.name for target in result.targets] == ["P"]

    def test_seeds_after_the_last_moment_are_left_out_and_counted(self) -> None:
        ledger = HandLedger()
        ledger.mine(("seed", 1))
        ledger.mine(("seed", 2))
        result = follow(ledger, "seed", limits=Limits(not_after=SPLIT_TIME))
        assert (result.graph.seed_total, result.seeds.n_outside_window) == (1, 1)

    def test_an_outpoint_from_outside_counts_where_its_value_is_known(self) -> None:
        ledger = HandLedger()
        ledger.pay([("seed", 40)], ("listed", 40))
        name = ledger.prevout(0)
        assert name is not None
        listed = ledger.find_address("listed")
        assert listed is not None
        request = TraceRequest(FORWARD, outpoints=[name], marks=[Mark(listed, "P")])
        assert trace(ledger, request).targets[0].direct_sat == 40
        assert follow(ledger, "seed").seeds.outside_sat == 40

    def test_an_outpoint_of_unknown_value_is_refused(self) -> None:
        ledger = HandLedger()
        ledger.pay([(None, None)], ("listed", 40))
        request = TraceRequest(FORWARD, outpoints=[ledger.prevout(0) or ""])
        with pytest.raises(InputError, match="undo data"):
            trace(ledger, request)

    @pytest.mark.parametrize("outpoint", ["00" * 32 + ":0", "nonsense", "ff:1"])
    def test_an_outpoint_that_is_not_here_is_refused(self, outpoint: str) -> None:
        with pytest.raises((NotFoundError, InputError)):
            trace(HandLedger(), TraceRequest(FORWARD, outpoints=[outpoint]))

    def test_an_unknown_payer_makes_a_seed_unsure(self) -> None:
        ledger = HandLedger()
        ledger.pay([(None, None)], ("seed", 40))
        assert follow(ledger, "seed").seeds.n_unsure == 1

    def test_nothing_received_is_a_trace_of_zeros(self) -> None:
        result = trace(HandLedger(), TraceRequest(FORWARD)).to_json()
        assert (result["targets"], result["stops"]) == ([], [])
        assert result["unspent"]["upper_sat"] == result["fees"]["upper_sat"] == 0


class TestDirect:
    """The direct amount: one hop, from seed money and nothing else."""

    def paid(self, *inputs: tuple[str, int]) -> tuple[int, int, int]:
        ledger = HandLedger()
        coins = [ledger.mine(pair)[0] for pair in inputs]
        ledger.pay(coins, ("listed", 15), ("elsewhere", 1))
        result = follow(ledger, "seed", marks={"listed": ("P", "target")})
        (target,) = result.targets
        return target.direct_sat, target.amounts.lower_sat, target.amounts.upper_sat

    def test_counts_what_seed_money_alone_paid(self) -> None:
        assert self.paid(("seed", 10), ("seed", 6)) == (15, 15, 15)

    def test_counts_nothing_where_other_money_came_in(self) -> None:
        assert self.paid(("seed", 10), ("other", 6)) == (0, 9, 10)

    def test_says_not_determinable_where_nothing_is_certain(self) -> None:
        ledger = HandLedger()
        coins = [ledger.mine(("seed", 10))[0], ledger.mine(("other", 100))[0]]
        ledger.pay(coins, ("listed", 50), ("elsewhere", 60))
        (target,) = follow(ledger, "seed", marks={"listed": ("P", "target")}).targets
        assert "not determinable, between 0 and 0.00000010 BTC" in target.headline()

    def test_counts_pure_change_at_the_seed_address_but_no_second_hop(self) -> None:
        ledger = HandLedger()
        (coin,) = ledger.mine(("seed", 50))
        hop, change = ledger.pay([coin], ("hop", 20), ("seed", 30))
        ledger.pay([change], ("listed", 30))
        ledger.pay([hop], ("listed", 20))
        (target,) = follow(ledger, "seed", marks={"listed": ("P", "target")}).targets
        assert (target.direct_sat, target.amounts.lower_sat) == (30, 50)

    def test_counts_no_mixed_change_at_the_seed_address(self) -> None:
        ledger = HandLedger()
        coins = [ledger.mine(("seed", 10))[0], ledger.mine(("other", 100))[0]]
        change, _ = ledger.pay(coins, ("seed", 50), ("elsewhere", 60))
        ledger.pay([change], ("listed", 50))
        (target,) = follow(ledger, "seed", marks={"listed": ("P", "target")}).targets
        assert (target.direct_sat, target.amounts.upper_sat) == (0, 10)

    def test_an_input_worth_nothing_is_no_other_money(self) -> None:
        ledger = HandLedger()
        coins = [ledger.mine(("seed", 10))[0], ledger.mine(("other", 0))[0]]
        ledger.pay(coins, ("listed", 10))
        (target,) = follow(ledger, "seed", marks={"listed": ("P", "target")}).targets
        assert target.direct_sat == 10


class TestGaps:
    """Money that may have moved unseen widens the upper bound, and is said."""

    def ledger(self) -> HandLedger:
        ledger = HandLedger()
        (coin,) = ledger.mine(("seed", 50))
        _, kept = ledger.pay([coin], ("listed", 10), ("kept", 40))
        ledger.skip_blocks(3)
        ledger.pay([("someone", 25)], ("listed", 25))
        del kept
        return ledger

    def test_widens_up_to_what_the_target_took_in(self) -> None:
        result = follow(self.ledger(), "seed", marks={"listed": ("P", "target")})
        (target,) = result.targets
        assert (target.amounts.lower_sat, target.amounts.upper_sat) == (10, 35)
        assert result.to_json()["reentry"] is True
        assert "3 of the blocks" in (result.reentry or "")
        assert result.unspent.lower_sat == 0

    def test_widens_no_further_than_what_left_sight(self) -> None:
        ledger = self.ledger()
        ledger.mine(("listed", 1000))
        (target,) = follow(ledger, "seed", marks={"listed": ("P", "target")}).targets
        assert (target.amounts.lower_sat, target.amounts.upper_sat) == (10, 50)

    def test_a_gap_before_the_first_seed_is_none(self) -> None:
        ledger = HandLedger()
        ledger.mine(("old", 1))
        ledger.skip_blocks()
        (coin,) = ledger.mine(("seed", 50))
        ledger.pay([coin], ("listed", 10), ("kept", 40))
        result = follow(ledger, "seed", marks={"listed": ("P", "target")})
        assert result.reentry is None
        assert result.targets[0].amounts.upper_sat == 10

    def test_single_transactions_are_all_gaps(self) -> None:
        ledger = HandLedger()
        ledger.source = "esplora-json"
        ledger.mine(("seed", 50))
        assert "single transactions" in (follow(ledger, "seed").reentry or "")


class TestBackward:
    def test_ends_at_mining_border_and_services(self) -> None:
        ledger = HandLedger()
        (mined,) = ledger.mine(("miner", 50))
        (hot,) = ledger.mine(("hot", 30))
        ledger.pay([mined, ("stranger", 20), hot], ("listed", 100))
        result = follow(
            ledger, "listed", marks={"hot": ("Pool", "exchange")}, direction=BACKWARD
        )
        assert [(s.reason, s.amounts.lower_sat, s.address) for s in result.stops] == [
            ("coinbase", 50, "miner"),
            ("border", 20, "stranger"),
            ("exchange", 30, "hot"),
        ]
        assert result.target("Pool") is not None
        assert result.fees.upper_sat == 0

    def test_a_known_owner_outside_is_met_there(self) -> None:
        ledger = HandLedger()
        ledger.pay([("hot", 20)], ("listed", 20))
        result = follow(
            ledger, "listed", marks={"hot": ("Pool", "exchange")}, direction=BACKWARD
        )
        assert [t.direct_sat for t in result.targets] == [20]


class TestNames:
    def ledger(self) -> HandLedger:
        ledger = HandLedger()
        coins = ledger.mine(("seed", 10), ("seed", 20))
        ledger.pay([coins[0]], ("site", 10))
        ledger.pay([coins[1]], ("site", 20))
        return ledger

    def met(self, *marks: Mark) -> dict[str, int]:
        ledger = self.ledger()
        request = TraceRequest(
            FORWARD, addresses=[ledger.find_address("seed") or 0], marks=marks
        )
        return {t.name: t.amounts.lower_sat for t in trace(ledger, request).targets}

    def test_totals_are_split_where_a_name_changes_hands(self) -> None:
        handover = SPLIT_TIME + 1200
        site = 1
        assert self.met(
            Mark(site, "Campaign", valid_to=handover),
            Mark(site, "Authority", valid_from=handover),
        ) == {"Campaign": 10, "Authority": 20}

    def test_amounts_outside_a_tags_dates_stand_apart(self) -> None:
        assert self.met(Mark(1, "Campaign", valid_to=SPLIT_TIME + 1200)) == {
            "Campaign": 10,
            "Campaign (outside its tag's dates)": 20,
        }

    def test_contradicting_names_are_both_shown(self) -> None:
        assert self.met(Mark(1, "B"), Mark(1, "A")) == {"A | B": 30}

    def test_names_by_cluster_earn_no_direct_amount(self) -> None:
        ledger = self.ledger()
        request = TraceRequest(
            FORWARD,
            addresses=[ledger.find_address("seed") or 0],
            marks=[Mark(1, "Pool", "exchange", "cluster")],
        )
        (target,) = trace(ledger, request).targets
        assert (target.direct_sat, target.n_by_cluster) == (0, 2)
        assert target.amounts.lower_sat == 30

    def test_a_tag_on_the_address_itself_outweighs_its_cluster(self) -> None:
        ledger = self.ledger()
        for ways in (("tag", "cluster"), ("cluster", "tag"), ("request", "cluster")):
            marks = [replace(Mark(1, "Pool", "exchange"), by=way) for way in ways]
            request = TraceRequest(
                FORWARD, addresses=[ledger.find_address("seed") or 0], marks=marks
            )
            (target,) = trace(ledger, request).targets
            assert (target.direct_sat, target.n_by_cluster) == (30, 0)


def test_a_transaction_that_pays_out_more_than_it_takes_in_is_refused() -> None:
    ledger = HandLedger()
    (coin,) = ledger.mine(("seed", 10))
    ledger.pay([coin], ("b", 11))
    with pytest.raises(StoreError, match="pays out more"):
        follow(ledger, "seed")


def test_sums_beyond_all_money_are_refused_and_never_wrap() -> None:
    ledger = HandLedger()
    coins = ledger.mine(*[("seed", 2**60)] * 9)
    ledger.pay(coins, ("b", 1))
    with pytest.raises((StoreError, InputError)):
        follow(ledger, "seed")


def test_every_stop_has_words() -> None:
    assert all(code.reason for code in StopCode)
