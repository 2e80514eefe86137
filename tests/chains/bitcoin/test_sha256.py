"""SHA-256 in kernels, by every road this machine has, against Python's own."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numba.core import config

from dalil.chains.bitcoin import shani, txids
from dalil.chains.bitcoin.compress import ROADS, compress_two, in_turn
from dalil.chains.bitcoin.sha256 import sha256_into, sha256d_into
from dalil.chains.bitcoin.sha256constants import START

if TYPE_CHECKING:
    from collections.abc import Callable

RANDOM = random.Random(256)
LENGTHS = [*range(201), *(RANDOM.randrange(200, 5_000) for _ in range(40))]


def digest_of(message: bytes, start: int) -> tuple[bytes, bytes]:
    data = np.frombuffer(bytes(start) + message + b"\xff" * 9, np.uint8)
    once, twice = np.zeros(32, np.uint8), np.zeros((3, 32), np.uint8)
    sha256_into(data, start, start + len(message), once)
    sha256d_into(data, start, start + len(message), twice[1])
    assert not twice[0].any()
    assert not twice[2].any()
    return once.tobytes(), twice[1].tobytes()


def test_every_length_at_any_place_hashes_as_hashlib_does() -> None:
    for length in LENGTHS:
        message = RANDOM.randbytes(length)
        once, twice = digest_of(message, RANDOM.randrange(9))
        assert once == sha256(message).digest(), length
        assert twice == sha256(once).digest(), length


def padded(message: bytes) -> bytes:
    rest = -(len(message) + 9) % 64
    return message + b"\x80" + bytes(rest) + (8 * len(message)).to_bytes(8, "big")


def begun() -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    return np.concatenate([START, START])


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("lane", [0, 1])
def test_each_road_compresses_alike_and_leaves_the_other_lane(
    road: str, lane: int
) -> None:
    for length in (0, 1, 55, 56, 64, 119, 120, 1_000):
        message = RANDOM.randbytes(length)
        blocks = padded(message)
        data = np.frombuffer(b"abc" + blocks, np.uint8)
        states = begun()
        ROADS[road](states, lane, data, 3, len(blocks) // 64)
        halves = states.reshape(2, 8)
        assert halves[lane].astype(">u4").tobytes() == sha256(message).digest()
        assert np.array_equal(halves[1 - lane], START)


@pytest.mark.parametrize("two", [compress_two, in_turn], ids=["best", "in turn"])
def test_two_lanes_at_once_are_two_hashes(two: Callable[..., None]) -> None:
    first, second = RANDOM.randbytes(300), RANDOM.randbytes(290)
    data = np.frombuffer(padded(first) + b"x" + padded(second), np.uint8)
    states, n = begun(), len(padded(first))
    two(states, data, 0, n + 1, n // 64)
    digests = states.astype(">u4").tobytes()
    assert digests == sha256(first).digest() + sha256(second).digest()


@pytest.mark.parametrize("again", [txids._again, txids._again_in_turn])
def test_rows_are_hashed_again_in_place_and_one_given_twice_once(
    again: Callable[..., None],
) -> None:
    before = [RANDOM.randbytes(32) for _ in range(5)]
    rows = np.frombuffer(bytearray(b"".join(before)), np.uint8).reshape(5, 32)
    again(rows, 3, 1)
    again(rows, 4, 4)
    after = [row.tobytes() for row in rows]
    wanted = [
        sha256(row).digest() if i in (1, 3, 4) else row for i, row in enumerate(before)
    ]
    assert after == wanted


def test_plain_code_is_always_a_road_and_the_last() -> None:
    assert list(ROADS)[-1] == "plain"


@pytest.mark.parametrize("setting", ["CPU_NAME", "CPU_FEATURES"])
def test_code_for_another_processor_does_not_use_this_ones_instructions(
    setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, setting, "generic")
    assert not shani._has_sha_ni()


ELSEWHERE = """
import numpy as np
from dalil.chains.bitcoin.compress import ROADS
from dalil.chains.bitcoin.merkle import merkle_root_into
assert "SHA-NI" not in ROADS
root = np.empty(32, np.uint8)
txids = np.arange(7 * 32, dtype=np.uint8).reshape(7, 32)
assert merkle_root_into(txids, np.empty(7 * 16 + 64, np.uint8), root)
print(root.tobytes().hex())
"""


def test_without_the_instructions_the_same_comes_out() -> None:
    environment = {**os.environ, "NUMBA_CPU_NAME": "generic"}
    run = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    level = [bytes(range(32 * i, 32 * i + 32)) for i in range(7)]
    while len(level) > 1:
        level += level[-1:] * (len(level) % 2)
        pairs = zip(level[::2], level[1::2], strict=True)
        level = [sha256(sha256(a + b).digest()).digest() for a, b in pairs]
    assert run.stdout.strip() == level[0].hex()
