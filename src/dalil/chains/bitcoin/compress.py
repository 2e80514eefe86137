"""SHA-256's compression for kernels, by the fastest road this machine has.

The processor's own instructions where it has them; else the function of the
library that Python's `hashlib` links against, called by address without a
Python call in between; else, in a statically linked Python, a plain one
compiled by numba, at a fifth of the speed. All give the same states.
"""

from __future__ import annotations

import _hashlib
import contextlib
import ctypes
from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import binding
from numba import types

from dalil.chains.bitcoin import shani
from dalil.chains.bitcoin.sha256constants import ROUND_CONSTANTS
from dalil.kernels import kernel, lean

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["ROADS", "compress", "compress_two", "in_turn"]


def _register() -> bool:
    for path in (_hashlib.__file__, "libcrypto.so.3", "libcrypto.so.1.1"):
        with contextlib.suppress(OSError, AttributeError):
            function = ctypes.CDLL(path).SHA256_Transform
            address = ctypes.cast(function, ctypes.c_void_p).value
            binding.add_symbol("dalil_SHA256_Transform", address)
            return True
    return False


_transform: Any = types.ExternalFunction(
    "dalil_SHA256_Transform", types.void(types.intp, types.intp)
)


@kernel
def _library_one(
    states: NDArray[np.uint32], lane: int, data: NDArray[np.uint8], at: int, n: int
) -> None:
    context = states.ctypes.data + 32 * lane  # its first field is the state
    base = data.ctypes.data + at
    for block in range(n):
        _transform(context, base + 64 * block)


@lean
def _rotate(word: np.uint32, by: int) -> np.uint32:
    return np.uint32((word >> np.uint32(by)) | (word << np.uint32(32 - by)))


@lean
def _rounds(state: NDArray[np.uint32], w: NDArray[np.uint32]) -> None:
    for t in range(16, 64):
        s0 = _rotate(w[t - 15], 7) ^ _rotate(w[t - 15], 18) ^ (w[t - 15] >> 3)
        s1 = _rotate(w[t - 2], 17) ^ _rotate(w[t - 2], 19) ^ (w[t - 2] >> 10)
        w[t] = np.uint32(w[t - 16] + s0 + w[t - 7] + s1)
    a, b, c, d, e, f, g, h = state
    for t in range(64):
        s1 = _rotate(e, 6) ^ _rotate(e, 11) ^ _rotate(e, 25)
        t1 = np.uint32(h + s1 + ((e & f) ^ (~e & g)) + ROUND_CONSTANTS[t] + w[t])
        s0 = _rotate(a, 2) ^ _rotate(a, 13) ^ _rotate(a, 22)
        t2 = np.uint32(s0 + ((a & b) ^ (a & c) ^ (b & c)))
        h, g, f, e = g, f, e, np.uint32(d + t1)
        d, c, b, a = c, b, a, np.uint32(t1 + t2)
    for i, word in enumerate((a, b, c, d, e, f, g, h)):
        state[i] = np.uint32(state[i] + word)


@kernel
def _plain_one(
    states: NDArray[np.uint32], lane: int, data: NDArray[np.uint8], at: int, n: int
) -> None:
    w = np.zeros(64, np.uint32)
    for block in range(n):
        for i in range(64):
            byte = np.uint32(data[at + 64 * block + i])
            w[i // 4] = np.uint32(w[i // 4] << np.uint32(8)) | byte
        _rounds(states[8 * lane : 8 * lane + 8], w)


@lean
def _sha_ni_one(
    states: NDArray[np.uint32], lane: int, data: NDArray[np.uint8], at: int, n: int
) -> None:
    shani.compress_one(states, lane, data, at, n)


_ONE: dict[str, Callable[..., None]] = {"plain": _plain_one}
if _register():
    _ONE = {"library": _library_one, **_ONE}
if shani.HAS_SHA_NI:
    _ONE = {"SHA-NI": _sha_ni_one, **_ONE}

ROADS = _ONE
"""The roads this machine has, best first; each as `compress`."""

_best = next(iter(ROADS.values()))


@lean
def compress(
    states: NDArray[np.uint32], lane: int, data: NDArray[np.uint8], at: int, n: int
) -> None:
    """Take `n` blocks of 64 bytes at ``data[at:]`` into one of two states.

    `states` is (16,) uint32: two lanes of eight words each.
    """
    _best(states, lane, data, at, n)


@lean
def in_turn(
    states: NDArray[np.uint32], data: NDArray[np.uint8], at: int, other: int, n: int
) -> None:
    """Do what `compress_two` does, one after the other."""
    compress(states, 0, data, at, n)
    compress(states, 1, data, other, n)


@lean
def _sha_ni_two(
    states: NDArray[np.uint32], data: NDArray[np.uint8], at: int, other: int, n: int
) -> None:
    shani.compress_two(states, data, at, other, n)


_two = _sha_ni_two if shani.HAS_SHA_NI else in_turn


@lean
def compress_two(
    states: NDArray[np.uint32], data: NDArray[np.uint8], at: int, other: int, n: int
) -> None:
    """Take `n` blocks at `at` into the first state, and `n` at `other` into the second.

    Where the processor hashes by itself, two at once take little longer than one.
    """
    _two(states, data, at, other, n)
