"""The tree over a TRON block's transactions: SHA-256 once, odd ones go up."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from dalil.chains.tron.plain import check_branch

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["check_branch", "merkle_branch", "merkle_root"]


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Hash serialised transactions (`tx_leaf`) into a block's ``txTrieRoot``.

    Zeros for a block without any.
    """
    level = [sha256(leaf).digest() for leaf in leaves]
    while len(level) > 1:
        level = _above(level)
    return level[0] if level else bytes(32)


def merkle_branch(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """List what leads from one transaction to the root, for `check_branch`.

    Returns
    -------
    list of bytes
        33 bytes a step; see `check_branch`.

    Raises
    ------
    IndexError
        If there is no such transaction.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    level = [sha256(leaf).digest() for leaf in leaves]
    branch = []
    while len(level) > 1:
        beside = index ^ 1
        if beside < len(level):
            branch.append(bytes([beside > index]) + level[beside])
        level, index = _above(level), index // 2
    return branch


def _above(level: list[bytes]) -> list[bytes]:
    pairs = [level[i] + level[i + 1] for i in range(0, len(level) - 1, 2)]
    odd = level[len(pairs) * 2 :]
    return [sha256(pair).digest() for pair in pairs] + odd
