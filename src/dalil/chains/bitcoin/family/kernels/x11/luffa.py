"""Luffa-512 (De Cannière, Sato, Watanabe 2009), of 64 bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.family.kernels.x11.words import (
    LOW,
    be_word,
    hex_words,
    left32,
    put_be,
)
from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["luffa512"]


_START = hex_words("""
    6d251e69 44b051e0 4eaa6fb4 dbf78465 6e292011 90152df4 ee058139 def610bb
    c3b44b95 d9d2f256 70eee9a0 de099fa3 5d9b0557 8fc944b3 cf1ccf0e 746cd581
    f7efc89d 5dba5781 04016ce5 ad659c05 0306194f 666d1836 24aa230a 8b264ae7
    858075d5 36d79cce e571f7d7 204b1f67 35870c6a 57e9e923 14bcb808 7cde72ce
    6c68e9be 5ec41e22 c825b7c7 affb4363 f5df3999 0fc688f1 b07224cc 03e86cea""").reshape(
    5, 8
)
_FIRST = hex_words("""
    303994a6 c0e65299 6cc33a12 dc56983e 1e00108f 7800423d 8f5b7882 96e1db12
    b6de10ed 70f47aae 0707a3d4 1c1e8f51 707a3d45 aeb28562 baca1589 40a46f3e
    fc20d9d2 34552e25 7ad8818f 8438764a bb6de032 edb780c8 d9847356 a2c78434
    b213afa5 c84ebe95 4e608a22 56d858fe 343b138f d0ec4e3d 2ceb4882 b3ad2208
    f0d2e9e3 ac11d7fa 1bcb66f2 6f2d9bc9 78602649 8edae952 3b6ba548 edae9520""").reshape(
    5, 8
)
"""Constant of each lane and round for its first word."""
_FIFTH = hex_words("""
    e0337818 441ba90d 7f34d442 9389217f e5a8bce6 5274baf4 26889ba7 9a226e9d
    01685f3d 05a17cf4 bd09caca f4272b28 144ae5cc faa7ae2b 2e48f1c1 b923c704
    e25e72c1 e623bb72 5c58a4a4 1e38e2e7 78e38b9d 27586719 36eda57f 703aace7
    e028c9bf 44756f91 7e8fce32 956548be fe191be2 3cb226e5 5944a28e a1c4c355
    5090d577 2d1925ab b46496ac d1925ab0 29131ab6 0fc053c3 3f014f0c fc053c31""").reshape(
    5, 8
)
"""The same for its fifth."""


@kernel
def _double(x: NDArray[np.int64]) -> None:
    """Multiply a lane by two in the ring of lanes, in place."""
    top = x[7]
    for i in range(7, 0, -1):
        x[i] = x[i - 1]
    x[0] = top
    x[1] ^= top
    x[3] ^= top
    x[4] ^= top


@kernel
def _inject(v: NDArray[np.int64], m: NDArray[np.int64]) -> None:
    total = np.zeros(8, np.int64)
    for lane in range(5):
        total ^= v[lane]
    _double(total)
    for lane in range(5):
        v[lane] ^= total
    before = v.copy()
    for lane in range(5):
        _double(v[lane])
        v[lane] ^= before[(lane + 1) % 5]
    before[:] = v
    for lane in range(5):
        _double(v[lane])
        v[lane] ^= before[(lane + 4) % 5]
    for lane in range(5):
        v[lane] ^= m
        _double(m)


@kernel
def _crumb(x: NDArray[np.int64], a: int, b: int, c: int, d: int) -> None:
    """Put the bits of four words through the substitution."""
    w, p, q, r = x[a], x[b], x[c], x[d]
    kept = w
    w |= p
    q ^= r
    p = ~p & LOW
    w ^= r
    r &= kept
    p ^= r
    r ^= q
    q &= w
    w = ~w & LOW
    q ^= p
    p |= r
    kept ^= p
    r ^= q
    q &= p
    p ^= w
    x[a], x[b], x[c], x[d] = kept, p, q, r


@kernel
def _permute(v: NDArray[np.int64]) -> None:
    for lane in range(5):
        x = v[lane]
        for i in range(4, 8):
            x[i] = left32(x[i], lane)
        for turn in range(8):
            _crumb(x, 0, 1, 2, 3)
            _crumb(x, 5, 6, 7, 4)
            for i in range(4):
                low, high = x[i], x[i + 4] ^ x[i]
                low = left32(low, 2) ^ high
                high = left32(high, 14) ^ low
                low = left32(low, 10) ^ high
                x[i], x[i + 4] = low, left32(high, 1)
            x[0] ^= _FIRST[lane, turn]
            x[4] ^= _FIFTH[lane, turn]


@kernel
def luffa512(data: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Hash the first 64 bytes of `data` to 64."""
    v, m = _START.copy(), np.empty(8, np.int64)
    for block in range(5):
        m[:] = 0
        if block < 2:
            for i in range(8):
                m[i] = np.int64(be_word(data, 32 * block + 4 * i, 4))
        elif block == 2:
            m[0] = 0x80000000
        _inject(v, m)
        _permute(v)
        if block > 2:
            for i in range(8):
                word = v[0, i] ^ v[1, i] ^ v[2, i] ^ v[3, i] ^ v[4, i]
                put_be(out, 32 * (block - 3) + 4 * i, 4, np.uint64(word))
