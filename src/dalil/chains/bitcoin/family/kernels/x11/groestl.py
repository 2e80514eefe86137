"""Grøstl-512 (Gauravaram and others 2011), of 64 bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.family.kernels.x11.words import SBOX, twice
from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["groestl512"]

_SHIFTS = np.array([[0, 1, 2, 3, 4, 5, 6, 11], [1, 3, 5, 11, 0, 2, 4, 6]])
_MIX = np.array([2, 2, 3, 4, 5, 3, 5, 7])


@kernel
def _times(x: int, n: int) -> int:
    double = twice(x)
    quad = twice(double)
    total = x if n & 1 else 0
    if n & 2:
        total ^= double
    return total ^ quad if n & 4 else total


@kernel
def _permute(x: NDArray[np.int64], work: NDArray[np.int64], kind: int) -> None:
    """P (kind 0) or Q (kind 1) on 16 columns of 8 bytes."""
    for turn in range(14):
        for column in range(16):
            if kind == 0:
                x[8 * column] ^= column << 4 ^ turn
            else:
                for row in range(8):
                    x[8 * column + row] ^= 0xFF
                x[8 * column + 7] ^= column << 4 ^ turn
        for column in range(16):
            for row in range(8):
                source = (column + _SHIFTS[kind, row]) % 16
                work[8 * column + row] = SBOX[x[8 * source + row]]
        for column in range(16):
            for row in range(8):
                total = 0
                for k in range(8):
                    total ^= _times(work[8 * column + (row + k) % 8], _MIX[k])
                x[8 * column + row] = total


@kernel
def groestl512(data: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Hash the first 64 bytes of `data` to 64."""
    state, work = np.zeros(128, np.int64), np.empty(128, np.int64)
    p, q = np.zeros(128, np.int64), np.zeros(128, np.int64)
    state[126] = 2
    for i in range(64):
        q[i] = data[i]
    q[64], q[127] = 0x80, 1
    for i in range(128):
        p[i] = state[i] ^ q[i]
    _permute(p, work, 0)
    _permute(q, work, 1)
    for i in range(128):
        state[i] ^= p[i] ^ q[i]
        p[i] = state[i]
    _permute(p, work, 0)
    for i in range(64):
        out[i] = p[64 + i] ^ state[64 + i]
