"""Columns of text to columns of bytes and of limbs, millions of rows a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["GOOD", "decimal_limbs", "hex_rows"]

GOOD = -1
_MOST_DIGITS = 78


@numba.njit(cache=True)
def _digit(letter: int) -> int:
    if 48 <= letter <= 57:
        return letter - 48
    if 97 <= letter <= 102:
        return letter - 87
    if 65 <= letter <= 70:
        return letter - 55
    return 255


@numba.njit(cache=True, nogil=True)
def hex_rows(
    offsets: NDArray[np.int32], text: NDArray[np.uint8], out: NDArray[np.uint8]
) -> int:
    """Read each row's hex into ``out[row]``; give the first bad row, or `GOOD`.

    A row is its digits, with or without ``0x``; digits of one byte more may
    begin with ``41``, as TRON's addresses do among node APIs.

    Parameters
    ----------
    offsets : (n + 1,) int32
    text : (n_bytes,) uint8
    out : (n, width) uint8
    """
    n, width = out.shape
    for row in range(n):
        at, end = offsets[row], offsets[row + 1]
        if end - at >= 2 and text[at] == 48 and text[at + 1] in (120, 88):
            at += 2
        if width == 20 and end - at == 42 and text[at] == 52 and text[at + 1] == 49:
            at += 2
        if end - at != 2 * width:
            return row
        for i in range(width):
            high, low = _digit(text[at + 2 * i]), _digit(text[at + 2 * i + 1])
            if high > 15 or low > 15:
                return row
            out[row, i] = high << 4 | low
    return GOOD


@numba.njit(cache=True, nogil=True)
def decimal_limbs(
    offsets: NDArray[np.int32], text: NDArray[np.uint8], out: NDArray[np.uint64]
) -> int:
    """Read each row's decimal digits into four limbs; the first bad row, or `GOOD`.

    Bad is what is empty, no digits, longer than 78, or 2**256 and more; length
    is looked at before anything else.

    Parameters
    ----------
    offsets : (n + 1,) int32
    text : (n_bytes,) uint8
    out : (n, 4) uint64
        Least limb first.
    """
    part = np.zeros(8, np.uint64)
    for row in range(out.shape[0]):
        at, end = offsets[row], offsets[row + 1]
        if end <= at or end - at > _MOST_DIGITS:
            return row
        part[:] = 0
        used = 0
        while at < end:
            take = (end - at - 1) % 9 + 1
            chunk, scale = np.uint64(0), np.uint64(1)
            for i in range(at, at + take):
                if not 48 <= text[i] <= 57:
                    return row
                chunk = chunk * np.uint64(10) + np.uint64(text[i] - 48)
                scale *= np.uint64(10)
            at += take
            for i in range(used):
                total = part[i] * scale + chunk
                part[i] = total & np.uint64(0xFFFF_FFFF)
                chunk = total >> np.uint64(32)
            if chunk:
                if used == 8:
                    return row
                part[used] = chunk
                used += 1
        for i in range(4):
            out[row, i] = part[2 * i] | part[2 * i + 1] << np.uint64(32)
    return GOOD
