"""CubeHash16/32-512 (Bernstein 2009), of 64 bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.family.kernels.x11.words import LOW, le_word, left32, put_le
from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["cubehash512"]


@kernel
def _half(x: NDArray[np.int64], y: NDArray[np.int64], turn: int, swaps: int) -> None:
    """Half a round: `x` turns and moves across one bit of its numbers, `y` another.

    `swaps` is the bit for `x`, and a quarter of it the one for `y`.
    """
    for i in range(16):
        y[16 + i] = x[16 + i] + x[i] & LOW
    for i in range(16):
        y[i] = left32(x[i ^ swaps], turn) ^ y[16 + i]
    for i in range(16):
        x[i] = y[i]
        x[16 + i] = y[16 + (i ^ swaps >> 2)]


@kernel
def _rounds(x: NDArray[np.int64], n: int) -> None:
    y = np.empty(32, np.int64)
    for _ in range(n):
        _half(x, y, 7, 8)
        _half(x, y, 11, 4)


@kernel
def cubehash512(data: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Hash the first 64 bytes of `data` to 64."""
    x = np.zeros(32, np.int64)
    x[0], x[1], x[2] = 64, 32, 16
    _rounds(x, 160)
    for block in range(2):
        for i in range(8):
            x[i] ^= np.int64(le_word(data, 32 * block + 4 * i, 4))
        _rounds(x, 16)
    x[0] ^= 0x80
    _rounds(x, 16)
    x[31] ^= 1
    _rounds(x, 160)
    for i in range(16):
        put_le(out, 4 * i, 4, np.uint64(x[i]))
