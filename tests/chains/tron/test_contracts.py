"""What TRON's transactions do, read from their bytes."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalil.chains import tron
from dalil.chains.accounts import NOBODY, EventKind, TransferKind
from dalil.chains.evm.calls import read_call
from dalil.chains.evm.events import EventLog, TransferLog
from dalil.chains.tron.contracts import (
    ActionKind,
    event_of,
    read_action,
    transfers_of,
)
from dalil.chains.tron.proto import bytes_field, number_field
from dalil.errors import BlockDataError, DalilError, LimitError

if TYPE_CHECKING:
    from pathlib import Path

ALICE, BOB = b"a" * 20, b"b" * 20
OWNER, TO = bytes_field(1, b"A" + ALICE), bytes_field(2, b"A" + BOB)


def raw(number: int, value: bytes) -> bytes:
    """Lay out a transaction's raw data around one contract."""
    inside = bytes_field(1, b"type.googleapis.com/x") + bytes_field(2, value)
    return bytes_field(11, number_field(1, number) + bytes_field(2, inside))


ACTIONS = [
    ("TRX", 1, OWNER + TO + number_field(3, 7),
     [TransferLog(TransferKind.NATIVE, NOBODY, ALICE, BOB, 7)], None),
    ("nothing at all", 1, OWNER + TO, [], None),
    ("an asset", 2,
     bytes_field(1, b"1000001") + bytes_field(2, b"A" + ALICE)
     + bytes_field(3, b"A" + BOB) + number_field(4, 9),
     [TransferLog(TransferKind.ASSET, (1000001).to_bytes(20, "big"), ALICE, BOB, 9)],
     None),
    ("a call that pays in both", 31,
     OWNER + TO + number_field(3, 5) + number_field(5, 6) + number_field(6, 1000002),
     [TransferLog(TransferKind.NATIVE, NOBODY, ALICE, BOB, 5),
      TransferLog(TransferKind.ASSET, (1000002).to_bytes(20, "big"), ALICE, BOB, 6)],
     None),
    ("an account opened", 0, OWNER + TO, [],
     EventLog(EventKind.ACTIVATION, NOBODY, BOB, ALICE)),
    ("energy lent", 57,
     OWNER + number_field(2, 1) + number_field(3, 8) + bytes_field(4, b"A" + BOB), [],
     EventLog(EventKind.DELEGATION, NOBODY, BOB, ALICE, 8)),
    ("energy taken back", 58,
     OWNER + number_field(3, 8) + bytes_field(4, b"A" + BOB), [],
     EventLog(EventKind.UNDELEGATION, NOBODY, BOB, ALICE, 8)),
    ("energy lent in the old way", 11,
     OWNER + number_field(2, 8) + bytes_field(15, b"A" + BOB), [],
     EventLog(EventKind.DELEGATION, NOBODY, BOB, ALICE, 8)),
    ("a stake of one's own", 11, OWNER + number_field(2, 8), [], None),
    ("a vote", 4, OWNER, [], None),
    ("a kind not invented yet", 9999, b"", [], None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "value", "moves", "event"),
    [row[1:] for row in ACTIONS],
    ids=[row[0] for row in ACTIONS],
)
def test_an_action(
    number: int, value: bytes, moves: list[TransferLog], event: EventLog | None
) -> None:
    action = read_action(raw(number, value))
    assert list(transfers_of(action)) == moves
    assert event_of(action) == event


REFUSED = [
    ("nothing", b""),
    ("no contract", number_field(14, 5)),
    ("two contracts", 2 * raw(1, OWNER + TO)),
    ("no sender", raw(1, TO)),
    ("an address of an EVM", raw(1, OWNER + bytes_field(2, BOB))),
    ("an address of a test network", raw(1, OWNER + bytes_field(2, b"\xa0" + BOB))),
    ("less than nothing", raw(1, OWNER + TO + number_field(3, -1))),
    ("an amount in letters", raw(1, OWNER + TO + bytes_field(3, b"7"))),
    ("an asset by its name", raw(2, bytes_field(1, b"Token") + OWNER + TO)),
    ("an asset of 10**7 digits", raw(2, bytes_field(1, b"9" * 10**6) + OWNER + TO)),
    ("a contract that is a number", number_field(11, 3)),
]


@pytest.mark.parametrize(
    "data", [row[1] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_no_action(data: bytes) -> None:
    with pytest.raises(BlockDataError):
        read_action(data)


def test_ten_million_bytes_are_refused_at_once() -> None:
    with pytest.raises(LimitError):
        read_action(raw(31, OWNER + TO + bytes_field(4, bytes(10**7))))


@given(st.binary(max_size=60), st.integers(0, 60), st.integers(0, 255))
def test_no_bytes_break_the_reading(noise: bytes, place: int, byte: int) -> None:
    good = bytearray(raw(31, OWNER + TO + number_field(3, 5)))
    good[place % len(good)] = byte
    for data in (noise, bytes(good), bytes(good[:place])):
        try:
            read_action(data)
        except DalilError:
            continue


BLOCKS = ("get_block.json", "get_block_60836289.json")
USDT = tron.decode_address("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")


def _address(text: str) -> bytes:
    return tron.decode_address(text)


def _transactions(real_data: Path) -> list[dict[str, Any]]:
    folder = real_data / "evm_tron" / "tron_api_json"
    return [
        tx
        for name in BLOCKS
        for tx in json.loads((folder / name).read_bytes())["transactions"]
    ]


def test_the_bytes_say_what_the_node_prints(real_data: Path) -> None:
    kinds: Counter[str] = Counter()
    for tx in _transactions(real_data):
        [printed] = tx["raw_data"]["contract"]
        value = printed["parameter"]["value"]
        action = read_action(bytes.fromhex(tx["raw_data_hex"]))
        kinds[printed["type"]] += 1
        assert action.owner == _address(value["owner_address"])
        for field in ("to_address", "contract_address", "receiver_address"):
            if field in value:
                assert action.to == _address(value[field])
        if action.kind is not ActionKind.OTHER:
            amount = action.asset_amount or action.amount
            assert amount == value.get("amount", value.get("balance", 0))
        assert action.data.hex() == value.get("data", "")
    assert sum(kinds.values()) == 451
    assert len(kinds) == 7


def test_both_real_blocks_hold_193_calls_of_usdt(real_data: Path) -> None:
    calls = []
    for tx in _transactions(real_data):
        action = read_action(bytes.fromhex(tx["raw_data_hex"]))
        if action.kind is ActionKind.TRIGGER and action.to == USDT:
            calls.append(read_call(action.data, tron=True))
    names = Counter(call.name for call in calls if call is not None)
    assert names == {"transfer": 190, "transferFrom": 3}
    assert sum(names.values()) == len(calls) == 193
