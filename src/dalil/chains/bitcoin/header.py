"""Block headers: what the 80 bytes say, the work they prove, their height."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from dalil.chains.bitcoin.networks import Form, network_by_name
from dalil.chains.bitcoin.transaction import double_sha256

__all__ = ["Header", "coinbase_height", "header_hash", "meets_target", "work_of"]


def header_hash(header: bytes) -> bytes:
    """SHA-256d of an 80-byte header, in hash order."""
    return double_sha256(header)


def _target(bits: int) -> int:
    exponent, mantissa = bits >> 24, bits & 0x7F_FFFF
    if bits & 0x80_0000 or exponent > 34:
        return 0
    shift = 8 * (exponent - 3)
    return mantissa << shift if shift >= 0 else mantissa >> -shift


def work_of(bits: int) -> int:
    """Give the expected number of hashes a header with nBits stands for.

    >>> work_of(0x1D00FFFF)
    4295032833
    """
    target = _target(bits)
    return (1 << 256) // (target + 1) if target else 0


def meets_target(value: bytes, bits: int, limit: int) -> bool:
    """Tell whether a hash proves the work that `bits` state, no easier than `limit`."""
    target = _target(bits)
    return 0 < target <= _target(limit) and int.from_bytes(value, "little") <= target


@dataclass(frozen=True, slots=True)
class Header:
    """One header, its own hash computed; hashes are in hash order.

    Of a chain whose header is longer (Zcash) `raw` has the same fields at
    Bitcoin's places, with the first four bytes of the nonce; such a `raw` does
    not hash to `hash`.
    """

    raw: bytes
    hash: bytes
    previous: bytes
    time: int
    bits: int
    version: int
    parent: bytes = b""
    """Header of another chain that did this one's work (AuxPoW); mostly none."""
    fault: str = ""
    """Why what stands behind the header proves nothing; mostly empty."""

    @classmethod
    def parse(cls, raw: bytes) -> Header:
        """Read 80 bytes."""
        version, previous, _, time, bits, _ = struct.unpack("<i32s32sIII", raw)
        return cls(raw, header_hash(raw), previous, time, bits, version)

    @property
    def work(self) -> int:
        """Expected number of hashes behind this header."""
        return work_of(self.bits)

    def meets_target(self, limit: int) -> bool:
        """Tell whether the hash proves the stated work, no easier than `limit`."""
        return meets_target(self.hash, self.bits, limit)


def coinbase_height(script: bytes, version: int, network: str) -> int | None:
    """Read the height a coinbase script states under BIP 34, or None.

    Before the rule bound, early scripts may start with bytes that look like a
    height; those prove nothing and give None. Merged mining puts the chain's
    number into the upper bytes of the version.

    Raises
    ------
    InputError
        If there is no such network.
    """
    rules = network_by_name(network)
    if rules.form is Form.DOGECOIN:
        version &= 0xFF
    if version < 2 or not script:
        return None
    push = script[0]
    if 0x51 <= push <= 0x60:
        height = push - 0x50
    elif 1 <= push <= 5 and len(script) > push:
        height = int.from_bytes(script[1 : 1 + push], "little")
    else:
        return 0 if push == 0 else None
    return height if height >= rules.bip34_height else None
