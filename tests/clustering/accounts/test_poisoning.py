from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalil.chains import tron
from dalil.clustering.accounts import PoisoningRule, TokenFlag, flag_tokens, poisoning
from dalil.clustering.accounts.spelling import exact_classes, rough_classes
from dalil.errors import InputError
from dalil.ledger.accounts.literal import HandAccounts
from tests.clustering.accounts.worlds import COIN, spelled

if TYPE_CHECKING:
    from collections.abc import Callable

PARTNER = spelled("abcd", "beef", "1")
IMITATION = spelled("abcd", "beef", "2")


def dealt() -> HandAccounts:
    ledger = HandAccounts()
    ledger.pay("victim", PARTNER, 50 * COIN)
    return ledger


def _zero_in_the_victims_name(ledger: HandAccounts) -> int:
    return ledger.pay("victim", IMITATION, 0)


def _dust_from_the_imitation(ledger: HandAccounts) -> int:
    return ledger.pay(IMITATION, "victim", 100)


def _fake_token(ledger: HandAccounts) -> int:
    return ledger.pay("victim", IMITATION, 50 * COIN, "fake")


@pytest.mark.parametrize(
    ("plant", "bait"),
    [
        pytest.param(_zero_in_the_victims_name, "zero", id="zero, in his own name"),
        pytest.param(_dust_from_the_imitation, "dust", id="dust from the imitation"),
        pytest.param(_fake_token, "fake_token", id="a fake token for its amount"),
    ],
)
def test_noise_with_the_address_it_imitates(
    plant: Callable[[HandAccounts], int], bait: str
) -> None:
    ledger = dealt()
    row = plant(ledger)
    fake = ledger.find_token("fake")
    found = poisoning(ledger, fake_tokens=[] if fake is None else [fake])
    assert found.transfer.tolist() == [row]
    told = found.why(ledger, row)
    assert told is not None
    assert (told["bait"], told["victim"]) == (bait, "victim")
    assert (told["look_alike"], told["imitated"]) == (IMITATION, PARTNER)
    assert found.why(ledger, 0) is None


def _zero_with_a_stranger(ledger: HandAccounts) -> None:
    ledger.pay("victim", spelled("abcd", "bee0"), 0)


def _zero_with_the_partner_himself(ledger: HandAccounts) -> None:
    ledger.pay("victim", PARTNER, 0)


def _the_theft_itself(ledger: HandAccounts) -> None:
    ledger.pay("victim", IMITATION, 50 * COIN)


def _zero_of_somebody_else(ledger: HandAccounts) -> None:
    ledger.pay("bystander", IMITATION, 0)


def _a_partner_after_the_theft(ledger: HandAccounts) -> None:
    ledger.pay("victim", IMITATION, 50 * COIN)
    ledger.pay("victim", PARTNER, 0)


@pytest.mark.parametrize(
    "plant",
    [
        pytest.param(_zero_with_a_stranger, id="the last character differs"),
        pytest.param(_zero_with_the_partner_himself, id="the partner himself"),
        pytest.param(_the_theft_itself, id="what the victim really paid is theft"),
        pytest.param(_zero_of_somebody_else, id="who never dealt with the partner"),
        pytest.param(_a_partner_after_the_theft, id="the real one stays the real one"),
    ],
)
def test_no_noise(plant: Callable[[HandAccounts], None]) -> None:
    ledger = dealt()
    plant(ledger)
    assert len(poisoning(ledger)) == 0


def test_a_partner_met_only_later_was_not_imitated_before() -> None:
    ledger = HandAccounts()
    ledger.pay("victim", IMITATION, 0)
    ledger.pay("victim", PARTNER, COIN)
    assert len(poisoning(ledger)) == 0


def test_dust_is_told_by_the_tokens_decimals_or_by_whoever_asks() -> None:
    ledger = dealt()
    ledger.pay(IMITATION, "victim", COIN)
    token = int(ledger.transfer_token[0])
    assert len(poisoning(ledger)) == 0
    assert len(poisoning(ledger, dust={token: COIN})) == 1


def test_the_ends_compared_are_chosen() -> None:
    ledger = HandAccounts()
    ledger.pay("victim", spelled("abcd00", "beef00"), COIN)
    ledger.pay("victim", spelled("abcd11", "11ef00"), 0)
    assert len(poisoning(ledger)) == 1
    assert len(poisoning(ledger, PoisoningRule(n_first=8))) == 0
    assert len(poisoning(ledger, PoisoningRule(n_last=6))) == 0
    with pytest.raises(InputError):
        PoisoningRule(n_first=0)


def test_noise_never_makes_or_breaks_a_sweep() -> None:
    ledger = dealt()
    row = _dust_from_the_imitation(ledger)
    found = poisoning(ledger)
    assert found.to_json(ledger)["transfers"][0]["transfer"].endswith(f":{0}")
    assert row in found.transfer


class TronAccounts(HandAccounts):
    """Words spelled in hex, shown as TRON does."""

    def __init__(self) -> None:
        super().__init__()
        self.chain = tron.CAIP2

    def address_text(self, address: int, /) -> str:
        return tron.encode_address(self.address_key[address].tobytes())


def test_on_tron_the_start_alone_is_not_enough() -> None:
    ledger = TronAccounts()
    near = spelled("abcdef12", "", "1"), spelled("abcdef12", "", "2")
    ledger.pay("victim", near[0], COIN)
    ledger.pay("victim", near[1], 0)
    shown = [ledger.address_text(i) for i in (1, 2)]
    assert shown[0][:6] == shown[1][:6]
    assert len(poisoning(ledger)) == 0
    assert len(poisoning(ledger, PoisoningRule(n_first=6, n_last=1))) == int(
        shown[0][-1] == shown[1][-1]
    )


@given(
    st.lists(st.binary(min_size=20, max_size=20), min_size=2, max_size=8),
    st.integers(0, 19),
    st.integers(3, 10),
    st.integers(1, 10),
    st.booleans(),
)
def test_rough_classes_hold_every_exact_one(
    keys: list[bytes], cut: int, n_first: int, n_last: int, on_tron: bool
) -> None:
    keys = [*keys, keys[0][:cut] + keys[1][cut:]]
    ledger = TronAccounts() if on_tron else HandAccounts()
    for key in keys:
        ledger.pay("0x" + key.hex(), "sink", 1)
    ids = np.arange(len(ledger.address_key) - 1)
    rough = rough_classes(ledger, n_first, n_last).tolist()
    exact = exact_classes(ledger, ids, n_first, n_last).tolist()
    seen: dict[int, int] = {}
    for one, other in zip(exact, rough, strict=False):
        assert seen.setdefault(one, other) == other


ENDS = st.sampled_from(["abcd", "abce"])
PAYMENT = st.tuples(
    st.integers(0, 2),
    ENDS,
    st.integers(0, 2),
    st.sampled_from([0, 5, COIN]),
    st.booleans(),
)


@given(st.lists(PAYMENT, max_size=20))
def test_against_asking_for_each_transfer(
    payments: list[tuple[int, str, int, int, bool]],
) -> None:
    ledger = HandAccounts()
    seen: list[tuple[str, str, int]] = []
    for person, first, middle, amount, out in payments:
        ends = (f"person {person}", spelled(first, "beef", str(middle)))
        source, to = ends if out else ends[::-1]
        ledger.pay(source, to, amount)
        seen.append((*ends, amount))
    expected = {}
    for row, (person_, other, amount) in enumerate(seen):
        if amount > 5:
            continue
        real = [
            o for p, o, a in seen[:row] if p == person_ and a > 5 and o[:6] == other[:6]
        ]
        if real and real[0] != other:
            expected[row] = real[0]
    found = poisoning(ledger)
    told = {
        int(row): ledger.address_text(int(one))
        for row, one in zip(found.transfer, found.imitated, strict=True)
    }
    assert told == expected


def test_a_token_is_its_contract_and_not_its_symbol() -> None:
    ledger = HandAccounts(native="ETH")
    for coin in ("ETH", "fake", "other", "silent"):
        ledger.pay("a", "b", 1, coin)
    flags = flag_tokens(ledger, {1: "UЅDT", 2: "SUN"})
    unknown = TokenFlag.UNKNOWN
    assert flags.flag.tolist() == [
        TokenFlag.KNOWN,
        TokenFlag.LOOK_ALIKE,
        unknown,
        unknown,
    ]
    assert flags.look_alikes().tolist() == [1]
    assert flags.counted().tolist() == [0, 2, 3]
    told = [one["flag"] for one in flags.to_json(ledger)]
    assert told == ["known", "look-alike", "unknown token", "unknown token"]
