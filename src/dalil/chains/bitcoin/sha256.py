"""SHA-256 for kernels: messages padded, states begun and written as digests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.compress import compress
from dalil.chains.bitcoin.sha256constants import START
from dalil.kernels import kernel, lean
from dalil.words import copy_bytes, store_u64

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["begin", "pad", "sha256_into", "sha256d_into", "write_digest"]


@lean
def begin(states: NDArray[np.uint32], lane: int) -> None:
    """Make a lane's state what it is before the first block."""
    for i in range(8):
        states[8 * lane + i] = START[i]


@lean
def _swapped(word: int) -> int:
    return (
        word >> 24 & 0xFF
        | word >> 8 & 0xFF00
        | word << 8 & 0xFF_0000
        | (word & 0xFF) << 24
    )


@lean
def write_digest(
    states: NDArray[np.uint32], lane: int, out: NDArray[np.uint8], at: int
) -> None:
    """Write a lane's state as 32 bytes at byte `at` of a contiguous array."""
    for i in range(4):
        first = int(states[8 * lane + 2 * i])
        second = int(states[8 * lane + 2 * i + 1])
        store_u64(out, at + 8 * i, _swapped(first) | _swapped(second) << 32)


@lean
def pad(work: NDArray[np.uint8], at: int, size: int, total: int) -> int:
    """Pad a message's last `size` bytes at `at`, of `total`; returns the blocks.

    Writes up to 80 bytes behind the message.
    """
    n_blocks = (size + 8) // 64 + 1
    end = at + 64 * n_blocks
    for place in range(at + size, end, 8):
        store_u64(work, place, 0)
    work[at + size] = 0x80
    bits = 8 * total
    store_u64(work, end - 8, _swapped(bits) << 32 | _swapped(bits >> 32))
    return n_blocks


@kernel
def sha256_into(
    data: NDArray[np.uint8], start: int, end: int, out: NDArray[np.uint8], row: int = 0
) -> None:
    """Write SHA-256 of ``data[start:end]`` into a row of 32 bytes of `out`."""
    states, last = np.empty(16, np.uint32), np.empty(144, np.uint8)
    whole = (end - start) // 64
    rest = end - start - 64 * whole
    begin(states, 0)
    compress(states, 0, data, start, whole)
    copy_bytes(last, 0, data, start + 64 * whole, rest)
    compress(states, 0, last, 0, pad(last, 0, rest, end - start))
    write_digest(states, 0, out, 32 * row)


@kernel
def sha256d_into(
    data: NDArray[np.uint8], start: int, end: int, out: NDArray[np.uint8]
) -> None:
    """Write SHA-256d of ``data[start:end]`` into `out` (32 bytes, contiguous)."""
    middle = np.empty(32, np.uint8)
    sha256_into(data, start, end, middle)
    sha256_into(middle, 0, 32, out)
