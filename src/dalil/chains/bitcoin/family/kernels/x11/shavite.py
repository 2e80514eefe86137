"""SHAvite-3-512 (Biham and Dunkelman 2009), of 64 bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.family.kernels.x11.words import (
    LOW,
    aes_round,
    hex_words,
    le_word,
    put_le,
)
from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["shavite512"]

_START = hex_words("""
    72FCCDD8 79CA4727 128A077B 40D55AEC D1901A06 430AE307 B29F5CD1 DF07FBFC
    8E45D73D 681AB538 BDE86578 DD577E47 E275EADE 502D9FCD B9357178 022A4B9A
""")
_KEYS = 448
_BITS = 512


@kernel
def _count(keys: NDArray[np.int64], at: int) -> None:
    """Mix the number of bits hashed in, its words in another order each time."""
    place = -1
    if at == 32:
        place = 0
    elif at == 164:
        place = 3
    elif at == 316:
        place = 2
    elif at == 440:
        place = 1
    if place >= 0:
        keys[at + place] ^= _BITS
        keys[at + 3] ^= LOW


@kernel
def _expand(keys: NDArray[np.int64]) -> None:
    """Make all round keys from the first 32, which are the message."""
    x, at = np.empty(4, np.int64), 32
    while True:
        for _ in range(8):
            for i in range(3):
                x[i] = keys[at - 31 + i]
            x[3] = keys[at - 32]
            aes_round(x, 0)
            for i in range(4):
                keys[at + i] = x[i] ^ keys[at - 4 + i]
            _count(keys, at)
            at += 4
        if at == _KEYS:
            return
        for _ in range(32):
            keys[at] = keys[at - 32] ^ keys[at - 7]
            at += 1


@kernel
def shavite512(data: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Hash the first 64 bytes of `data` to 64."""
    block = np.zeros(128, np.uint8)
    block[:64] = data[:64]
    block[64], block[111], block[127] = 0x80, 2, 2
    keys, x = np.empty(_KEYS, np.int64), np.empty(4, np.int64)
    for i in range(32):
        keys[i] = np.int64(le_word(block, 4 * i, 4))
    _expand(keys)
    p, at = _START.copy(), 0
    for _ in range(14):
        for half in range(0, 16, 8):
            x[:] = p[half + 4 : half + 8]
            for _step in range(4):
                for i in range(4):
                    x[i] ^= keys[at + i]
                aes_round(x, 0)
                at += 4
            for i in range(4):
                p[half + i] ^= x[i]
        for i in range(4):
            last = p[12 + i]
            p[12 + i], p[8 + i], p[4 + i], p[i] = p[8 + i], p[4 + i], p[i], last
    for i in range(16):
        put_le(out, 4 * i, 4, np.uint64(p[i] ^ _START[i]))
