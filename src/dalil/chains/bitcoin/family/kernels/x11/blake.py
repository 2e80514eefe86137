"""BLAKE-512 (Aumasson, Henzen, Meier, Phan 2010), of 80 bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.family.kernels.x11.words import be_word, left64, put_be
from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["blake512"]

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
_PI = np.array(
    [
        0x243F6A8885A308D3,
        0x13198A2E03707344,
        0xA4093822299F31D0,
        0x082EFA98EC4E6C89,
        0x452821E638D01377,
        0xBE5466CF34E90C6C,
        0xC0AC29B7C97C50DD,
        0x3F84D5B5B5470917,
        0x9216D5D98979FB1B,
        0xD1310BA698DFB5AC,
        0x2FFD72DBD01ADFB7,
        0xB8E1AFED6A267E96,
        0xBA7C9045F12C7F99,
        0x24A19947B3916CF7,
        0x0801F2E2858EFC16,
        0x636920D871574E69,
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
    ],
    np.int64,
)
_SIZE = 80


@kernel
def blake512(data: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Hash the first 80 bytes of `data` to 64."""
    block = np.zeros(128, np.uint8)
    block[:_SIZE] = data[:_SIZE]
    block[_SIZE], block[111] = 0x80, 0x01
    put_be(block, 120, 8, np.uint64(8 * _SIZE))
    m, v = np.empty(16, np.uint64), np.empty(16, np.uint64)
    for i in range(16):
        m[i] = be_word(block, 8 * i, 8)
    v[:8] = _IV
    v[8:] = _PI[:8]
    v[12] ^= np.uint64(8 * _SIZE)
    v[13] ^= np.uint64(8 * _SIZE)
    for turn in range(16):
        order = _ORDER[turn % 10]
        for i in range(8):
            j, k = i % 4, i // 4
            a, b, c, d = j, 4 + (j + k) % 4, 8 + (j + 2 * k) % 4, 12 + (j + 3 * k) % 4
            p, q = order[2 * i], order[2 * i + 1]
            v[a] += v[b] + (m[p] ^ _PI[q])
            v[d] = left64(v[d] ^ v[a], 32)
            v[c] += v[d]
            v[b] = left64(v[b] ^ v[c], 39)
            v[a] += v[b] + (m[q] ^ _PI[p])
            v[d] = left64(v[d] ^ v[a], 48)
            v[c] += v[d]
            v[b] = left64(v[b] ^ v[c], 53)
    for i in range(8):
        put_be(out, 8 * i, 8, _IV[i] ^ v[i] ^ v[8 + i])
