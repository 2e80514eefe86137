"""Protocol Buffers' wire format: as much of it as TRON's blocks are made of.

Only varints and byte strings occur in what we read. The two other kinds are
stepped over; groups, long gone from the format, are refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.errors import BlockDataError, LimitError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "MAX_MESSAGE",
    "bytes_field",
    "fields",
    "number_field",
    "one_of_each",
    "signed",
]

MAX_MESSAGE = 4_000_000
"""Longest message read, in bytes; a block of TRON has 2,000,000 at most."""
_MAX_FIELDS = 100_000
_VARINT, _I64, _BYTES, _I32 = 0, 1, 2, 5

Fields = dict[int, int | bytes]
"""What a message holds, by fields' numbers; fixed 64 and 32 bits as bytes."""


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Read a message's fields in order; nested messages come as bytes.

    Time and memory are linear in the message: nothing in it is followed.

    Raises
    ------
    LimitError
        If the message is longer than `MAX_MESSAGE` or has over 100,000 fields.
    BlockDataError
        If it is cut short, or not in this format.

    Examples
    --------
    >>> list(fields(number_field(3, 150) + bytes_field(4, b"hi")))
    [(3, 150), (4, b'hi')]
    """
    if len(message) > MAX_MESSAGE:
        raise LimitError("a message longer than any block of TRON", len(message))
    at, n_fields = 0, 0
    while at < len(message):
        n_fields += 1
        if n_fields > _MAX_FIELDS:
            raise LimitError("a message of too many fields", n_fields)
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if not 0 < number < 1 << 29:
            raise BlockDataError("a field without a valid number", number)
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        if kind == _BYTES:
            size, at = _varint(message, at)
        elif kind in (_I64, _I32):
            size = 8 if kind == _I64 else 4
        else:
            raise BlockDataError("a field of a kind that does not exist", kind)
        if size > len(message) - at:
            raise BlockDataError("a field longer than its message", size)
        yield number, message[at : at + size]
        at += size


def one_of_each(message: bytes, *, once: int = 0) -> Fields:
    """Read a message whose fields do not repeat; of repeated ones the last counts.

    So does every reader of this format, TRON's nodes among them. A field that
    may stand there only `once` is refused where it repeats.

    Raises
    ------
    LimitError, BlockDataError
        As `fields`.
    """
    found: Fields = {}
    for number, value in fields(message):
        if number == once and number in found:
            raise BlockDataError("a field that stands there twice", number)
        found[number] = value
    return found


def number_field(number: int, value: int) -> bytes:
    """Write a number; nothing at all where it is 0, as proto3 does.

    Raises
    ------
    OverflowError
        If `value` does not fit a signed or unsigned 64-bit integer.
    """
    if not -(1 << 63) <= value < 1 << 64:
        raise OverflowError("a number of more than 64 bits")
    return _write(number << 3 | _VARINT) + _write(value % (1 << 64)) if value else b""


def bytes_field(number: int, value: bytes) -> bytes:
    """Write a byte string, even if it is empty.

    >>> bytes_field(1, b"hi").hex()
    '0a026869'
    """
    return _write(number << 3 | _BYTES) + _write(len(value)) + value


def signed(value: int) -> int:
    """Read an int64 from the varint that holds it.

    >>> signed(2**64 - 1)
    -1
    """
    return value - (1 << 64) if value >> 63 else value


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for i in range(10):
        if at + i >= len(message):
            raise BlockDataError("a message that ends inside a number", at)
        byte = message[at + i]
        value |= (byte & 0x7F) << 7 * i
        if byte < 0x80:
            if value >> 64:
                break
            return value, at + i + 1
    raise BlockDataError("a number of more than 64 bits", at)


def _write(value: int) -> bytes:
    out = bytearray()
    while value >> 7:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
