"""Keccak-512 as submitted (Bertoni and others 2011), of 64 bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.family.kernels.x11.words import le_word, left64, put_le
from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["keccak512"]


def _tables() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint64]]:
    """Give the rotations and places of the lanes as they move, and round constants."""
    turns, places, x, y = [], [], 1, 0
    for step in range(24):
        x, y = y, (2 * x + 3 * y) % 5
        places.append(x + 5 * y)
        turns.append((step + 1) * (step + 2) // 2 % 64)
    constants, register = [], 1
    for _ in range(24):
        value = 0
        for bit in range(7):
            if register & 1:
                value |= 1 << (1 << bit) - 1
            register = register << 1 ^ (0x171 if register & 0x80 else 0)
        constants.append(value)
    return np.array(turns), np.array(places), np.array(constants, np.uint64)


_TURNS, _PLACES, _CONSTANTS = _tables()


@kernel
def keccak512(data: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Hash the first 64 bytes of `data` to 64."""
    a, c = np.zeros(25, np.uint64), np.empty(5, np.uint64)
    for i in range(8):
        a[i] = le_word(data, 8 * i, 8)
    a[8] = np.uint64(0x8000000000000001)
    for turn in range(24):
        for x in range(5):
            c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20]
        for x in range(5):
            parity = c[(x + 4) % 5] ^ left64(c[(x + 1) % 5], 1)
            for y in range(5):
                a[x + 5 * y] ^= parity
        carried = a[1]
        for step in range(24):
            place = _PLACES[step]
            a[place], carried = left64(carried, _TURNS[step]), a[place]
        for y in range(5):
            c[:] = a[5 * y : 5 * y + 5]
            for x in range(5):
                a[5 * y + x] = c[x] ^ (~c[(x + 1) % 5] & c[(x + 2) % 5])
        a[0] ^= _CONSTANTS[turn]
    for i in range(8):
        put_le(out, 8 * i, 8, a[i])
