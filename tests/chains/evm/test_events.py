"""Logs read as transfers and events, and what is refused instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from dalil.chains.accounts import NOBODY, EventKind, TransferKind
from dalil.chains.evm.events import (
    TRANSFER,
    EventLog,
    Log,
    LogProblem,
    LogRead,
    TransferLog,
    read_log,
    read_logs,
    topic_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

TOKEN, ALICE, BOB, WALLET = (bytes([i]) * 20 for i in (0x70, 0xA1, 0xB0, 0x3A))
ISSUE, REDEEM = topic_of("Issue(uint256)"), topic_of("Redeem(uint256)")
DESTROYED = topic_of("DestroyedBlackFunds(address,uint256)")
ADDED = topic_of("AddedBlackList(address)")
addresses = st.binary(min_size=20, max_size=20)
amounts = st.integers(0, 2**256 - 1)


def word(value: bytes | int) -> bytes:
    """Pad as the ABI does; eth_abi is the judge in the property tests."""
    if isinstance(value, int):
        return value.to_bytes(32, "big")
    return value.rjust(32, b"\0")


def test_topics_are_those_the_chain_shows() -> None:
    # as printed by Etherscan for USDT's and USDC's contracts
    assert TRANSFER.hex() == (
        "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    )
    assert DESTROYED.hex() == (
        "61e6e66b0d6339b2980aecc6ccc0039736791f0ccde9ed512e789a7fbdd698c6"
    )


EVENTS = [
    ("approval", "Approval(address,address,uint256)", [ALICE, BOB], [9],
     EventLog(EventKind.APPROVAL, TOKEN, ALICE, BOB, 9)),
    ("freeze, account in data", "AddedBlackList(address)", [], [ALICE],
     EventLog(EventKind.FREEZE, TOKEN, ALICE)),
    ("freeze, account in a topic", "AddedBlackList(address)", [ALICE], [],
     EventLog(EventKind.FREEZE, TOKEN, ALICE)),
    ("unfreeze", "RemovedBlackList(address)", [], [ALICE],
     EventLog(EventKind.UNFREEZE, TOKEN, ALICE)),
    ("USDC's freeze", "Blacklisted(address)", [ALICE], [],
     EventLog(EventKind.FREEZE, TOKEN, ALICE)),
    ("USDC's unfreeze", "UnBlacklisted(address)", [ALICE], [],
     EventLog(EventKind.UNFREEZE, TOKEN, ALICE)),
    ("USDC's mint is about who receives", "Mint(address,address,uint256)",
     [ALICE, BOB], [5], EventLog(EventKind.ISSUE, TOKEN, BOB, ALICE, 5)),
    ("USDC's burn", "Burn(address,uint256)", [ALICE], [5],
     EventLog(EventKind.REDEEM, TOKEN, ALICE, amount=5)),
    ("issue", "Issue(uint256)", [], [7], EventLog(EventKind.ISSUE, TOKEN, amount=7)),
    ("redeem", "Redeem(uint256)", [], [7], EventLog(EventKind.REDEEM, TOKEN, amount=7)),
    ("pause", "Pause()", [], [], EventLog(EventKind.PAUSE, TOKEN)),
    ("unpause", "Unpause()", [], [], EventLog(EventKind.UNPAUSE, TOKEN)),
    ("submission", "Submission(uint256)", [3], [],
     EventLog(EventKind.SUBMISSION, TOKEN, ref=3)),
    ("confirmation", "Confirmation(address,uint256)", [ALICE, 3], [],
     EventLog(EventKind.CONFIRMATION, TOKEN, other=ALICE, ref=3)),
    ("execution", "Execution(uint256)", [3], [],
     EventLog(EventKind.EXECUTION, TOKEN, ref=3)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("signature", "topics", "data", "event"),
    [row[1:] for row in EVENTS],
    ids=[row[0] for row in EVENTS],
)
def test_an_event(
    signature: str,
    topics: Sequence[bytes | int],
    data: Sequence[bytes | int],
    event: EventLog,
) -> None:
    found = read_log(
        TOKEN,
        [topic_of(signature), *map(word, topics)],
        b"".join(map(word, data)),
    )
    assert found == LogRead(None, event)


@given(addresses, addresses, amounts)
def test_a_transfer_of_any_amount(sender: bytes, to: bytes, amount: int) -> None:
    topics = [encode(["address"], [party]) for party in (sender, to)]
    data = encode(["uint256"], [amount])
    found = read_log(TOKEN, [TRANSFER, *topics], data)
    expected = TransferLog(TransferKind.TOKEN, TOKEN, sender, to, amount)
    assert found == LogRead(expected, None)


def test_a_destruction_is_a_move_and_an_event() -> None:
    found = read_log(TOKEN, [DESTROYED], word(ALICE) + word(5))
    assert found == LogRead(
        TransferLog(TransferKind.DESTROY, TOKEN, ALICE, NOBODY, 5),
        EventLog(EventKind.DESTROY, TOKEN, ALICE, amount=5),
    )


PARTIES = [word(ALICE), word(BOB)]
REFUSED = [
    ("one of a kind", [TRANSFER, *PARTIES, word(1)], b"", LogProblem.NOT_FUNGIBLE),
    ("four topics and data", [TRANSFER, *PARTIES, word(1)], word(1),
     LogProblem.TOPICS),
    ("all in data, as early tokens of one kind", [TRANSFER],
     b"".join(PARTIES) + word(1), LogProblem.TOPICS),
    ("one party in data", [TRANSFER, PARTIES[0]], PARTIES[1] + word(1),
     LogProblem.TOPICS),
    ("no amount", [TRANSFER, *PARTIES], b"", LogProblem.DATA_LENGTH),
    ("an amount cut short", [TRANSFER, *PARTIES], bytes(31), LogProblem.DATA_LENGTH),
    ("two amounts", [TRANSFER, *PARTIES], bytes(64), LogProblem.DATA_LENGTH),
    ("ten million bytes", [TRANSFER, *PARTIES], bytes(10**7), LogProblem.DATA_LENGTH),
    ("bytes ahead of an address", [TRANSFER, b"\x01" + PARTIES[0][1:], PARTIES[1]],
     word(1), LogProblem.DIRTY_ADDRESS),
    ("TRON's prefix ahead of an address",
     [TRANSFER, PARTIES[0][:11] + b"\x41" + ALICE, PARTIES[1]], word(1),
     LogProblem.DIRTY_ADDRESS),
    ("a topic cut short", [TRANSFER, ALICE, PARTIES[1]], word(1),
     LogProblem.TOPIC_LENGTH),
    ("a freeze of nobody", [ADDED], b"", LogProblem.DATA_LENGTH),
    ("a number of a wallet's call that none has",
     [topic_of("Submission(uint256)"), word(1 << 63)], b"", LogProblem.NUMBER),
]  # fmt: skip


@pytest.mark.parametrize(
    ("topics", "data", "problem"),
    [row[1:] for row in REFUSED],
    ids=[row[0] for row in REFUSED],
)
def test_what_has_the_name_and_not_the_shape(
    topics: list[bytes], data: bytes, problem: LogProblem
) -> None:
    assert read_log(TOKEN, topics, data) is problem


@given(st.lists(st.binary(max_size=40), max_size=5), st.binary(max_size=200))
def test_other_logs_are_passed_over(topics: list[bytes], data: bytes) -> None:
    assert read_log(TOKEN, topics, data) is None


@given(
    st.sampled_from([row[1] for row in EVENTS]),
    st.lists(st.binary(min_size=30, max_size=33), max_size=4),
    st.binary(max_size=100),
)
def test_no_log_of_a_known_name_breaks_the_reading(
    signature: str, topics: list[bytes], data: bytes
) -> None:
    found = read_log(TOKEN, [topic_of(signature), *topics], data)
    assert isinstance(found, LogRead | LogProblem)


def transfers(logs: Sequence[Log], sender: bytes, to: bytes) -> list[TransferLog]:
    return [
        read.transfer
        for read in read_logs(logs, sender, to)
        if isinstance(read, LogRead) and read.transfer
    ]


ISSUED = Log(TOKEN, [ISSUE], word(50))
REDEEMED = Log(TOKEN, [REDEEM], word(50))
EXECUTED = Log(WALLET, [topic_of("Execution(uint256)"), word(1)], b"")
MINTED = TransferLog(TransferKind.MINT, TOKEN, NOBODY, WALLET, 50)


def moved(sender: bytes, to: bytes, amount: int) -> Log:
    return Log(TOKEN, [TRANSFER, word(sender), word(to)], word(amount))


SUPPLY = [
    ("the owner calls the token", [ISSUED], ALICE, TOKEN,
     [TransferLog(TransferKind.MINT, TOKEN, NOBODY, ALICE, 50)]),
    ("the wallet that owns it executes", [ISSUED, EXECUTED], ALICE, WALLET, [MINTED]),
    ("another wallet's execution tells nothing", [ISSUED, EXECUTED], ALICE, BOB, []),
    ("who owns it does not show", [ISSUED], ALICE, BOB, []),
    ("a file that does not tell who called", [ISSUED], b"", b"", []),
    ("redeemed", [REDEEMED, EXECUTED], ALICE, WALLET,
     [TransferLog(TransferKind.BURN, TOKEN, WALLET, NOBODY, 50)]),
    ("a Transfer tells the issue too, as on TRON",
     [ISSUED, moved(NOBODY, WALLET, 50), EXECUTED], ALICE, WALLET,
     [TransferLog(TransferKind.TOKEN, TOKEN, NOBODY, WALLET, 50)]),
    ("a Transfer of another amount does not",
     [ISSUED, moved(NOBODY, WALLET, 49), EXECUTED], ALICE, WALLET,
     [MINTED, TransferLog(TransferKind.TOKEN, TOKEN, NOBODY, WALLET, 49)]),
    ("a Transfer tells the destruction too",
     [Log(TOKEN, [DESTROYED], word(BOB) + word(5)), moved(BOB, NOBODY, 5)], ALICE,
     TOKEN, [TransferLog(TransferKind.TOKEN, TOKEN, BOB, NOBODY, 5)]),
    ("of another's tokens it does not",
     [Log(TOKEN, [DESTROYED], word(BOB) + word(5)), moved(ALICE, NOBODY, 5)], ALICE,
     TOKEN, [TransferLog(TransferKind.DESTROY, TOKEN, BOB, NOBODY, 5),
             TransferLog(TransferKind.TOKEN, TOKEN, ALICE, NOBODY, 5)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("logs", "sender", "to", "expected"),
    [row[1:] for row in SUPPLY],
    ids=[row[0] for row in SUPPLY],
)
def test_what_issues_and_redemptions_move(
    logs: list[Log], sender: bytes, to: bytes, expected: list[TransferLog]
) -> None:
    assert transfers(logs, sender, to) == expected
    events = [
        read.event.kind
        for read in read_logs(logs, sender, to)
        if isinstance(read, LogRead) and read.event
    ]
    assert len(events) >= 1, "the event stands, whatever is known of the move"
