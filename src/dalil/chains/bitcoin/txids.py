"""Txids in kernels: two messages at a time on their way through SHA-256d.

A transaction waits in a lane until there is a second one; then both lanes move
by as many blocks as the shorter has left, and a lane that is through takes the
next. So the processor hashes two at once although transactions differ in
length. The second hashes, all of 32 bytes, are made in pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.chains.bitcoin.compress import compress, compress_two
from dalil.chains.bitcoin.sha256 import begin, pad, sha256_into, write_digest
from dalil.chains.bitcoin.shani import HAS_SHA_NI
from dalil.chains.bitcoin.shapairs import hash_rows
from dalil.chains.bitcoin.wire import TxParts  # noqa: TC001 - a kernel argument
from dalil.kernels import kernel, lean
from dalil.words import copy_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Lanes", "finish_txids", "make_lanes", "take_txid", "work_bytes"]

_FREE = -1
_SLACK = 256


class Lanes(NamedTuple):
    """Two lanes: their padded messages, states, and how far each has come.

    `row` is the txid that a lane works on, -1 in a free one; `once` (1,) the
    one that was hashed once and waits for another, or -1.
    """

    work: NDArray[np.uint8]
    """Half of it for each lane's message."""
    states: NDArray[np.uint32]
    at: NDArray[np.int64]
    left: NDArray[np.int64]
    row: NDArray[np.int64]
    once: NDArray[np.int64]


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
        np.full(2, _FREE, np.int64),
        np.full(1, _FREE, np.int64),
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
def _again_in_turn(txids: NDArray[np.uint8], row: int, other: int) -> None:
    """Hash two rows of 32 bytes in place; one row given twice, once."""
    sha256_into(txids, 32 * row, 32 * row + 32, txids, row)
    if other != row:
        sha256_into(txids, 32 * other, 32 * other + 32, txids, other)


@lean
def _again_at_once(txids: NDArray[np.uint8], row: int, other: int) -> None:
    hash_rows(txids, 32 * row, 32 * other)


_again = _again_at_once if HAS_SHA_NI else _again_in_turn


@lean
def _step(lanes: Lanes, lane: int, txids: NDArray[np.uint8]) -> None:
    """Set a lane free where it is through; hash again where that makes two."""
    if lanes.left[lane]:
        return
    row, other = lanes.row[lane], lanes.once[0]
    write_digest(lanes.states, lane, txids, 32 * row)
    lanes.row[lane] = _FREE
    if other == _FREE:
        lanes.once[0] = row
    else:
        _again(txids, row, other)
        lanes.once[0] = _FREE


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
    lane = 0 if lanes.row[0] == _FREE else 1
    _load(lanes, lane, data, at, parts)
    lanes.row[lane] = row
    if lanes.row[0] == _FREE or lanes.row[1] == _FREE:
        return
    n = min(lanes.left[0], lanes.left[1])
    compress_two(lanes.states, lanes.work, lanes.at[0], lanes.at[1], n)
    for i in range(2):
        lanes.at[i] += 64 * n
        lanes.left[i] -= n
        _step(lanes, i, txids)


@lean
def finish_txids(lanes: Lanes, txids: NDArray[np.uint8]) -> None:
    """Bring the txids that still wait to their end."""
    for lane in range(2):
        if lanes.row[lane] != _FREE:
            n = lanes.left[lane]
            compress(lanes.states, lane, lanes.work, lanes.at[lane], n)
            lanes.left[lane] = 0
            _step(lanes, lane, txids)
    if lanes.once[0] != _FREE:
        _again(txids, lanes.once[0], lanes.once[0])
        lanes.once[0] = _FREE
