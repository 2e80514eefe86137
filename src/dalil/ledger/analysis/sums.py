"""Exact sums over columns at the speed of memory, on two threads.

An int64 sum of amounts can overflow: three billion outputs, or one coin whose
supply passes 2^63 base units. So every value is added as its two halves, high
and low 32 bits, or in runs so short and of values so small that int64 is
enough; what leaves this module is Python's own integers.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["exact_sum", "sum_by_code"]

_U = np.uint64
_THREADS = 2
_MIN_ROWS_A_THREAD = 1 << 20
_RUN, _FOLD = 2048, 8192
"""Rows taken back together, still in the nearest cache; rows added up in int64."""
_SMALL_CODES = 64
_SMALL_BITS = 50
"""2^13 values below 2^50 add up to less than 2^63."""


@kernel
def _halves(values: NDArray[np.int64]) -> tuple[np.int64, np.int64]:
    low = np.int64(0)
    high = np.int64(0)
    for i in range(values.size):
        low += values[i] & 0xFFFFFFFF
        high += values[i] >> 32
    return low, high


@kernel
def _scatter(
    codes: NDArray[np.uint8], values: NDArray[np.int64], table: NDArray[np.int64]
) -> np.uint64:
    """Add a run by code, in four tables in turn, so that none waits for the last.

    Gives one bit for each code that occurs, or 0 if a value or a code is not
    small: looked at in passing, while the additions wait for memory.
    """
    bits, seen, largest = np.int64(0), _U(0), _U(0)
    n = values.size // 4
    for j in range(n):
        at = _U(4) * _U(j)  # unsigned: numba wraps indices that could be negative
        a, b = _U(codes[at]), _U(codes[at + _U(1)])
        c, d = _U(codes[at + _U(2)]), _U(codes[at + _U(3)])
        table[_U(0), a] += values[at]
        table[_U(1), b] += values[at + _U(1)]
        table[_U(2), c] += values[at + _U(2)]
        table[_U(3), d] += values[at + _U(3)]
        bits |= values[at] | values[at + _U(1)]
        bits |= values[at + _U(2)] | values[at + _U(3)]
        largest |= a | b | c | d
        seen |= _U(1) << (a & _U(63)) | _U(1) << (b & _U(63))
        seen |= _U(1) << (c & _U(63)) | _U(1) << (d & _U(63))
    for i in range(4 * n, values.size):
        table[0, codes[i]] += values[i]
        bits |= values[i]
        largest |= _U(codes[i])
        seen |= _U(1) << _U(codes[i] & 63)
    return seen if bits >> _SMALL_BITS == 0 and largest < _SMALL_CODES else _U(0)


@kernel
def _by_code(
    codes: NDArray[np.uint8], values: NDArray[np.int64], halves: NDArray[np.int64]
) -> None:
    """Add values to `halves` ((3, 256): low, high, seen) by code.

    A run that turns out not to be small is taken back (sums that wrapped unwrap)
    and added in halves.
    """
    table = np.zeros((4, 256), np.int64)
    seen = _U(0)
    for first in range(0, values.size, _FOLD):
        last = min(first + _FOLD, values.size)
        for start in range(first, last, _RUN):
            run_codes = codes[start : min(start + _RUN, last)]
            run = values[start : min(start + _RUN, last)]
            small = _scatter(run_codes, run, table)
            seen |= small
            if small == 0:
                _scatter(run_codes, -run, table)
                for i in range(run.size):
                    halves[0, run_codes[i]] += run[i] & 0xFFFFFFFF
                    halves[1, run_codes[i]] += run[i] >> 32
                    halves[2, run_codes[i]] = 1
        for part in range(4):
            for code in range(_SMALL_CODES):
                halves[0, code] += table[part, code] & 0xFFFFFFFF
                halves[1, code] += table[part, code] >> 32
                table[part, code] = 0
    for code in range(_SMALL_CODES):
        halves[2, code] |= np.int64(seen >> _U(code) & _U(1))


def _parts(n: int) -> list[slice]:
    """Cut rows for the threads, or leave them whole where that would not pay."""
    if n < 2 * _MIN_ROWS_A_THREAD:
        return [slice(0, n)]
    step = -(-n // _THREADS)
    return [slice(at, at + step) for at in range(0, n, step)]


def exact_sum(values: NDArray[np.int64]) -> int:
    """Add int64 values up exactly; reads the column once, copies nothing.

    Exact up to 2^31 values a thread.

    >>> exact_sum(np.full(3, (1 << 63) - 1)) == 3 * ((1 << 63) - 1)
    True
    """
    parts = [values[part] for part in _parts(values.size)]
    if len(parts) == 1:
        low, high = _halves(parts[0])
        return int(low) + (int(high) << 32)
    with ThreadPoolExecutor(_THREADS) as threads:
        found = list(threads.map(_halves, parts))
    return sum(int(low) + (int(high) << 32) for low, high in found)


def sum_by_code(codes: NDArray[np.uint8], values: NDArray[np.int64]) -> dict[int, int]:
    """Add values up by a code of one byte, such as the script type; exact.

    Returns
    -------
    dict of int to int
        Only codes that occur, ascending, those whose values add up to 0 too.
    """
    parts = _parts(values.size)

    def add(part: slice) -> NDArray[np.int64]:
        halves = np.zeros((3, 256), np.int64)
        _by_code(codes[part], values[part], halves)
        return halves

    if len(parts) == 1:
        found = [add(parts[0])]
    else:
        with ThreadPoolExecutor(_THREADS) as threads:
            found = list(threads.map(add, parts))
    return {
        code: sum(int(low[code]) + (int(high[code]) << 32) for low, high, _ in found)
        for code in range(256)
        if any(seen[code] for _, _, seen in found)
    }
