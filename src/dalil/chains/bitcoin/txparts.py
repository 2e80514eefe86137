"""Parts of transactions for kernels: every read is checked against the end.

A reader takes the buffer, a position and the record's end, and gives back the
value with the next position; the position is negative when the bytes ran out
or broke a rule, and the caller passes that on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import lean
from dalil.words import load_u32

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "BAD",
    "TxParts",
    "read_compact",
    "skim_list",
    "skim_witness",
    "skip_bytes",
]


class TxParts(NamedTuple):
    """Where the parts of one transaction lie; all are positions in the buffer.

    The txid is SHA-256d of ``[at, at + 4)``, ``[body, body_end)`` and
    ``[tail, after)`` joined: what lies between them has no part in it.
    """

    after: int
    """Where the next one starts; negative if the bytes are no transaction."""
    n_in: int
    n_out: int
    inputs: int
    """Where the count of inputs lies; outputs follow the inputs at once."""
    body: int
    body_end: int
    tail: int
    lock_time: int
    """Where its four bytes lie."""


BAD = TxParts(-1, 0, 0, 0, 0, 0, 0, 0)
"""No transaction."""


@lean
def read_compact(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """Read a CompactSize; a longer form than needed is refused, as in Core."""
    if at < 0 or at >= end:
        return 0, -1
    first = np.int64(data[at])
    if first < 253:
        return first, at + 1
    if first == 253:
        if at + 3 > end:
            return 0, -1
        value = np.int64(data[at + 1]) | np.int64(data[at + 2]) << 8
        return value, (at + 3 if value >= 253 else -1)
    if first == 254:
        if at + 5 > end:
            return 0, -1
        value = load_u32(data, at + 1)
        return value, (at + 5 if value > 0xFFFF else -1)
    return 0, -1


@lean
def skip_bytes(data: NDArray[np.uint8], at: int, end: int) -> int:
    """Skip a CompactSize and as many bytes; next position."""
    size, at = read_compact(data, at, end)
    if at < 0 or size > end - at:
        return -1
    return at + size


@lean
def skim_list(
    data: NDArray[np.uint8], at: int, end: int, before: int, behind: int
) -> tuple[int, int]:
    """Skip a counted row of scripts with fixed bytes before and behind each.

    Inputs have 36 before and 4 behind, outputs 8 before. Returns the next
    position and how many there are, which may be none.
    """
    n, pos = read_compact(data, at, end)
    if pos < 0 or n > (end - pos) // (before + 1 + behind):
        return -1, 0
    for _ in range(n):
        pos = skip_bytes(data, pos + before, end)
        if pos < 0 or pos + behind > end:
            return -1, 0
        pos += behind
    return pos, n


@lean
def skim_witness(data: NDArray[np.uint8], at: int, end: int, n_in: int) -> int:
    """Skip the stacks of `n_in` inputs; all of them empty is refused, as in Core."""
    pos, any_item = at, False
    for _ in range(n_in):
        n_items, pos = read_compact(data, pos, end)
        if pos < 0 or n_items > end - pos:
            return -1
        any_item = any_item or n_items > 0
        for _ in range(n_items):
            pos = skip_bytes(data, pos, end)
            if pos < 0:
                return -1
    return pos if any_item else -1
