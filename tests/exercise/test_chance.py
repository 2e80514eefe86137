"""Dice, keys and rates: small parts that everything else leans on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalil.chains.bitcoin.scripts import ScriptType
from dalil.errors import InputError
from dalil.exercise.coinjoins import STANDARD_DENOMINATIONS, decompose
from dalil.exercise.dice import Dice
from dalil.exercise.keys import KeyRing
from dalil.exercise.locks import lock_with_key, lock_without_key
from dalil.exercise.rates import Rate


def test_dice_fall_as_they_fell_when_this_was_written() -> None:
    """Pinned, since a change would silently change every exercise ever made."""
    dice = Dice(1, "pinned")
    assert [dice.below(1000) for _ in range(5)] == [825, 316, 582, 683, 50]


@given(st.integers(0, 50), st.integers(1, 50))
def test_times_averages_and_never_strays_by_one(
    numerator: int, denominator: int
) -> None:
    dice = Dice(numerator, "times")
    draws = [dice.times(numerator, denominator) for _ in range(50)]
    assert all(abs(n - numerator / denominator) < 1 for n in draws)


def test_times_is_right_on_average() -> None:
    dice = Dice(2, "average")
    mean = sum(dice.times(7, 4) for _ in range(4000)) / 4000
    assert abs(mean - 1.75) < 0.05


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=6))
def test_amounts_stay_within_their_quantiles(points: list[int]) -> None:
    dice = Dice(3, "amounts")
    quantiles = sorted(points)
    drawn = [dice.amount(quantiles) for _ in range(20)]
    assert all(quantiles[0] <= value <= quantiles[-1] for value in drawn)


@given(st.lists(st.integers(), max_size=12), st.integers(0, 99))
def test_shuffling_loses_nothing(items: list[int], seed: int) -> None:
    assert sorted(Dice(seed, "pack").shuffled(items)) == sorted(items)


def test_keys_are_the_same_in_whatever_order_they_are_asked_for() -> None:
    places = [0, 5, 511, 512, 1700, 3]
    there = [KeyRing(b"k")[i] for i in places]
    ring = KeyRing(b"k")
    assert [ring[i] for i in reversed(places)] == there[::-1]


@pytest.mark.parametrize("kind", [ScriptType.P2SH, ScriptType.OP_RETURN])
def test_a_key_locks_no_script_hash(kind: ScriptType) -> None:
    with pytest.raises(InputError, match="no single key"):
        lock_with_key(kind, *KeyRing(b"k")[0])


def test_a_lock_without_a_key_is_a_script_hash() -> None:
    with pytest.raises(InputError, match="only script hashes"):
        lock_without_key(ScriptType.P2PKH, 1)


@given(st.integers(5_000, 10**11), st.integers(0, 20))
def test_decomposition_is_standard_but_for_one_rest(value: int, seed: int) -> None:
    parts = decompose(value, Dice(seed, "round"))
    assert 0 <= value - sum(parts) < 5_000
    odd = [part for part in parts if part not in STANDARD_DENOMINATIONS]
    assert len(odd) <= 1


def test_standard_denominations_are_the_protocols() -> None:
    """The smallest of WabiSabi's list, from its clients' published table."""
    smallest = sorted(STANDARD_DENOMINATIONS)[:9]
    assert smallest == [5000, 6561, 8192, 10000, 13122, 16384, 19683, 20000, 32768]


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        pytest.param(0, 10, 0.0, 0.2775, id="no hit is not a rate of zero"),
        pytest.param(10, 10, 0.7225, 1.0, id="all hits are not certainty"),
        pytest.param(50, 100, 0.4038, 0.5962, id="the textbook's half"),
        pytest.param(0, 0, 0.0, 1.0, id="nothing tried says nothing"),
    ],
)
def test_wilson(hits: int, n: int, low: float, high: float) -> None:
    assert Rate(hits, n).interval == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 200), st.integers(1, 200))
def test_the_interval_holds_the_rate(hits: int, n: int) -> None:
    hits = min(hits, n)
    low, high = Rate(hits, n).interval
    assert 0 <= low <= hits / n + 1e-12
    assert hits / n - 1e-12 <= high <= 1
