"""Txids in kernels: two messages at a time on their way through SHA-256d.

A txid waits in a lane until there is a second one; then both lanes move by as
many blocks as the shorter has left, and a lane that is through takes the next.
So the processor hashes two at once although transactions differ in length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.chains.bitcoin.compress import compress, compress_two
from dalil.chains.bitcoin.sha256 import begin, pad, write_digest
from dalil.chains.bitcoin.wire import TxParts  # noqa: TC001 - a kernel argument
from dalil.kernels import kernel, lean
from dalil.words import copy_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Lanes", "finish_txids", "make_lanes", "take_txid", "work_bytes"]

_FREE, _FIRST, _SECOND = 0, 1, 2
_SLACK = 256


class Lanes(NamedTuple):
    """Two lanes: their padded messages, states, and how far each has come."""

    work: NDArray[np.uint8]
    """Half of it for each lane's message."""
    states: NDArray[np.uint32]
    at: NDArray[np.int64]
    left: NDArray[np.int64]
    row: NDArray[np.int64]
    stage: NDArray[np.int64]


@lean
def work_bytes(size: int) -> int:
    """Return the room that transactions of up to `size` bytes, or a block's, take."""
    return 2 * (size + _SLACK)


@kernel
def make_lanes(work: NDArray[np.uint8]) -> Lanes:
    """Make two free lanes over `work`, of `work_bytes` bytes."""
    return Lanes(
        work,
        np.zeros(16, np.uint32),
        np.zeros(2, np.int64),
        np.zeros(2, np.int64),
        np.zeros(2, np.int64),
        np.zeros(2, np.int64),
    )


@lean
def _load(
    lanes: Lanes, lane: int, data: NDArray[np.uint8], at: int, parts: TxParts
) -> None:
    start = lane * (lanes.work.size // 2)
    if parts.body == at + 4 and parts.tail == parts.body_end:
        size = parts.after - at
        copy_bytes(lanes.work, start, data, at, size)
    else:
        body = parts.body_end - parts.body
        tail = parts.after - parts.tail
        copy_bytes(lanes.work, start, data, at, 4)
        copy_bytes(lanes.work, start + 4, data, parts.body, body)
        copy_bytes(lanes.work, start + 4 + body, data, parts.tail, tail)
        size = 4 + body + tail
    lanes.at[lane] = start
    lanes.left[lane] = pad(lanes.work, start, size, size)
    begin(lanes.states, lane)


@lean
def _step(lanes: Lanes, lane: int, txids: NDArray[np.uint8]) -> None:
    """Go on to the second hash where a lane is through the first, or set it free."""
    if lanes.left[lane]:
        return
    if lanes.stage[lane] == _SECOND:
        write_digest(lanes.states, lane, txids, 32 * lanes.row[lane])
        lanes.stage[lane] = _FREE
        return
    start = lane * (lanes.work.size // 2)
    write_digest(lanes.states, lane, lanes.work, start)
    lanes.at[lane] = start
    lanes.left[lane] = pad(lanes.work, start, 32, 32)
    lanes.stage[lane] = _SECOND
    begin(lanes.states, lane)


@lean
def take_txid(
    data: NDArray[np.uint8],
    at: int,
    parts: TxParts,
    lanes: Lanes,
    txids: NDArray[np.uint8],
    row: int,
) -> None:
    """Begin the txid of the skimmed transaction at `at`; it will be ``txids[row]``.

    It is there after `finish_txids` at the latest.
    """
    lane = 0 if lanes.stage[0] == _FREE else 1
    _load(lanes, lane, data, at, parts)
    lanes.row[lane] = row
    lanes.stage[lane] = _FIRST
    while lanes.stage[0] != _FREE and lanes.stage[1] != _FREE:
        n = min(lanes.left[0], lanes.left[1])
        compress_two(lanes.states, lanes.work, lanes.at[0], lanes.at[1], n)
        for i in range(2):
            lanes.at[i] += 64 * n
            lanes.left[i] -= n
            _step(lanes, i, txids)


@lean
def finish_txids(lanes: Lanes, txids: NDArray[np.uint8]) -> None:
    """Bring the txid that still waits to its end."""
    for lane in range(2):
        while lanes.stage[lane] != _FREE:
            n = lanes.left[lane]
            compress(lanes.states, lane, lanes.work, lanes.at[lane], n)
            lanes.left[lane] = 0
            _step(lanes, lane, txids)
