"""Hex as Ethereum's nodes print it: ``0x`` and digits, in numbers and in bytes."""

from __future__ import annotations

from dalil.errors import BlockDataError

__all__ = ["hex_bytes", "hex_number"]

_MAX_HEX = 4_000_000


def hex_number(value: object) -> int:
    """Read a number of up to 32 bytes.

    Raises
    ------
    BlockDataError
        If it is anything else.
    """
    if not isinstance(value, str) or not value.startswith("0x") or len(value) > 66:
        raise BlockDataError("a number that is not hex of 32 bytes")
    try:
        return int(value[2:] if value.isalnum() else "-", 16)
    except ValueError:
        raise BlockDataError("a number that is not hex", value) from None


def hex_bytes(value: object) -> bytes:
    """Read bytes; ``0x`` alone is none.

    Raises
    ------
    BlockDataError
        If it is not hex, or longer than any block.
    """
    if not isinstance(value, str) or value[:2] != "0x" or len(value) > _MAX_HEX:
        raise BlockDataError("a field that is not hex, or too long")
    try:
        return bytes.fromhex(value[2:])
    except ValueError:
        raise BlockDataError("a field that is not hex", value[:40]) from None
