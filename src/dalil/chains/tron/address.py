"""TRON addresses: one account of 20 bytes, written in three ways.

On paper it is base58check of 0x41 and the 20 bytes (``T…``); node APIs print
the same 21 bytes in hex (``41…``); inside a contract's call data the 20 bytes
stand as in any EVM (``0x…``). Only the first carries a checksum.
"""

from __future__ import annotations

import re

from dalil.chains.base58 import b58check_decode, b58check_encode
from dalil.errors import AddressError

__all__ = ["CAIP2", "NETWORKS", "decode_address", "encode_address", "hex_form"]

CAIP2 = "tron:0x2b6653dc"
"""TRON's mainnet: the last four bytes of its genesis block's hash."""

NETWORKS = (CAIP2, "tron:0xcd8690dc", "tron:0x94a9059e")
"""The mainnet, Nile and Shasta: all write addresses the same way."""

_PREFIX = 0x41
_NODE_HEX = re.compile(r"(?:0[xX])?41([0-9a-fA-F]{40})")


def encode_address(payload: bytes) -> str:
    """Write 20 bytes as ``T…`` with its checksum.

    Raises
    ------
    AddressError
        If `payload` has another length.

    Examples
    --------
    >>> encode_address(bytes(20))
    'T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb'
    """
    return b58check_encode(bytes([_PREFIX]) + _checked(payload))


def hex_form(payload: bytes) -> str:
    """Write 20 bytes as node APIs do: 42 hex digits, the first two ``41``.

    >>> hex_form(bytes(20))[:6]
    '410000'
    """
    return f"{_PREFIX:02x}" + _checked(payload).hex()


def decode_address(text: str) -> bytes:
    """Read ``T…`` or ``41…`` into the account's 20 bytes.

    The hex form has no checksum: a slip in it goes unseen.

    Raises
    ------
    AddressError
        If the text is neither, fails its checksum, or is base58check of
        something that is not TRON's.

    Examples
    --------
    >>> decode_address("T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb") == bytes(20)
    True
    """
    if match := _NODE_HEX.fullmatch(text):
        return bytes.fromhex(match[1])
    payload = b58check_decode(text)
    if len(payload) != 21 or payload[0] != _PREFIX:
        raise AddressError("base58check, but not of a TRON address", text)
    return payload[1:]


def _checked(payload: bytes) -> bytes:
    if len(payload) != 20:
        raise AddressError("a TRON account has 20 bytes", payload.hex())
    return payload
