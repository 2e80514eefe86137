"""BLAKE2b with 32 bytes of output and a personal name, for kernels (RFC 7693)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Blake2b", "begin_hash", "end_hash", "make_hash", "take_bytes"]

_BLOCK = 128
_IV = np.array(
    [
        0x6A09E667F3BCC908,
        0xBB67AE8584CAA73B,
        0x3C6EF372FE94F82B,
        0xA54FF53A5F1D36F1,
        0x510E527FADE682D1,
        0x9B05688C2B3E6C1F,
        0x1F83D9ABFB41BD6B,
        0x5BE0CD19137E2179,
    ],
    np.uint64,
)
_ORDER = np.array(
    [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
        [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
        [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
        [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
        [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
        [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
        [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
        [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
        [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    ],
    np.int64,
)
_PARAMETERS = np.uint64(0x0101_0020)
"""No key, 32 bytes out, one leaf."""


class Blake2b(NamedTuple):
    """A hash under way; used again for the next one."""

    state: NDArray[np.uint64]
    """(8) the chaining value."""
    block: NDArray[np.uint8]
    """(128) bytes not yet taken in."""
    words: NDArray[np.uint64]
    """(16) room to mix in."""
    counts: NDArray[np.int64]
    """Bytes taken in, bytes waiting in `block`."""


@kernel
def make_hash() -> Blake2b:
    """Make room for one hash."""
    return Blake2b(
        np.zeros(8, np.uint64),
        np.zeros(_BLOCK, np.uint8),
        np.zeros(16, np.uint64),
        np.zeros(2, np.int64),
    )


@kernel
def _word(data: NDArray[np.uint8], at: int) -> np.uint64:
    value = np.uint64(0)
    for i in range(8):
        value |= np.uint64(data[at + i]) << np.uint64(8 * i)
    return value


@kernel
def begin_hash(h: Blake2b, person: NDArray[np.uint8]) -> None:
    """Start a hash of 32 bytes under a personal name of 16."""
    h.state[:] = _IV
    h.state[0] ^= _PARAMETERS
    h.state[6] ^= _word(person, 0)
    h.state[7] ^= _word(person, 8)
    h.counts[0], h.counts[1] = 0, 0


@kernel
def _turn(value: np.uint64, n: int) -> np.uint64:
    return value >> np.uint64(n) | value << np.uint64(64 - n)


@kernel
def _mix(
    v: NDArray[np.uint64],
    at: tuple[int, int, int, int],
    first: np.uint64,
    second: np.uint64,
) -> None:
    a, b, c, d = at
    v[a] = v[a] + v[b] + first
    v[d] = _turn(v[d] ^ v[a], 32)
    v[c] = v[c] + v[d]
    v[b] = _turn(v[b] ^ v[c], 24)
    v[a] = v[a] + v[b] + second
    v[d] = _turn(v[d] ^ v[a], 16)
    v[c] = v[c] + v[d]
    v[b] = _turn(v[b] ^ v[c], 63)


@kernel
def _compress(h: Blake2b, last: bool) -> None:  # noqa: FBT001 - kernels take no keywords
    v = h.words
    v[:8] = h.state
    v[8:] = _IV
    v[12] ^= np.uint64(h.counts[0])
    if last:
        v[14] = ~v[14]
    for turn in range(12):
        order = _ORDER[turn]
        for i in range(8):
            j = i % 4
            if i < 4:
                at = (j, 4 + j, 8 + j, 12 + j)
            else:
                at = (j, 4 + (j + 1) % 4, 8 + (j + 2) % 4, 12 + (j + 3) % 4)
            first = _word(h.block, 8 * order[2 * i])
            _mix(v, at, first, _word(h.block, 8 * order[2 * i + 1]))
    for i in range(8):
        h.state[i] ^= v[i] ^ v[8 + i]


@kernel
def take_bytes(h: Blake2b, data: NDArray[np.uint8], at: int, end: int) -> None:
    """Take ``data[at:end]`` in."""
    while at < end:
        if h.counts[1] == _BLOCK:
            h.counts[0] += _BLOCK
            _compress(h, False)  # noqa: FBT003
            h.counts[1] = 0
        waiting = h.counts[1]
        size = min(_BLOCK - waiting, end - at)
        for i in range(size):
            h.block[waiting + i] = data[at + i]
        h.counts[1] += size
        at += size


@kernel
def end_hash(h: Blake2b, out: NDArray[np.uint8], at: int) -> None:
    """Write the 32 bytes of the hash to ``out[at:]``."""
    h.block[h.counts[1] :] = 0
    h.counts[0] += h.counts[1]
    _compress(h, True)  # noqa: FBT003
    for i in range(32):
        out[at + i] = h.state[i // 8] >> np.uint64(8 * (i % 8)) & np.uint64(0xFF)
