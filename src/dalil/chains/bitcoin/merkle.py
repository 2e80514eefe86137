"""Merkle trees of a block's txids: the root, and one leaf's branch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.compress import compress_two
from dalil.chains.bitcoin.sha256 import begin, pad, write_digest
from dalil.chains.bitcoin.shani import HAS_SHA_NI
from dalil.chains.bitcoin.shapairs import hash_pairs
from dalil.chains.bitcoin.transaction import double_sha256
from dalil.kernels import kernel, lean
from dalil.words import copy_32, load_u64

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["merkle_branch", "merkle_root_into"]


_PAD, _ODD = 128, 192


@lean
def _parents_by_steps(
    source: NDArray[np.uint8],
    places: tuple[int, int],
    small: NDArray[np.uint8],
    states: NDArray[np.uint32],
    to: NDArray[np.uint8],
    row: int,
) -> None:
    """Hash 64 bytes at each of two places, into rows `row` and the next of `to`."""
    for lane in range(2):
        begin(states, lane)
    compress_two(states, source, places[0], places[1], 1)
    compress_two(states, small, _PAD, _PAD, 1)
    for lane in range(2):
        write_digest(states, lane, small, 64 * lane)
        begin(states, lane)
    compress_two(states, small, 0, 64, 1)
    for lane in range(2):
        write_digest(states, lane, to, 32 * (row + lane))


@lean
def _parents_at_once(
    source: NDArray[np.uint8],
    places: tuple[int, int],
    small: NDArray[np.uint8],  # noqa: ARG001 - what the other way needs
    states: NDArray[np.uint32],  # noqa: ARG001
    to: NDArray[np.uint8],
    row: int,
) -> None:
    hash_pairs(to, 32 * row, source, places[0], places[1])


_parents = _parents_at_once if HAS_SHA_NI else _parents_by_steps


@lean
def _fold(
    source: NDArray[np.uint8],
    size: int,
    small: NDArray[np.uint8],
    states: NDArray[np.uint32],
    to: NDArray[np.uint8],
) -> int:
    """Hash `size` rows of 32 bytes in pairs; an odd one is paired with itself.

    `to` may be `source`, and gets up to one row more than are returned.
    """
    for parent in range(0, size // 2 - 1, 2):
        _parents(source, (64 * parent, 64 * parent + 64), small, states, to, parent)
    if size % 2:
        copy_32(small, _ODD, source, 32 * (size - 1))
        copy_32(small, _ODD + 32, source, 32 * (size - 1))
    parent = size // 2
    if parent % 2:
        place = 64 * (parent - 1)
        _parents(source, (place, place), small, states, to, parent - 1)
    if size % 2:
        _parents(small, (_ODD, _ODD), small, states, to, parent)
    return (size + 1) // 2


@lean
def _repeats(level: NDArray[np.uint8], size: int) -> bool:
    """Tell whether any pair of rows is one row twice."""
    for at in range(0, 64 * (size // 2), 64):
        differ = 0
        for word in range(at, at + 32, 8):
            differ |= load_u64(level, word) ^ load_u64(level, word + 32)
        if differ == 0:
            return True
    return False


@kernel
def merkle_root_into(
    txids: NDArray[np.uint8], work: NDArray[np.uint8], root: NDArray[np.uint8]
) -> bool:
    """Write the Merkle root of (n, 32) txids into `root` (32 bytes).

    Returns False for a list that repeats a pair to reach the root of a
    shorter one (CVE-2012-2459). `work` needs 16 bytes for each txid, and 64.
    """
    small, states = np.zeros(256, np.uint8), np.empty(16, np.uint32)
    for at in (0, 64):
        pad(small, at, 32, 32)
    pad(small, _PAD, 0, 64)
    size = txids.shape[0]
    if size == 1:
        copy_32(root, 0, txids, 0)
        return True
    leaves = txids.reshape(txids.size)  # as `work` is: compiled once, not twice
    distinct = not _repeats(leaves, size)
    size = _fold(leaves, size, small, states, work)
    while size > 1:
        distinct = distinct and not _repeats(work, size)
        size = _fold(work, size, small, states, work)
    copy_32(root, 0, work, 0)
    return distinct


def merkle_branch(txids: Sequence[bytes], position: int) -> list[bytes]:
    """List the siblings from leaf `position` up to the root, in hash order.

    >>> merkle_branch([b"a" * 32, b"b" * 32], 0) == [b"b" * 32]
    True
    """
    branch, level = [], list(txids)
    while len(level) > 1:
        if len(level) % 2:
            level.append(level[-1])
        branch.append(level[position ^ 1])
        level = [
            double_sha256(level[i] + level[i + 1]) for i in range(0, len(level), 2)
        ]
        position //= 2
    return branch
