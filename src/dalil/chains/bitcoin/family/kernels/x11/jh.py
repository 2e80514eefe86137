"""JH-512 (Wu 2011, 42 rounds), of 64 bytes; by half-bytes, as it is specified."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["jh512"]

_BOXES = np.array(
    [
        [9, 0, 4, 11, 13, 12, 3, 15, 1, 10, 2, 6, 7, 5, 8, 14],
        [3, 12, 6, 13, 5, 7, 1, 9, 15, 2, 0, 4, 11, 10, 14, 8],
    ]
)
_ROOT = "6a09e667f3bcc908b2fb1366ea957d3e3adec17512775099da2f590b0667322a"
_CONSTANT = np.array([int(digit, 16) for digit in _ROOT])
_ROUNDS = 42


@kernel
def _mix(x: NDArray[np.int64], size: int) -> None:
    """Mix neighbours, then move every half-byte to its place; in `x` itself."""
    for i in range(0, size, 2):
        a, b = x[i], x[i + 1]
        b ^= (a << 1 ^ a >> 3 ^ (a >> 2 & 2)) & 15
        a ^= (b << 1 ^ b >> 3 ^ (b >> 2 & 2)) & 15
        x[i], x[i + 1] = a, b
    half = size // 2
    moved = np.empty(size, np.int64)
    for i in range(0, size, 4):
        x[i + 2], x[i + 3] = x[i + 3], x[i + 2]
    for i in range(half):
        moved[i], moved[i + half] = x[2 * i], x[2 * i + 1]
    for i in range(half, size, 2):
        moved[i], moved[i + 1] = moved[i + 1], moved[i]
    x[:] = moved


@kernel
def _permute(state: NDArray[np.uint8]) -> None:
    """E8, on 128 bytes."""
    x, grouped = np.empty(256, np.int64), np.empty(256, np.int64)
    for i in range(256):
        bit = 7 - i % 8
        total = 0
        for k in range(4):
            total = total << 1 | np.int64(state[i // 8 + 32 * k]) >> bit & 1
        x[i] = total
    for i in range(128):
        grouped[2 * i], grouped[2 * i + 1] = x[i], x[i + 128]
    constant = _CONSTANT.copy()
    for _ in range(_ROUNDS):
        for i in range(256):
            box = constant[i // 4] >> (3 - i % 4) & 1
            grouped[i] = _BOXES[box, grouped[i]]
        _mix(grouped, 256)
        for i in range(64):
            constant[i] = _BOXES[0, constant[i]]
        _mix(constant, 64)
    state[:] = 0
    for i in range(128):
        x[i], x[i + 128] = grouped[2 * i], grouped[2 * i + 1]
    for i in range(256):
        bit = 7 - i % 8
        for k in range(4):
            state[i // 8 + 32 * k] |= (x[i] >> (3 - k) & 1) << bit


@kernel
def _take(state: NDArray[np.uint8], block: NDArray[np.uint8]) -> None:
    for i in range(64):
        state[i] ^= block[i]
    _permute(state)
    for i in range(64):
        state[64 + i] ^= block[i]


@kernel
def jh512(data: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Hash the first 64 bytes of `data` to 64."""
    state, block = np.zeros(128, np.uint8), np.zeros(64, np.uint8)
    state[0] = 2
    _take(state, block)
    block[:] = data[:64]
    _take(state, block)
    block[:] = 0
    block[0], block[62] = 0x80, 2
    _take(state, block)
    out[:64] = state[64:]
