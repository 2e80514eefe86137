"""Rotations, loads and stores shared by X11's hashes.

Words of 32 bits are carried in signed 64, where they never overflow; words of
64 bits are unsigned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "LOW",
    "SBOX",
    "aes_round",
    "be_word",
    "hex_words",
    "le_word",
    "left32",
    "left64",
    "put_be",
    "put_le",
    "twice",
]

LOW = 0xFFFF_FFFF


def hex_words(text: str) -> NDArray[np.int64]:
    """Read words of 32 bits from hex, with any space between them."""
    return np.array([int(word, 16) for word in text.split()])


def _sbox() -> NDArray[np.int64]:
    """Build AES's substitution: the inverse in its field, then an affine map."""
    box, p, q = np.zeros(256, np.int64), 1, 1
    while True:
        p = (p ^ p << 1 ^ (0x11B if p & 0x80 else 0)) & 0xFF  # by 3
        q ^= q << 1
        q ^= q << 2
        q ^= q << 4
        q = (q ^ (0x09 if q & 0x80 else 0)) & 0xFF  # by 1 / 3
        spread = q * 0x101
        box[p] = (q ^ spread >> 7 ^ spread >> 6 ^ spread >> 5 ^ spread >> 4) & 0xFF ^ 99
        if p == 1:
            break
    box[0] = 99
    return box


SBOX = _sbox()


def _columns() -> NDArray[np.int64]:
    doubled = (SBOX << 1 ^ np.where(SBOX & 0x80, 0x11B, 0)) & 0xFF
    return doubled | SBOX << 8 | SBOX << 16 | (doubled ^ SBOX) << 24


_COLUMN = _columns()


@kernel
def left32(x: int, n: int) -> int:
    """Turn 32 bits left by 0 to 31."""
    return (x << n | x >> (32 - n)) & LOW


@kernel
def left64(x: np.uint64, n: int) -> np.uint64:
    """Turn 64 bits left by 1 to 63."""
    return x << np.uint64(n) | x >> np.uint64(64 - n)


@kernel
def le_word(data: NDArray[np.uint8], at: int, size: int) -> np.uint64:
    """Read `size` bytes, the lowest first."""
    value = np.uint64(0)
    for i in range(size):
        value |= np.uint64(data[at + i]) << np.uint64(8 * i)
    return value


@kernel
def be_word(data: NDArray[np.uint8], at: int, size: int) -> np.uint64:
    """Read `size` bytes, the highest first."""
    value = np.uint64(0)
    for i in range(size):
        value = value << np.uint64(8) | np.uint64(data[at + i])
    return value


@kernel
def put_le(out: NDArray[np.uint8], at: int, size: int, value: np.uint64) -> None:
    """Write `size` bytes, the lowest first."""
    for i in range(size):
        out[at + i] = value >> np.uint64(8 * i) & np.uint64(0xFF)


@kernel
def put_be(out: NDArray[np.uint8], at: int, size: int, value: np.uint64) -> None:
    """Write `size` bytes, the highest first."""
    for i in range(size):
        out[at + size - 1 - i] = value >> np.uint64(8 * i) & np.uint64(0xFF)


@kernel
def twice(x: int) -> int:
    """Multiply by two in AES's field."""
    return x << 1 ^ (0x11B if x & 0x80 else 0)


@kernel
def aes_round(x: NDArray[np.int64], at: int) -> None:
    """Take one round of AES without a key on four words at ``x[at:]``."""
    a, b, c, d = x[at], x[at + 1], x[at + 2], x[at + 3]
    x[at] = _mixed(a, b, c, d)
    x[at + 1] = _mixed(b, c, d, a)
    x[at + 2] = _mixed(c, d, a, b)
    x[at + 3] = _mixed(d, a, b, c)


@kernel
def _mixed(a: int, b: int, c: int, d: int) -> int:
    return int(
        _COLUMN[a & 0xFF]
        ^ left32(_COLUMN[b >> 8 & 0xFF], 8)
        ^ left32(_COLUMN[c >> 16 & 0xFF], 16)
        ^ left32(_COLUMN[d >> 24 & 0xFF], 24)
    )
