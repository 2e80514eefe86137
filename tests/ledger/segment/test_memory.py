"""Room: never exceeded, never far from used up, whatever the shape."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dalil.ledger.segment import NO_ADDRESS, Segment
from tests.ledger.segment.shapes import SHAPES, Shape, fill

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY = 32 << 20
MANY = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())


@pytest.fixture(scope="module")
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


@MANY
def test_what_has_room_can_be_resolved(
    shape: Shape, threads: ThreadPoolExecutor
) -> None:
    segment = Segment(1, MEMORY)
    for _ in range(2):
        rows, result = fill(segment, shape, threads)
        assert result.wrong == 0
        assert result.spends.size == rows[1]
        assert np.all(result.spends == -1)
        assert result.outside_input.size == rows[1]
        keys = rows[2] + (rows[1] if shape.told else 0)
        assert result.address_type.size == (shape.n_keys or keys)
        named = np.concatenate((result.output_address, result.outside_address))
        named = np.unique(named[named != NO_ADDRESS])
        assert np.array_equal(named, np.arange(result.address_type.size))
        segment.clear()


def test_an_ordinary_segment_takes_less_than_four_hundred_bytes_a_transaction(
    threads: ThreadPoolExecutor,
) -> None:
    shape = SHAPES["ordinary"]._replace(n_out=2)
    rows, _ = fill(Segment(1, 4 * MEMORY), shape, threads)
    assert 4 * MEMORY / rows[0] < 400


@pytest.mark.parametrize("shape", ["ordinary", "one-address", "told-bare-keys"])
def test_the_process_grows_by_no_more_than_it_was_given(shape: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.ledger.segment.shapes", shape, "96"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(ran.stdout) < (96 + 8) << 20


def test_partitions_follow_what_is_expected_not_memory_that_stays_empty() -> None:
    rows = 1 << 20
    bits = []
    for expected in (1 << 25, 1 << 28, 1 << 40):
        segment = Segment(1, 1 << 30)
        segment.expect(expected)
        bits.append(segment._writer(rows)[1].bits)
    assert bits == sorted(set(bits))
    assert bits[-1] == Segment(1, 1 << 30)._writer(rows)[1].bits
