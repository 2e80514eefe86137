"""EVM addresses: 20 bytes in hex, with EIP-55's checksum in the letters' case.

The text tells no chain: the same 20 bytes are an address on Ethereum and on
every chain of its kind. Written in one case it carries no checksum at all, so
any slip in copying gives another address that looks as good.
"""

from __future__ import annotations

import re
from typing import Literal

from Crypto.Hash import keccak

from dalil.errors import AddressError

__all__ = ["decode_address", "eip55_verdict", "encode_address", "keccak256"]

_HEX = re.compile(r"0[xX]([0-9a-fA-F]*)")


def keccak256(data: bytes) -> bytes:
    """Hash with Keccak-256 as Ethereum uses it (not NIST's SHA3-256).

    >>> keccak256(b"").hex()[:16]
    'c5d2460186f7233c'
    """
    return keccak.new(digest_bits=256, data=data).digest()


def encode_address(payload: bytes) -> str:
    """Write 20 bytes as an address with its EIP-55 checksum.

    Raises
    ------
    AddressError
        If `payload` has another length.

    Examples
    --------
    >>> encode_address(bytes.fromhex("fb6916095ca1df60bb79ce92ce3ea74c37c5d359"))
    '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359'
    """
    if len(payload) != 20:
        raise AddressError("an EVM address has 20 bytes", payload.hex())
    digits = payload.hex()
    mask = keccak256(digits.encode()).hex()
    return "0x" + "".join(
        [d.upper() if m > "7" else d for d, m in zip(digits, mask, strict=False)]
    )


def eip55_verdict(text: str) -> Literal["valid", "invalid", "none"]:
    """Say what the case of an address's letters proves.

    ``none`` where all letters share one case (or there are none): the writer
    left the checksum out.

    >>> eip55_verdict("0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359")
    'none'
    """
    digits = _digits(text)
    if digits in (digits.lower(), digits.upper()):
        return "none"
    fits = encode_address(bytes.fromhex(digits))[2:] == digits
    return "valid" if fits else "invalid"


def decode_address(text: str) -> bytes:
    """Read an address into its 20 bytes; one case throughout is accepted.

    Raises
    ------
    AddressError
        If the text is not ``0x`` and 40 hex digits, or its mixed case is not
        the one that EIP-55 asks for.
    """
    payload = bytes.fromhex(_digits(text))
    if eip55_verdict(text) == "invalid":
        raise AddressError("the letters' case does not fit the EIP-55 checksum", text)
    return payload


def _digits(text: str) -> str:
    match = _HEX.fullmatch(text)
    if match is None:
        raise AddressError("not `0x` and hex digits", text)
    if len(match[1]) != 40:
        raise AddressError(f"{len(match[1])} hex digits, where 40 belong", text)
    return match[1]
