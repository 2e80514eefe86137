"""Exact sums over columns at the speed of memory, on two threads.

An int64 sum of amounts can overflow: three billion outputs, or one coin whose
supply passes 2^63 base units. So every value is added as its two halves, high
and low 32 bits, or in runs so short and of values so small that int64 is
enough; what leaves this module is Python's own integers.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from dalil.kernels import kernel

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["exact_sum", "sum_by_code"]

T = TypeVar("T")
R = TypeVar("R")

_THREADS = 2
_MIN_ROWS_A_THREAD = 1 << 20
_FEW = 1_000
"""Rows that Python adds up before a process's first kernel is loaded."""
_RUN = 2048
"""Rows looked at together, still in the nearest cache the second time."""
_SMALL_BITS = 52
"""2^11 values from 0 to below 2^52 add up to less than 2^63."""
_SMALL_CODES = 32
_TOGETHER = 8
_NO_CODE = 255
"""No code of a run whose codes are all small."""


@kernel
def _halves(values: NDArray[np.int64]) -> tuple[np.int64, np.int64]:
    low = np.int64(0)
    high = np.int64(0)
    for i in range(values.size):
        low += values[i] & 0xFFFFFFFF
        high += values[i] >> 32
    return low, high


@kernel
def _occurring(codes: NDArray[np.uint8]) -> np.int64:
    """Give one bit for each code that occurs, or 0 if one of them is not small."""
    bits, largest = np.uint32(0), np.uint8(0)
    for i in range(codes.size):
        bits = np.uint32(bits | np.uint32(1) << np.uint32(codes[i] & 31))
        largest |= codes[i]
    return np.int64(bits) if largest < _SMALL_CODES else np.int64(0)


@kernel
def _list_codes(bits: np.int64, kinds: NDArray[np.uint8]) -> int:
    """List codes from their bits, `_NO_CODE` behind them; gives how many."""
    n = 0
    for code in range(_SMALL_CODES):
        if bits >> code & 1:
            kinds[n] = code
            n += 1
    kinds[n:] = _NO_CODE
    return n


@kernel
def _add_eight(
    codes: NDArray[np.uint8],
    values: NDArray[np.int64],
    kinds: NDArray[np.uint8],
    n: int,
    sums: NDArray[np.int64],
) -> np.int64:
    """Add a run up by eight codes, or by six where no more are asked for.

    Gives all its values' bits, one or-ed to another. Comparing each row with
    eight codes looks like more work than one addition to the table entry its
    code names, but the processor does it for eight rows at once, and no
    addition waits for the last one to reach memory.
    """
    wide = n > 6  # the same for all rows, so that this makes two loops
    k0, k1, k2, k3 = kinds[0], kinds[1], kinds[2], kinds[3]
    k4, k5, k6, k7 = kinds[4], kinds[5], kinds[6], kinds[7]
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = bits = np.int64(0)
    for i in range(values.size):
        value, code = values[i], codes[i]
        bits |= value
        s0 += value if code == k0 else 0
        s1 += value if code == k1 else 0
        s2 += value if code == k2 else 0
        s3 += value if code == k3 else 0
        s4 += value if code == k4 else 0
        s5 += value if code == k5 else 0
        if wide:
            s6 += value if code == k6 else 0
            s7 += value if code == k7 else 0
    sums[0], sums[1], sums[2], sums[3] = s0, s1, s2, s3
    sums[4], sums[5], sums[6], sums[7] = s4, s5, s6, s7
    return bits


@kernel
def _add(halves: NDArray[np.int64], code: np.uint8, value: np.int64) -> None:
    halves[0, code] += value & 0xFFFFFFFF
    halves[1, code] += value >> 32
    halves[2, code] = 1


@kernel
def _by_code(
    codes: NDArray[np.uint8], values: NDArray[np.int64], halves: NDArray[np.int64]
) -> None:
    """Add values to `halves` ((3, 256): low, high, seen) by code.

    A run whose codes and values are all small is added up by the codes that
    occur, eight in one go; any other one row by row.
    """
    kinds = np.empty(_SMALL_CODES + _TOGETHER, np.uint8)
    sums = np.empty(_TOGETHER, np.int64)
    last, n = np.int64(0), 0
    for start in range(0, values.size, _RUN):
        run_codes = codes[start : min(start + _RUN, values.size)]
        run = values[start : min(start + _RUN, values.size)]
        occurring = _occurring(run_codes)
        if occurring != last:
            last, n = occurring, _list_codes(occurring, kinds)
        small = n > 0
        for first in range(0, n, _TOGETHER):
            bits = _add_eight(run_codes, run, kinds[first:], n - first, sums)
            small = bits >> _SMALL_BITS == 0
            if not small:  # told at the first go, before anything was added
                break
            for j in range(min(_TOGETHER, n - first)):
                _add(halves, kinds[first + j], sums[j])
        if not small:
            for i in range(run.size):
                _add(halves, run_codes[i], run[i])


def _parts(n: int) -> list[slice]:
    """Cut rows for the threads, or leave them whole where that would not pay."""
    if n < 2 * _MIN_ROWS_A_THREAD:
        return [slice(0, n)]
    step = -(-n // _THREADS)
    return [slice(at, at + step) for at in range(0, n, step)]


def _on_threads(call: Callable[[T], R], parts: list[T]) -> list[R]:
    """Call for each part at once, the caller's own thread taking the first."""
    first, *others = parts
    if not others:
        return [call(first)]
    with ThreadPoolExecutor(len(others)) as threads:
        told = [threads.submit(call, part) for part in others]
        return [call(first), *(future.result() for future in told)]


def exact_sum(values: NDArray[np.int64]) -> int:
    """Add int64 values up exactly; reads the column once, copies nothing.

    Exact up to 2^31 values a thread.

    >>> exact_sum(np.full(3, (1 << 63) - 1)) == 3 * ((1 << 63) - 1)
    True
    """
    if values.size <= _FEW:
        return sum(values.tolist())
    parts = [values[part] for part in _parts(values.size)]
    found = _on_threads(_halves, parts)
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

    found = _on_threads(add, parts)
    return {
        code: sum(int(low[code]) + (int(high[code]) << 32) for low, high, _ in found)
        for code in range(256)
        if any(seen[code] for _, _, seen in found)
    }
