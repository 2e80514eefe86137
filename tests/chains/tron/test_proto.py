"""Protocol Buffers' wire format, and what poses as it."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalil.chains.tron.proto import (
    MAX_MESSAGE,
    bytes_field,
    fields,
    number_field,
    one_of_each,
    signed,
)
from dalil.errors import BlockDataError, DalilError, LimitError

numbers = st.integers(1, (1 << 29) - 1)


@given(st.lists(st.tuples(numbers, st.integers(1, 2**64 - 1) | st.binary(max_size=99))))
def test_what_is_written_is_read(message: list[tuple[int, int | bytes]]) -> None:
    written = b"".join(
        number_field(field, value)
        if isinstance(value, int)
        else bytes_field(field, value)
        for field, value in message
    )
    assert list(fields(written)) == message


@given(st.integers(-(2**63), 2**63 - 1).filter(bool))
def test_signed_numbers_survive(value: int) -> None:
    [(_, found)] = fields(number_field(1, value))
    assert isinstance(found, int)
    assert signed(found) == value


def test_the_format_s_own_example() -> None:
    # protobuf.dev, "Encoding": 150 in field 1 is 08 96 01
    assert number_field(1, 150).hex() == "089601"
    assert list(fields(bytes.fromhex("0d01000000110200000000000000"))) == [
        (1, b"\x01\0\0\0"),
        (2, b"\x02" + bytes(7)),
    ]


def test_zero_is_not_written_and_the_last_one_counts() -> None:
    assert number_field(3, 0) == b""
    assert one_of_each(number_field(3, 1) + number_field(3, 2)) == {3: 2}


BAD = [
    ("a number that does not end", b"\x08" + b"\xff" * 10),
    ("a number cut short", b"\x08\x96"),
    ("a number of 70 bits", b"\x08" + b"\xff" * 9 + b"\x7f"),
    ("a field longer than its message", b"\x0a\x05abc"),
    ("a field of 2**63 bytes", b"\x0a" + b"\xff" * 8 + b"\x7f"),
    ("field 0", b"\x00\x01"),
    ("a group", b"\x0b\x0c"),
    ("a kind that does not exist", b"\x0e"),
    ("fixed bits cut short", b"\x0d\x01"),
]


@pytest.mark.parametrize("data", [row[1] for row in BAD], ids=[row[0] for row in BAD])
def test_not_this_format(data: bytes) -> None:
    with pytest.raises(BlockDataError):
        list(fields(data))


def test_bounds_on_length_and_count() -> None:
    with pytest.raises(LimitError):
        list(fields(bytes(MAX_MESSAGE + 1)))
    with pytest.raises(LimitError):
        list(fields(b"\x08\x01" * 100_001))
    with pytest.raises(OverflowError):
        number_field(1, 1 << 64)


def test_a_field_that_may_stand_there_once() -> None:
    twice = bytes_field(11, b"a") + bytes_field(11, b"b")
    with pytest.raises(BlockDataError):
        one_of_each(twice, once=11)


def test_deep_nesting_costs_nothing() -> None:
    message = b"x"
    for _ in range(5000):
        message = bytes_field(1, message)
    assert len(list(fields(message))) == 1, "nothing inside is followed"


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading(data: bytes) -> None:
    with contextlib.suppress(DalilError):
        list(fields(data))
