from __future__ import annotations

from itertools import pairwise
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalil.chains.accounts import EventKind, TransferKind
from dalil.clustering.accounts import BaseRateRule, freeze_windows, frozen_balances
from dalil.clustering.accounts.base_rate import BaseRate, History, base_rate
from dalil.clustering.accounts.telling import window_words
from dalil.errors import InputError
from dalil.ledger.accounts.literal import HandAccounts
from tests.clustering.accounts.worlds import COIN, START

HOUR = 3600


class Usdt(HandAccounts):
    """A ledger with a token whose contract has an address, and its signers."""

    def __init__(self, *, from_genesis: bool = True) -> None:
        super().__init__(from_genesis=from_genesis)
        self.pay("treasury", "target", 0)
        self.contract = "0x" + self.token_key[0].tobytes().hex()
        self.name(self.contract)

    def ask(self, who: str = "target", ref: int = 7, **when: int) -> int:
        return self.tell(
            EventKind.SUBMISSION,
            who,
            contract="signers",
            other=self.contract,
            ref=ref,
            **cast("Any", when),
        )

    def freeze(self, who: str = "target", ref: int = 7, **when: int) -> int:
        event = self.tell(
            EventKind.FREEZE, who, contract=self.contract, **cast("Any", when)
        )
        if ref >= 0:
            self.tell(EventKind.EXECUTION, contract="signers", ref=ref, in_same_tx=True)
        return event

    def lift(self, who: str = "target") -> int:
        return self.tell(EventKind.UNFREEZE, who, contract=self.contract)


def test_what_left_between_the_request_and_the_freeze_is_listed_and_added_up() -> None:
    ledger = Usdt()
    ledger.pay("donor", "target", 100 * COIN)
    ledger.pay("target", "before", 1 * COIN)
    ledger.ask()
    inside = [ledger.pay("target", "x", 2**100), ledger.pay("target", "y", 3)]
    ledger.pay("target", "target", 5)
    ledger.pay("target", "nobody", 0)
    ledger.pay("target", "x", 9, "another token")
    ledger.freeze()
    ledger.pay("target", "after", 4)
    (window,) = freeze_windows(ledger).windows
    assert window.outflow.tolist() == inside
    assert window.amount == 2**100 + 3
    assert window.freeze.paired_by == "number"
    told = window.to_json(ledger)
    assert (told["n_outflow"], told["outflow_amount"]) == (2, str(2**100 + 3))
    assert told["submission_txid"] != told["txid"]


def test_order_within_a_transaction_decides() -> None:
    ledger = Usdt()
    ledger.pay("target", "x", 5)
    ledger.tell(EventKind.APPROVAL, "z", in_same_tx=True)
    ledger.ask(in_same_tx=True)
    inside = ledger.pay("target", "x", 6)
    ledger.freeze()
    ledger.pay("target", "x", 7, in_same_tx=True)
    (window,) = freeze_windows(ledger).windows
    assert window.outflow.tolist() == [inside]


def test_a_freeze_without_a_request_has_no_window() -> None:
    ledger = Usdt()
    ledger.pay("target", "x", COIN)
    ledger.freeze()
    (window,) = freeze_windows(ledger).windows
    told = window.to_json(ledger)
    assert (told["n_outflow"], told["outflow_amount"], told["base_rate"]) == (None,) * 3
    assert "No request" in told["words"]["en"]


def test_the_number_names_the_request_even_if_another_came_later() -> None:
    ledger = Usdt()
    first = ledger.ask(ref=1)
    ledger.ask(ref=2)
    ledger.freeze(ref=1)
    assert freeze_windows(ledger).windows[0].freeze.submission == first


def test_without_a_number_the_latest_request_about_the_account_counts() -> None:
    ledger = Usdt()
    ledger.ask(ref=1)
    last = ledger.ask(ref=2)
    ledger.ask("other", ref=3)
    ledger.freeze(ref=-1)
    freeze = freeze_windows(ledger).windows[0].freeze
    assert (freeze.submission, freeze.paired_by) == (last, "subject")


def test_a_number_that_is_about_another_account_pairs_nothing() -> None:
    ledger = Usdt()
    ledger.ask("other", ref=1)
    ledger.freeze("target", ref=1)
    assert freeze_windows(ledger).windows[0].freeze.paired_by is None


def test_a_request_used_up_by_an_earlier_freeze_is_not_used_again() -> None:
    ledger = Usdt()
    ledger.ask(ref=1)
    ledger.freeze(ref=-1)
    ledger.lift()
    ledger.freeze(ref=-1)
    pairs = [one.freeze.paired_by for one in freeze_windows(ledger).windows]
    assert pairs == ["subject", None]


def test_a_request_that_nothing_followed_is_pending() -> None:
    ledger = Usdt()
    ledger.ask("other", ref=1)
    ledger.ask("target", ref=2)
    ledger.freeze("target", ref=2)
    found = freeze_windows(ledger)
    assert [ledger.address_text(one.address) for one in found.pending] == ["other"]
    assert len(found.to_json(ledger)["pending"]) == 1


def test_frozen_lifted_destroyed_and_held() -> None:
    ledger = Usdt()
    for who in ("target", "lifted", "wiped"):
        ledger.pay("donor", who, 10 * COIN)
        ledger.freeze(who, ref=-1)
    ledger.lift("lifted")
    ledger.pay("lifted", "shop", 4 * COIN)
    ledger.pay("wiped", "NOBODY", 10 * COIN, kind=TransferKind.DESTROY)
    ledger.tell(
        EventKind.DESTROY,
        "wiped",
        contract=ledger.contract,
        amount=10 * COIN,
        in_same_tx=True,
    )
    ledger.pay("late donor", "target", 2 * COIN)
    found = {ledger.address_text(one.address): one for one in frozen_balances(ledger)}
    told = {
        name: (one.is_frozen, one.balance, one.destroyed) for name, one in found.items()
    }
    assert told == {
        "target": (True, 12 * COIN, 0),
        "lifted": (False, 6 * COIN, 0),
        "wiped": (True, 0, 10 * COIN),
    }
    written = found["wiped"].to_json(ledger)
    assert written["destroyed_amount"] == str(10 * COIN)
    assert written["frozen"] is True
    assert found["lifted"].to_json(ledger)["lifted_utc"] is not None


def test_frozen_again_after_a_lift_is_frozen() -> None:
    ledger = Usdt()
    ledger.freeze()
    ledger.lift()
    again = ledger.freeze()
    (one,) = frozen_balances(ledger)
    assert (one.freeze, one.unfreeze) == (again, None)


@pytest.mark.parametrize(
    ("from_genesis", "came", "expected"),
    [
        pytest.param(True, 5, 2, id="all of it is in the ledger"),
        pytest.param(False, 5, None, id="what came before is not known"),
        pytest.param(True, 1, None, id="more left than came: something is missing"),
    ],
)
def test_a_balance_is_told_only_where_it_adds_up(
    from_genesis: bool, came: int, expected: int | None
) -> None:
    ledger = Usdt(from_genesis=from_genesis)
    ledger.pay("donor", "target", came)
    ledger.pay("target", "x", 3)
    ledger.freeze()
    assert frozen_balances(ledger)[0].balance == expected


def busy(n_days: int, every: int, inside: int) -> Usdt:
    """Pay every few days, then be frozen a day after the request."""
    ledger = Usdt()
    ledger.pay("donor", "target", 10**6 * COIN, time=START)
    for day in range(n_days):
        if day % every == 0:
            ledger.pay("target", "x", COIN, time=START + day * 24 * HOUR + HOUR)
    ledger.ask(time=START + n_days * 24 * HOUR)
    for _ in range(inside):
        ledger.pay("target", "y", COIN)
    ledger.freeze(time=START + (n_days + 1) * 24 * HOUR)
    return ledger


@pytest.mark.parametrize(
    ("ledger", "p"),
    [
        pytest.param(busy(99, 1, 1), 1.0, id="it pays every day anyway"),
        pytest.param(busy(99, 3, 1), 0.34, id="every third day"),
        pytest.param(busy(99, 100, 1), 0.02, id="once before, in ninety-nine days"),
        pytest.param(busy(99, 1, 2), 0.01, id="twice in a day, never before"),
        pytest.param(busy(99, 1, 0), 1.0, id="nothing left"),
        pytest.param(busy(18, 1, 5), None, id="too little history"),
    ],
)
def test_beside_what_the_address_did_before(ledger: Usdt, p: float | None) -> None:
    (window,) = freeze_windows(ledger).windows
    assert window.rate is not None
    assert window.rate.p_value == p
    assert window.rate.verdict == ("tested" if p else "too_little_history")


def test_days_with_nothing_to_pay_do_not_count_as_restraint() -> None:
    ledger = Usdt()
    ledger.pay("donor", "target", COIN, time=START)
    ledger.pay("target", "x", COIN, time=START + HOUR)
    for day in (200, 201):
        ledger.pay("donor", "target", COIN, time=START + day * 24 * HOUR)
    ledger.ask(time=START + 202 * 24 * HOUR)
    ledger.pay("target", "y", COIN)
    ledger.freeze(time=START + 203 * 24 * HOUR)
    (window,) = freeze_windows(ledger).windows
    assert window.rate is not None
    assert (window.rate.verdict, window.rate.n_windows) == ("too_little_history", 3)
    assert "Unknown" in window.words(ledger).en


def test_a_window_of_no_length_is_not_tested() -> None:
    ledger = busy(99, 1, 0)
    time = int(ledger.block_time[-1]) + HOUR
    ledger.ask("x", ref=9, time=time)
    ledger.freeze("x", ref=9, time=time)
    rate = freeze_windows(ledger).windows[1].rate
    assert rate is not None
    assert rate.verdict == "no_length"


def test_statistics_over_all_windows() -> None:
    ledger = busy(99, 3, 1)
    ledger.freeze("stranger", ref=-1)
    found = freeze_windows(ledger)
    told = found.statistics()
    assert (told.n_freezes, told.n_windows, told.n_with_outflow) == (2, 1, 1)
    assert (told.n_tested, told.expected_with_outflow) == (1, 33 / 99)
    assert told.median_window_s == 24 * HOUR
    assert found.to_json(ledger)["statistics"]["n_one_in_twenty"] == 0
    assert len(found.about(ledger.name("target"))) == 1


def test_words_tell_figures_and_never_a_motive() -> None:
    rate = BaseRate("tested", 99, 3, 1, 40, 0.05, holdings_known=True)
    told = window_words(2679, 2, 1_500_000, 6, rate)
    assert "outflow inside the window" in told.en.lower()
    assert "1.5 tokens" in told.en
    assert "may be chance" in told.en
    assert "مصادفة" in told.ar
    every = [
        window_words(*case)
        for case in [
            (None, 0, None, None, None),
            (60, 0, 0, 6, rate),
            (60, 1, 5, None, None),
            (2679, 2, 1_500_000, 6, rate),
        ]
    ]
    for words in every:
        for bad in ("escape", "evad", "flee", "guilt", "suspicio", "هرب", "تهرب"):
            assert bad not in words.en.lower() + words.ar


def test_a_rank_needs_windows() -> None:
    with pytest.raises(InputError):
        BaseRateRule(0)


def test_p_is_uniform_where_times_are_shuffled() -> None:
    """Outflow at random times: the rank, ties broken by lot, is uniform."""
    random = np.random.default_rng(20_250_515)
    values, lots = [], []
    for _ in range(4_000):
        n = int(random.integers(5, 300))
        times = np.sort(random.integers(0, 100 * HOUR, n))
        past = times[times < 99 * HOUR]
        history = History(past, np.concatenate(([0], past)), None)
        found = base_rate(
            history, 99 * HOUR, 100 * HOUR, int((times >= 99 * HOUR).sum())
        )
        assert found.p_value is not None
        values.append(found.p_value)
        lots.append(
            (found.n_more + random.random() * (found.n_as_many + 1))
            / (found.n_windows + 1)
        )
    ranked = np.sort(lots)
    distance = np.abs(ranked - (np.arange(ranked.size) + 0.5) / ranked.size).max()
    assert distance < 1.63 / np.sqrt(ranked.size)
    for alpha in (0.01, 0.05, 0.1, 0.5):
        share = np.mean(np.array(values) <= alpha)
        assert share <= alpha + 4 * np.sqrt(alpha / len(values))


@given(
    st.lists(st.integers(0, 500), max_size=30),
    st.integers(1, 40),
    st.integers(0, 4),
    st.booleans(),
)
def test_rank_against_cutting_the_past_window_by_window(
    times: list[int], length: int, n_out: int, held: bool
) -> None:
    times = sorted(times)
    opened = 500
    array = np.array(times, dtype=np.int64)
    holding = np.zeros(array.size, dtype=np.bool_) if held else None
    found = base_rate(
        History(array, array, holding), opened, opened + length, n_out, BaseRateRule(1)
    )
    past = [t for t in times if t < opened]
    edges = range(opened, (past[0] if past else opened) - 1, -length)
    counts = [sum(low <= t < high for t in past) for high, low in pairwise(edges)]
    if held:
        counts = [one for one in counts if one]
    if not counts:
        assert found.verdict == "too_little_history"
        return
    many = sum(one >= n_out for one in counts)
    assert found.n_windows == len(counts)
    assert found.p_value == (many + 1) / (len(counts) + 1)
    assert found.n_any == sum(one > 0 for one in counts)
