"""Blue Midnight Wish 512 (Gligoroski and others 2009), of 64 bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.family.kernels.x11.words import le_word, left64, put_le
from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["bmw512"]

_TERMS = np.array(
    [
        [5, -7, 10, 13, 14],
        [6, -8, 11, 14, -15],
        [16, 7, 9, -12, 15],
        [16, -1, 8, -10, 13],
        [1, 2, 9, -11, -14],
        [3, -2, 10, -12, 15],
        [4, -16, -3, -11, 13],
        [1, -4, -5, -12, -14],
        [2, -5, -6, 13, -15],
        [16, -3, 6, -7, 14],
        [8, -1, -4, -7, 15],
        [8, -16, -2, -5, 9],
        [1, 3, -6, -9, 10],
        [2, 4, 7, 10, 11],
        [3, -5, 8, -11, -12],
        [12, -4, -6, -9, 13],
    ],
    np.int64,
)
"""Words added and taken away; 16 stands for word 0."""
_SHIFTS = np.array([[1, 3, 4, 37], [1, 2, 13, 43], [2, 1, 19, 53], [2, 2, 28, 59]])
_TURNS = np.array([5, 11, 27, 32, 37, 43, 53])
_HIGH = np.array([5, -7, -5, -1, -3, 6, -4, -11])
"""By how much a fold of words is shifted: left, or right where negative."""
_WORD = np.array([-5, 8, 5, 5, 0, -6, 6, 2])
_FOLD = np.array([8, -6, 6, 4, -3, -4, -7, -2])
_STEP = np.uint64(0x0555555555555555)
_FIRST = np.uint64(0x8081828384858687)
_EACH = np.uint64(0x0808080808080808)
_LAST = np.uint64(0xAAAAAAAAAAAAAAA0)


@kernel
def _s(kind: int, x: np.uint64) -> np.uint64:
    if kind == 4:
        return np.uint64(x >> np.uint64(1) ^ x)
    if kind == 5:
        return np.uint64(x >> np.uint64(2) ^ x)
    right, left, first, second = _SHIFTS[kind]
    mixed = x >> np.uint64(right) ^ x << np.uint64(left)
    return np.uint64(mixed ^ left64(x, first) ^ left64(x, second))


@kernel
def _shifted(x: np.uint64, n: int) -> np.uint64:
    return np.uint64(x << np.uint64(n) if n >= 0 else x >> np.uint64(-n))


@kernel
def _added(m: NDArray[np.uint64], h: NDArray[np.uint64], j: int) -> np.uint64:
    a, b, c = j % 16, (j + 3) % 16, (j + 10) % 16
    total = left64(m[a], a + 1) + left64(m[b], b + 1) - left64(m[c], c + 1)
    return np.uint64(total + np.uint64(j + 16) * _STEP ^ h[(j + 7) % 16])


@kernel
def _expand(
    q: NDArray[np.uint64], m: NDArray[np.uint64], h: NDArray[np.uint64]
) -> None:
    for i in range(16):
        w = np.uint64(0)
        for k in range(5):
            term = _TERMS[i, k]
            at = abs(term) % 16
            w = w + (m[at] ^ h[at]) if term > 0 else w - (m[at] ^ h[at])
        q[i] = _s(i % 5, w) + h[(i + 1) % 16]
    for i in range(16, 32):
        total = _added(m, h, i - 16)
        if i < 18:
            for k in range(16):
                total += _s((k + 1) % 4, q[i - 16 + k])
        else:
            for k in range(7):
                total += q[i - 16 + 2 * k] + left64(q[i - 15 + 2 * k], _TURNS[k])
            total += _s(4, q[i - 2]) + _s(5, q[i - 1])
        q[i] = total


@kernel
def _compress(
    m: NDArray[np.uint64], h: NDArray[np.uint64], q: NDArray[np.uint64]
) -> None:
    """Take the block `m` into `h`."""
    _expand(q, m, h)
    low, high = np.uint64(0), np.uint64(0)
    for i in range(8):
        low ^= q[16 + i]
        high ^= q[24 + i]
    high ^= low
    for i in range(8):
        word = _shifted(high, _HIGH[i]) ^ _shifted(q[16 + i], _WORD[i]) ^ m[i]
        h[i] = word + (low ^ q[24 + i] ^ q[i])
    for i in range(8):
        word = _shifted(low, _FOLD[i]) ^ q[16 + (i + 7) % 8] ^ q[8 + i]
        h[8 + i] = left64(h[(i + 4) % 8], 9 + i) + (high ^ q[24 + i] ^ m[8 + i]) + word


@kernel
def bmw512(data: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Hash the first 64 bytes of `data` to 64."""
    m, h, last = (
        np.zeros(16, np.uint64),
        np.empty(16, np.uint64),
        np.empty(16, np.uint64),
    )
    q = np.empty(32, np.uint64)
    for i in range(16):
        h[i] = _FIRST + np.uint64(i) * _EACH
        last[i] = _LAST + np.uint64(i)
    for i in range(8):
        m[i] = le_word(data, 8 * i, 8)
    m[8], m[15] = np.uint64(0x80), np.uint64(512)
    _compress(m, h, q)
    _compress(h, last, q)
    for i in range(8):
        put_le(out, 8 * i, 8, last[8 + i])
