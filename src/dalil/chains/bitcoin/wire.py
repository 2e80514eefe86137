"""Bitcoin's wire format for kernels: every read is checked against the end.

A reader takes the buffer, a position and the record's end, and gives back the
value with the next position; the position is negative when the bytes ran out
or broke a rule, and the caller passes that on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["read_compact", "read_u32", "read_u64", "skim_tx"]


@kernel
def read_u32(data: NDArray[np.uint8], at: int) -> int:
    """Read four little-endian bytes; the caller has checked the bounds."""
    return (
        np.int64(data[at])
        | np.int64(data[at + 1]) << 8
        | np.int64(data[at + 2]) << 16
        | np.int64(data[at + 3]) << 24
    )


@kernel
def read_u64(data: NDArray[np.uint8], at: int) -> int:
    """Read eight little-endian bytes as a signed 64-bit integer."""
    return read_u32(data, at) | read_u32(data, at + 4) << 32


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
        value = read_u32(data, at + 1)
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
def skim_tx(
    data: NDArray[np.uint8], at: int, end: int
) -> tuple[int, int, int, int, int]:
    """Walk one transaction without reading it.

    Returns
    -------
    tuple of int
        Next position (negative if the bytes are no transaction), number of
        inputs, number of outputs, start and end of the inputs-and-outputs
        part. A witness is present where that part starts six bytes in.
    """
    bad = (-1, 0, 0, 0, 0)
    body = at + 4
    if body + 6 > end:
        return bad
    segwit = data[body] == 0
    if segwit:
        if data[body + 1] != 1:
            return bad
        body += 2
    pos, n_in = _skim_inputs(data, body, end)
    if pos < 0:
        return bad
    pos, n_out = _skim_outputs(data, pos, end)
    if pos < 0:
        return bad
    body_end = pos
    if segwit:
        pos = _skim_witness(data, pos, end, n_in)
    if pos < 0 or pos + 4 > end:
        return bad
    return pos + 4, n_in, n_out, body, body_end
