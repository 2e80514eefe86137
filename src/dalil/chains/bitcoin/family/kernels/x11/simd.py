"""SIMD-512 (Leurent, Bouillaguet, Fouque 2009), of 64 bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.family.kernels.x11.words import (
    LOW,
    hex_words,
    le_word,
    left32,
    put_le,
)
from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["simd512"]

_FIELD = 257
_ROOT = 41
_START = hex_words("""
    0BA16B95 72F999AD 9FECC2AE BA3264FC 5E894929 8E9F30E5 2F1DAA37 F0F2C558
    AC506643 A90635A5 E25B878B AAB7878F 88817F7A 0A02892B 559A7550 598F657E
    7EEF60A1 6B70E3E8 9C1714D1 B958E2A8 AB02675E ED1C014F CD8D65BB FDB7A257
    09254899 D699C7BC 9019B6DC 2B9022E4 8FA14956 21BF9BD3 B94D0943 6FFDDC22
""")
_POWERS = np.array([pow(_ROOT, i, _FIELD) for i in range(256)])
_PLAIN = np.array([pow(_ROOT, 255 * i, _FIELD) for i in range(256)])
_FINAL = np.array(
    [pow(_ROOT, 255 * i, _FIELD) + pow(_ROOT, 253 * i, _FIELD) for i in range(256)]
)
"""What is added to the transform: for a block, and for the last one."""
_BLOCKS = np.array(
    [
        [4, 6, 0, 2, 7, 5, 3, 1],
        [15, 11, 12, 8, 9, 13, 10, 14],
        [17, 18, 23, 20, 22, 21, 16, 19],
        [30, 24, 25, 31, 27, 29, 28, 26],
    ]
)
_PLACES = np.array([[0, 1], [0, 1], [-256, -128], [-383, -255]])
_FACTORS = np.array([185, 185, 233, 233])
_TURNS = np.array([[3, 23, 17, 27], [28, 19, 22, 7], [29, 9, 15, 5], [4, 13, 10, 25]])
_LANES = np.array([1, 6, 2, 3, 5, 7, 4])


@kernel
def _transform(
    block: NDArray[np.uint8], offsets: NDArray[np.int64], q: NDArray[np.int64]
) -> None:
    """Transform 128 bytes over the field of 257, by its definition."""
    for i in range(256):
        total = offsets[i]
        for j in range(128):
            total += np.int64(block[j]) * _POWERS[i * j & 255]
        total %= _FIELD
        q[i] = total if total <= 128 else total - _FIELD


@kernel
def _step(
    s: NDArray[np.int64],
    w: NDArray[np.int64],
    majority: bool,  # noqa: FBT001
    turns: tuple[int, int],
    swap: int,
) -> None:
    """One step of the Feistel ladder: words A, B, C, D of eight lanes."""
    turned = np.empty(8, np.int64)
    for i in range(8):
        turned[i] = left32(s[i], turns[0])
    for i in range(8):
        a, b, c = s[i], s[8 + i], s[16 + i]
        mixed = (a & b) | ((a | b) & c) if majority else ((b ^ c) & a) ^ c
        total = s[24 + i] + w[i] + mixed & LOW
        s[i] = left32(total, turns[1]) + turned[i ^ swap] & LOW
        s[24 + i], s[16 + i], s[8 + i] = c, b, turned[i]


@kernel
def _compress(
    state: NDArray[np.int64], block: NDArray[np.uint8], offsets: NDArray[np.int64]
) -> None:
    q, w, s = np.empty(256, np.int64), np.empty(8, np.int64), state.copy()
    _transform(block, offsets, q)
    for i in range(32):
        s[i] ^= np.int64(le_word(block, 4 * i, 4))
    for turn in range(4):
        low, high = _PLACES[turn]
        for k in range(8):
            start = 16 * _BLOCKS[turn, k]
            for j in range(8):
                first = q[start + 2 * j + low] * _FACTORS[turn] & 0xFFFF
                second = q[start + 2 * j + high] * _FACTORS[turn] & 0xFFFF
                w[j] = first + (second << 16) & LOW
            turns = (_TURNS[turn, k % 4], _TURNS[turn, (k + 1) % 4])
            _step(s, w, k > 3, turns, _LANES[(turn + k) % 7])
    for k in range(4):
        turns = (_TURNS[3, k], _TURNS[3, (k + 1) % 4])
        _step(s, state[8 * k : 8 * k + 8], False, turns, _LANES[(4 + k) % 7])  # noqa: FBT003
    state[:] = s


@kernel
def simd512(data: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Hash the first 64 bytes of `data` to 64."""
    state, block = _START.copy(), np.zeros(128, np.uint8)
    block[:64] = data[:64]
    _compress(state, block, _PLAIN)
    block[:] = 0
    block[1] = 2
    _compress(state, block, _FINAL)
    for i in range(16):
        put_le(out, 4 * i, 4, np.uint64(state[i]))
