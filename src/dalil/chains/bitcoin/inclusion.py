"""Whether a Merkle branch leads from a transaction to a header's root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.chains.bitcoin.transaction import double_sha256
from dalil.errors import BlockDataError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MAX_BRANCH", "check_inclusion", "merkle_root_in"]

MAX_BRANCH = 24
"""Siblings at most: 2^24 transactions are more than any block holds."""


def merkle_root_in(header: bytes) -> bytes:
    """Give the root that an 80-byte header commits to, in hash order."""
    return header[36:68]


def check_inclusion(
    txid: bytes, position: int, branch: Sequence[bytes], header: bytes
) -> None:
    r"""Fold a transaction's siblings up to the root of its block's header.

    Parameters
    ----------
    txid : bytes
        (32, hash order).
    position : int
        Place in the block, from 0.
    branch : sequence of bytes
        (32 each, hash order) siblings from the leaf upwards.
    header : bytes
        (80)

    Raises
    ------
    BlockDataError
        If the branch does not lead to the root, or to a place the tree does
        not have: a row's last hash is its own sibling only on the left.

    Notes
    -----
    A fold cannot tell a leaf from an inner node, which is 64 bytes hashed:
    refuse transactions of exactly 64 bytes before trusting one.

    Examples
    --------
    >>> left, right = b"l" * 32, b"r" * 32
    >>> header = bytes(36) + double_sha256(left + right) + bytes(12)
    >>> check_inclusion(right, 1, [left], header)
    """
    if len(branch) > MAX_BRANCH:
        raise BlockDataError("a Merkle branch is longer than any block's", len(branch))
    if not 0 <= position < 1 << len(branch):
        raise BlockDataError("a Merkle branch too short for the position", position)
    node, at = txid, position
    for sibling in branch:
        if len(sibling) != 32:
            raise BlockDataError("a sibling is not 32 bytes", len(sibling))
        if at & 1 and sibling == node:
            raise BlockDataError("the position is not in the block", position)
        node = double_sha256(sibling + node if at & 1 else node + sibling)
        at >>= 1
    if node != merkle_root_in(header):
        raise BlockDataError(
            "the Merkle branch does not lead to the header's root",
            node[::-1].hex(),
        )
