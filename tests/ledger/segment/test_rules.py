"""What a segment does at its edges: repeats, contradictions, long scripts, reuse."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dalil.ledger.segment import (
    NO_PREVOUTS,
    OUTSIDE,
    Resolved,
    Segment,
)
from tests.ledger.segment.world import (
    NULL,
    Committed,
    Output,
    Spend,
    Told,
    Tx,
    batch_of,
    script_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = 77


@pytest.fixture(scope="module")
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def name(n: int) -> bytes:
    return n.to_bytes(4, "little") * 8


A, B, C = (Output(2, name(n)) for n in (1, 2, 3))
MINT = Tx(name(10), [NULL], [A, B])


def spend(n: int, *outputs: int) -> list[Spend]:
    return [Spend(name(n), output) for output in outputs]


@pytest.mark.parametrize(
    ("first", "second", "wrong"),
    [
        pytest.param([MINT], [Tx(name(11), spend(10, 0, 1), [])], 0, id="both-outputs"),
        pytest.param([MINT], [Tx(name(11), spend(10, 0, 2), [])], 2, id="lacks-it"),
        pytest.param(
            [MINT],
            [Tx(name(11), [Spend(name(10), 2**32 - 2)], [])],
            1,
            id="index-of-32-bits",
        ),
        pytest.param([MINT], [Tx(name(11), spend(10, 0, 0), [])], 2, id="twice-in-one"),
        pytest.param(
            [MINT],
            [Tx(name(11), spend(10, 1), []), Tx(name(12), spend(10, 1, 1), [])],
            2,
            id="three-times-the-second-is-wrong",
        ),
        pytest.param(
            [MINT, Tx(name(11), spend(10, 1), [])],
            [Tx(name(12), spend(10, 0), []), Tx(name(13), spend(10, 1), [])],
            2,
            id="spent-before-the-cut",
        ),
        pytest.param(
            [MINT],
            [MINT, Tx(name(11), spend(10, 0), []), Tx(name(12), spend(10, 0), [])],
            3,
            id="a-repeated-txid-hides-the-first",
        ),
    ],
)
@pytest.mark.parametrize("cut", [True, False], ids=["two-segments", "one-segment"])
def test_the_first_contradiction_is_named(
    first: list[Tx],
    second: list[Tx],
    wrong: int,
    cut: bool,
    threads: ThreadPoolExecutor,
) -> None:
    segment, committed = Segment(SEED, 4 << 20), Committed(SEED)
    skipped = sum(len(tx.inputs) for tx in first)
    if cut:
        committed.commit(first, committed.run(segment, first, [], threads))
        segment.clear()
        assert committed.run(segment, second, [1], threads).wrong == wrong
    else:
        result = committed.run(segment, first + second, [1], threads)
        assert result.wrong == (wrong and wrong + skipped)


def test_a_spend_of_a_later_transaction_is_outside_unless_the_order_allows(
    threads: ThreadPoolExecutor,
) -> None:
    early = Tx(name(11), spend(12, 0), [C])
    late = Tx(name(12), [NULL], [A])
    segment = Segment(SEED, 4 << 20)
    result = Committed(SEED).run(segment, [early, late], [], threads)
    assert result.spends.tolist() == [OUTSIDE, -2]
    segment.clear()
    early.below = late.below = 2
    result = Committed(SEED).run(segment, [early, late], [], threads)
    assert result.spends.tolist() == [1, -2]


def test_thousands_of_one_txid_each_find_the_one_before_them(
    threads: ThreadPoolExecutor,
) -> None:
    n = 4000
    txs = [
        Tx(name(9), [NULL], [A]) if i % 2 == 0 else Tx(name(n + i), spend(9, 0), [B])
        for i in range(n)
    ]
    segment = Segment(SEED, 16 << 20)
    result = Committed(SEED).run(segment, txs, [n // 3], threads, order=[1, 0])
    assert result.wrong == 0
    assert result.spends[1::2].tolist() == list(range(0, n, 2))
    rows = result.tx_entries[result.tx_entries[:, 0] == _high(result, 0), 1]
    assert np.all(np.diff((rows & np.uint64(0xFFFF_FFFF)).astype(np.int64)) == 2)
    assert rows.size == n // 2


def _high(result: Resolved, row: int) -> np.uint64:
    at = np.flatnonzero((result.tx_entries[:, 1] & np.uint64(0xFFFF_FFFF)) == row)
    high: np.uint64 = result.tx_entries[at[0], 0]
    return high


def test_long_scripts_are_kept_where_an_address_first_appears(
    threads: ThreadPoolExecutor,
) -> None:
    long, other = Output(1, name(5)), Output(7, name(6))
    told = Spend(name(99), 0, Told(5, 1, name(7)))
    txs = [Tx(name(10), [NULL], [A, long]), Tx(name(11), [told], [other, long])]
    segment = Segment(SEED, 4 << 20)
    result = Committed(SEED).run(segment, txs, [1], threads, order=[1, 0])
    assert result.script_address.tolist() == [1, 2, 3]
    assert result.address_source.tolist() == [0, 1, -2, 2]
    for row, key in zip(result.script_bytes, (5, 7, 6), strict=True):
        script = script_of(1, name(key))
        assert row[: 1 + len(script)].tobytes() == bytes([len(script)]) + script


def test_bare_keys_are_not_folded_into_hashes_of_the_same_bytes(
    threads: ThreadPoolExecutor,
) -> None:
    txs = [Tx(name(10), [NULL], [Output(kind, name(1)) for kind in (2, 1, 3, 2)])]
    result = Committed(SEED).run(Segment(SEED, 4 << 20), txs, [], threads)
    assert result.output_address.tolist() == [0, 1, 2, 0]


def test_nothing_taken_resolves_to_nothing(threads: ThreadPoolExecutor) -> None:
    result = Committed(SEED).run(Segment(SEED, 4 << 20), [], [], threads)
    assert [len(column) for column in result[:-1]] == [0] * 14
    assert result.wrong == 0


def many(n: int) -> list[Tx]:
    """A few thousand transactions that pay and spend, with repeats of all kinds."""
    txs = [Tx(name(1000), [NULL], [A, B])]
    for i in range(1, n):
        inputs = [Spend(name(1000 + i - 1), 0), Spend(name(500_000 + i), i)]
        txs.append(Tx(name(1000 + i), inputs, [Output(2, name(i)), A]))
    return txs


def snapshot(result: Resolved) -> list[bytes]:
    return [np.ascontiguousarray(column).tobytes() for column in result[:-1]]


def test_a_cleared_segment_gives_the_same_again_whatever_it_held(
    threads: ThreadPoolExecutor,
) -> None:
    txs, segment = many(3000), Segment(SEED, 16 << 20)
    once = snapshot(Committed(SEED).run(segment, txs, [1000, 2000], threads))
    for cuts, order in (([], [0]), ([5, 1500], [2, 0, 1]), ([2999], [1, 0])):
        segment.clear()
        result = Committed(SEED).run(segment, txs, cuts, threads, order)
        assert snapshot(result) == once


def test_what_is_not_free_is_refused() -> None:
    segment = Segment(SEED, 1 << 20)
    columns, _, scripts = batch_of([MINT])
    assert segment.has_room(1000, 1000, 1000, told=False)
    assert not segment.has_room(4000, 4000, 4000, told=False)
    big = columns.empty(20_000, 20_000, 0)
    big.first_input[:], big.first_output[:] = np.arange(20_001), 0
    big.txid[:], big.spent_txid[:], big.spent_index[:] = 0, 0, 0
    with pytest.raises(MemoryError, match="more rows than it has room for"):
        segment.take(big, (0, 0, 0), NO_PREVOUTS, None, scripts)
