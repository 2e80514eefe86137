"""Skein-512 (Ferguson and others 2010), of 64 bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.family.kernels.x11.words import le_word, left64, put_le
from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["skein512"]

_TURNS = np.array(
    [
        [46, 36, 19, 37],
        [33, 27, 14, 42],
        [17, 49, 36, 39],
        [44, 9, 54, 56],
        [39, 30, 34, 24],
        [13, 50, 10, 17],
        [25, 29, 39, 43],
        [8, 35, 56, 22],
    ]
)
_ORDER = np.array([2, 1, 4, 7, 6, 5, 0, 3])
_PARITY = np.uint64(0x1BD11BDAA9FC1A22)
_CONFIG, _MESSAGE, _OUTPUT = 4, 48, 63
_SCHEMA = np.uint64(0x0000000133414853)


@kernel
def _chain(
    h: NDArray[np.uint64], m: NDArray[np.uint64], kind: int, position: int
) -> None:
    """Take one whole stage, of a single block, into `h`."""
    tweak, keys = np.empty(3, np.uint64), np.empty(9, np.uint64)
    tweak[0] = np.uint64(position)
    tweak[1] = np.uint64(kind) << np.uint64(56) | np.uint64(3) << np.uint64(62)
    tweak[2] = tweak[0] ^ tweak[1]
    keys[:8] = h
    keys[8] = _PARITY
    for i in range(8):
        keys[8] ^= h[i]
    v, mixed = m.copy(), np.empty(8, np.uint64)
    for turn in range(73):
        if turn % 4 == 0:
            s = turn // 4
            for i in range(8):
                v[i] += keys[(s + i) % 9]
            v[5] += tweak[s % 3]
            v[6] += tweak[(s + 1) % 3]
            v[7] += np.uint64(s)
        if turn == 72:
            break
        for i in range(4):
            v[2 * i] += v[2 * i + 1]
            turned = left64(v[2 * i + 1], _TURNS[turn % 8, i])
            v[2 * i + 1] = turned ^ v[2 * i]
        for i in range(8):
            mixed[i] = v[_ORDER[i]]
        v[:] = mixed
    for i in range(8):
        h[i] = v[i] ^ m[i]


@kernel
def skein512(data: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Hash the first 64 bytes of `data` to 64."""
    h, m = np.zeros(8, np.uint64), np.zeros(8, np.uint64)
    m[0], m[1] = _SCHEMA, np.uint64(512)
    _chain(h, m, _CONFIG, 32)
    for i in range(8):
        m[i] = le_word(data, 8 * i, 8)
    _chain(h, m, _MESSAGE, 64)
    m[:] = np.uint64(0)
    _chain(h, m, _OUTPUT, 8)
    for i in range(8):
        put_le(out, 8 * i, 8, h[i])
