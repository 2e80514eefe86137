"""Merkle roots in kernels against the plain definition."""

from __future__ import annotations

import random

import numpy as np
import pytest

from dalil.chains.bitcoin.merkle import merkle_branch, merkle_root_into
from dalil.chains.bitcoin.transaction import double_sha256

RANDOM = random.Random(2012)


def plain_root(level: list[bytes]) -> bytes:
    while len(level) > 1:
        level = [*level, level[-1]] if len(level) % 2 else level
        pairs = zip(level[::2], level[1::2], strict=True)
        level = [double_sha256(a + b) for a, b in pairs]
    return level[0]


def root_of(txids: list[bytes]) -> tuple[bytes, bool]:
    rows = np.frombuffer(b"".join(txids), np.uint8).reshape(-1, 32)
    root, work = np.zeros(32, np.uint8), np.full(16 * len(rows) + 128, 7, np.uint8)
    distinct = merkle_root_into(rows, work[: 16 * len(rows) + 64], root)
    assert (work[16 * len(rows) + 64 :] == 7).all(), "wrote behind its room"
    return root.tobytes(), distinct


def leaves(n: int) -> list[bytes]:
    return [RANDOM.randbytes(32) for _ in range(n)]


@pytest.mark.parametrize("n", [*range(1, 70), 127, 128, 129, 1_023, 2_500])
def test_every_number_of_leaves_has_the_plain_root(n: int) -> None:
    txids = leaves(n)
    assert root_of(txids) == (plain_root(txids), True)


@pytest.mark.parametrize(("n", "repeated"), [(3, 1), (6, 2), (11, 1), (12, 4), (5, 1)])
def test_a_repeated_tail_has_the_same_root_and_is_told(n: int, repeated: int) -> None:
    txids = leaves(n)
    longer = txids + txids[-repeated:]
    assert root_of(longer) == (plain_root(txids), False)


def test_equal_neighbours_of_two_pairs_are_no_repetition() -> None:
    a, b, c, d = leaves(4)
    assert root_of([a, b, b, c, d, d])[1] is False
    assert root_of([a, b, b, c, d, a])[1] is True


@pytest.mark.parametrize("n", [1, 2, 3, 7, 12])
def test_a_branch_leads_to_the_root(n: int) -> None:
    txids = leaves(n)
    for position in range(n):
        node, at = txids[position], position
        for sibling in merkle_branch(txids, position):
            node = double_sha256(sibling + node if at % 2 else node + sibling)
            at //= 2
        assert node == plain_root(txids)
