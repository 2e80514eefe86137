"""ECHO-512 (Benadjila and others 2010), of 64 bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.family.kernels.x11.words import (
    aes_round,
    le_word,
    put_le,
    twice,
)
from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["echo512"]

_BITS = 512
_ROUNDS = 10


@kernel
def _mix_columns(x: NDArray[np.int64]) -> None:
    """Mix the four words of 128 bits of each column, byte by byte."""
    for at in range(0, 64, 16):
        for word in range(at, at + 4):
            made = np.zeros(4, np.int64)
            for shift in range(0, 32, 8):
                for row in range(4):
                    a = x[word + 4 * row] >> shift & 0xFF
                    b = x[word + 4 * ((row + 1) % 4)] >> shift & 0xFF
                    c = x[word + 4 * ((row + 2) % 4)] >> shift & 0xFF
                    d = x[word + 4 * ((row + 3) % 4)] >> shift & 0xFF
                    made[row] |= (twice(a ^ b) ^ b ^ c ^ d) << shift
            for row in range(4):
                x[word + 4 * row] = made[row]


@kernel
def echo512(data: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Hash the first 64 bytes of `data` to 64."""
    x, moved = np.zeros(64, np.int64), np.empty(64, np.int64)
    block = np.zeros(128, np.uint8)
    block[:64] = data[:64]
    block[64], block[111], block[113] = 0x80, 2, 2
    for i in range(0, 32, 4):
        x[i] = _BITS
    for i in range(32):
        x[32 + i] = np.int64(le_word(block, 4 * i, 4))
    start, counter = x.copy(), _BITS
    for _ in range(_ROUNDS):
        for at in range(0, 64, 4):
            aes_round(x, at)
            x[at] ^= counter
            counter += 1
            aes_round(x, at)
        for column in range(4):
            for row in range(4):
                to, source = 16 * column + 4 * row, (column + row) % 4
                source = 16 * source + 4 * row
                moved[to : to + 4] = x[source : source + 4]
        x[:] = moved
        _mix_columns(x)
    for i in range(16):
        word = start[i] ^ start[32 + i] ^ x[i] ^ x[32 + i]
        put_le(out, 4 * i, 4, np.uint64(word))
