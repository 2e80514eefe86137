"""Denominators: all that addresses took in, counted once and exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.ledger.accounts.literal import HandAccounts
from dalil.tracing.accounts import receipts
from dalil.tracing.accounts.receipts import Receipts

AMOUNTS = st.one_of(st.integers(0, 9), st.sampled_from([(1 << 61) - 1, 1 << 70]))


@pytest.mark.parametrize("room", [4_000_000, 1], ids=["all kept", "none kept"])
@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), AMOUNTS)))
def test_receipts_up_to_a_transfer_are_what_adding_up_one_by_one_gives(
    room: int, moves: list[tuple[str, str, int]]
) -> None:
    ledger = HandAccounts()
    for move in moves:
        ledger.pay(*move)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(receipts, "_MOST_KEPT", room)
        asked = Receipts(ledger, 0)
        for word in sorted({word for move in moves for word in move[:2]}):
            address = ledger.find_address(word)
            assert address is not None
            for last in range(len(moves)):
                came = (v for a, b, v in moves[: last + 1] if b == word != a)
                assert asked.until(address, last) == sum(came)


def test_a_sum_of_many_large_amounts_needs_no_wide_column() -> None:
    ledger = HandAccounts()
    for _ in range(40):
        ledger.pay("NOBODY", "a", 1 << 61)
    address = ledger.find_address("a")
    assert address is not None
    assert Receipts(ledger, 0).until(address, np.iinfo(np.int64).max) == 40 << 61
