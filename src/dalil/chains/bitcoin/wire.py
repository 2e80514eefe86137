"""Bitcoin's wire format for kernels: every read is checked against the end.

A reader takes the buffer, a position and the record's end, and gives back the
value with the next position; the position is negative when the bytes ran out
or broke a rule, and the caller passes that on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.chains.bitcoin.forms import BITCOIN
from dalil.kernels import kernel
from dalil.words import load_u32

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TxParts", "read_compact", "skim_tx"]


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


_BAD = TxParts(-1, 0, 0, 0, 0, 0, 0, 0)


@kernel
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


@kernel
def _skip_bytes(data: NDArray[np.uint8], at: int, end: int) -> int:
    size, at = read_compact(data, at, end)
    if at < 0 or size > end - at:
        return -1
    return at + size


@kernel
def _skim_inputs(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    n_in, pos = read_compact(data, at, end)
    if pos < 0 or n_in == 0 or n_in > (end - pos) // 41:
        return -1, 0
    for _ in range(n_in):
        pos = _skip_bytes(data, pos + 36, end)
        if pos < 0 or pos + 4 > end:
            return -1, 0
        pos += 4
    return pos, n_in


@kernel
def _skim_outputs(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    n_out, pos = read_compact(data, at, end)
    if pos < 0 or n_out == 0 or n_out > (end - pos) // 9:
        return -1, 0
    for _ in range(n_out):
        pos = _skip_bytes(data, pos + 8, end)
        if pos < 0:
            return -1, 0
    return pos, n_out


@kernel
def _skim_witness(data: NDArray[np.uint8], at: int, end: int, n_in: int) -> int:
    """Skip the stacks; all of them empty is refused, as in Core."""
    pos, any_item = at, False
    for _ in range(n_in):
        n_items, pos = read_compact(data, pos, end)
        if pos < 0 or n_items > end - pos:
            return -1
        any_item = any_item or n_items > 0
        for _ in range(n_items):
            pos = _skip_bytes(data, pos, end)
            if pos < 0:
                return -1
    return pos if any_item else -1


@kernel
def _skim_bitcoin(data: NDArray[np.uint8], at: int, end: int) -> TxParts:
    body = at + 4
    if body + 6 > end:
        return _BAD
    segwit = data[body] == 0
    if segwit:
        if data[body + 1] != 1:
            return _BAD
        body += 2
    pos, n_in = _skim_inputs(data, body, end)
    if pos < 0:
        return _BAD
    body_end, n_out = _skim_outputs(data, pos, end)
    if body_end < 0:
        return _BAD
    tail = _skim_witness(data, body_end, end, n_in) if segwit else body_end
    if tail < 0 or tail + 4 > end:
        return _BAD
    return TxParts(tail + 4, n_in, n_out, body, body, body_end, tail, tail)


@kernel
def skim_tx(data: NDArray[np.uint8], at: int, end: int, form: int) -> TxParts:
    """Walk one transaction of a format without reading it.

    Every position is checked here, against `end`, so that the parts may be
    read without another look. A witness is present where `tail` is not
    `body_end`.
    """
    if form == BITCOIN:
        return _skim_bitcoin(data, at, end)
    return _BAD
