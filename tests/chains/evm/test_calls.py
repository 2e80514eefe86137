"""Call data: what was asked for, by whom it is about, and what is refused."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from dalil.chains.accounts import EventKind
from dalil.chains.evm import keccak256
from dalil.chains.evm.calls import read_call, with_call
from dalil.chains.evm.events import EventLog

TOKEN, ALICE, BOB, WALLET = (bytes([i]) * 20 for i in (0x70, 0xA1, 0xB0, 0x3A))
addresses = st.binary(min_size=20, max_size=20)
amounts = st.integers(0, 2**256 - 1)


def call(signature: str, *values: bytes | int) -> bytes:
    types = signature.partition("(")[2].removesuffix(")").split(",")
    return keccak256(signature.encode())[:4] + encode(types, values)


def submit(data: bytes, token: bytes = TOKEN) -> bytes:
    return call("submitTransaction(address,uint256,bytes)", token, 0, data)


FREEZE = call("addBlackList(address)", ALICE)
ASKED = EventLog(EventKind.SUBMISSION, WALLET, ref=4)


@given(addresses, addresses, amounts)
def test_transfers_as_the_abi_library_writes_them(
    sender: bytes, to: bytes, amount: int
) -> None:
    found = read_call(call("transfer(address,uint256)", to, amount))
    assert found is not None
    assert found[:3] == ("transfer", (to,), (amount,))
    data = call("transferFrom(address,address,uint256)", sender, to, amount)
    found = read_call(data + b"a note behind")
    assert found is not None
    assert found[:3] == ("transferFrom", (sender, to), (amount,))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (FREEZE, EventKind.SUBMISSION),
        (call("removeBlackList(address)", ALICE), EventKind.UNFREEZE_SUBMISSION),
    ],
    ids=["a freeze", "its lifting"],
)
def test_a_submission_tells_whom_it_is_about(data: bytes, kind: EventKind) -> None:
    told = with_call(ASKED, WALLET, submit(data))
    assert told == EventLog(kind, WALLET, ALICE, TOKEN, ref=4)


UNTOLD = [
    ("another contract was called", BOB, submit(FREEZE)),
    ("no call data", WALLET, b""),
    ("another call is asked for", WALLET, submit(call("issue(uint256)", 5))),
    ("a wallet asked to ask a wallet", WALLET, submit(submit(FREEZE))),
    ("the call inside is cut short", WALLET, submit(FREEZE[:-1])),
    ("the call itself is cut short", WALLET, submit(FREEZE)[:-33]),
    ("its bytes start behind its end", WALLET,
     submit(FREEZE)[:68] + (2**255).to_bytes(32, "big") + submit(FREEZE)[100:]),
    ("ten million bytes inside", WALLET, submit(FREEZE + bytes(10**7))),
]  # fmt: skip


@pytest.mark.parametrize(
    ("to", "data"), [row[1:] for row in UNTOLD], ids=[row[0] for row in UNTOLD]
)
def test_a_subject_that_stays_untold(to: bytes, data: bytes) -> None:
    assert with_call(ASKED, to, data) == ASKED


def test_other_events_have_no_call() -> None:
    event = EventLog(EventKind.EXECUTION, WALLET, ref=4)
    assert with_call(event, WALLET, submit(FREEZE)) == event


def test_the_prefix_of_tron_is_passed_over_there_only() -> None:
    data = bytearray(call("transfer(address,uint256)", ALICE, 5))
    data[15] = 0x41
    found = read_call(bytes(data), tron=True)
    assert found is not None
    assert found.addresses == (ALICE,)
    assert read_call(bytes(data)) is None
    data[14] = 1
    assert read_call(bytes(data), tron=True) is None


@given(st.sampled_from([FREEZE, submit(FREEZE)]), st.integers(0, 300))
def test_no_cut_breaks_the_reading(data: bytes, n_left: int) -> None:
    assert (read_call(data[:n_left]) is not None) == (n_left >= len(data))
