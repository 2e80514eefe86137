"""Merkle branches: what proves a place, and what only looks like it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalil.chains.bitcoin.inclusion import MAX_BRANCH, check_inclusion, merkle_root_in
from dalil.chains.bitcoin.merkle import merkle_branch
from dalil.chains.bitcoin.transaction import double_sha256
from dalil.errors import BlockDataError

if TYPE_CHECKING:
    from collections.abc import Sequence

trees = st.integers(1, 40).map(lambda n: [double_sha256(bytes([i])) for i in range(n)])


def root(level: Sequence[bytes]) -> bytes:
    """The root, the slow and obvious way."""
    level = list(level)
    while len(level) > 1:
        level += level[-1:] * (len(level) % 2)
        pairs = zip(level[::2], level[1::2], strict=True)
        level = [double_sha256(a + b) for a, b in pairs]
    return level[0]


def header(top: bytes) -> bytes:
    return bytes(36) + top + bytes(12)


@given(trees, st.data())
def test_every_leaf_is_proven_where_it_is_and_nowhere_else(
    leaves: list[bytes], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(leaves) - 1))
    block, branch = header(root(leaves)), merkle_branch(leaves, at)
    assert merkle_root_in(block) == root(leaves)
    check_inclusion(leaves[at], at, branch, block)
    for other in range(1 << len(branch)):
        if other != at:
            with pytest.raises(BlockDataError):
                check_inclusion(leaves[at], other, branch, block)


@given(trees, st.data())
def test_any_change_breaks_it(leaves: list[bytes], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(leaves) - 1))
    block, branch = header(root(leaves)), merkle_branch(leaves, at)
    whole = [leaves[at], *branch]
    n = data.draw(st.integers(0, len(whole) - 1))
    bit = data.draw(st.integers(0, 255))
    raw = bytearray(whole[n])
    raw[bit // 8] ^= 1 << bit % 8
    whole[n] = bytes(raw)
    with pytest.raises(BlockDataError):
        check_inclusion(whole[0], at, whole[1:], block)


@pytest.mark.parametrize(
    ("position", "branch", "says"),
    [
        (1, [], "too short for the position"),
        (-1, [], "too short for the position"),
        (0, [b"short"], "not 32 bytes"),
        (0, [bytes(32)] * (MAX_BRANCH + 1), "longer than any block's"),
        (0, [bytes(32)], "does not lead to the header's root"),
    ],
)
def test_refuses(position: int, branch: list[bytes], says: str) -> None:
    with pytest.raises(BlockDataError, match=says):
        check_inclusion(b"t" * 32, position, branch, header(b"r" * 32))


def test_an_odd_row_s_copy_is_no_place_of_its_own() -> None:
    """CVE-2012-2459: the last of three leaves also folds as if it were a fourth."""
    leaves = [double_sha256(bytes([n])) for n in range(3)]
    branch = merkle_branch(leaves, 2)
    check_inclusion(leaves[2], 2, branch, header(root(leaves)))
    with pytest.raises(BlockDataError, match="not in the block"):
        check_inclusion(leaves[2], 3, branch, header(root(leaves)))
