"""Merkle trees of a block's txids: the root, and one leaf's branch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.sha256 import sha256d_into
from dalil.chains.bitcoin.transaction import double_sha256
from dalil.kernels import kernel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["fold_level", "merkle_branch", "merkle_root_matches"]


@kernel
def fold_level(level: NDArray[np.uint8], size: int, pair: NDArray[np.uint8]) -> int:
    """Hash the first `size` rows of `level` in pairs, in place; returns how many.

    An odd row is paired with itself. `pair` is 64 bytes to work in.
    """
    for i in range((size + 1) // 2):
        pair[:32] = level[2 * i]
        pair[32:] = level[min(2 * i + 1, size - 1)]
        sha256d_into(pair, 0, 64, level[i])
    return (size + 1) // 2


@kernel
def merkle_root_matches(txids: NDArray[np.uint8], root: NDArray[np.uint8]) -> bool:
    """Tell whether (n, 32) txids have this root.

    A list that repeats a pair to reach the same root (CVE-2012-2459) does
    not match: it is another list of transactions under one header.
    """
    level = txids.copy()
    size = txids.shape[0]
    pair = np.empty(64, np.uint8)
    while size > 1:
        for i in range(0, size - 1, 2):
            if np.all(level[i] == level[i + 1]):
                return False
        size = fold_level(level, size, pair)
    return bool(np.all(level[0] == root))


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
