"""Segments against a plain reading of the same transactions, in every cut."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.ledger.marks import mark_of, words
from dalil.ledger.segment import Segment
from tests.ledger.segment.world import (
    NULL,
    Committed,
    Output,
    Reading,
    Spend,
    Told,
    Tx,
    expected,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SEED = 0x1234_5678_9ABC_DEF1
MEMORY = 8 << 20


@pytest.fixture(scope="module")
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture(scope="module")
def segment() -> Segment:
    return Segment(SEED, MEMORY)


def name(n: int) -> bytes:
    return bytes([1 + n]) * 20 + bytes(12)


KEYS = st.builds(name, st.integers(0, 7))
OUTPUTS = st.builds(Output, st.sampled_from([0, 1, 2, 3, 7, 8, 10, 12]), KEYS)
TOLD = st.none() | st.builds(
    Told, st.integers(0, 10**9), st.sampled_from([1, 2, 7, 8, 9, 255]), KEYS
)


@st.composite
def worlds(draw: st.DrawFn) -> list[Tx]:
    """Transactions that mostly make sense, with repeats, holes and lies."""
    n = draw(st.integers(1, 24))
    rules = draw(st.sampled_from(["honest", "ahead", "wild"]))
    told = draw(st.booleans())
    txs: list[Tx] = []
    unspent: list[Spend] = []
    for row in range(n):
        repeat = txs and draw(st.integers(0, 9)) == 0
        txid = draw(st.sampled_from(txs)).txid if repeat else name(100 + row)
        inputs = []
        for _ in range(draw(st.integers(0, 3))):
            kind = draw(st.integers(0, 9))
            if kind < 6 and unspent:
                spend = unspent.pop(draw(st.integers(0, len(unspent) - 1)))
            elif kind == 6:
                spend = NULL
            elif kind == 7 and rules == "wild":
                other = draw(st.integers(100, 100 + n))
                spend = Spend(name(other), draw(st.sampled_from([0, 1, 3, 2**32 - 2])))
            elif kind == 8 and rules == "ahead":
                spend = Spend(name(draw(st.integers(100, 100 + n))), 0)
            else:
                spend = Spend(
                    name(50 + draw(st.integers(0, 5))), draw(st.integers(0, 3))
                )
            inputs.append(spend._replace(told=draw(TOLD)) if told else spend)
        outputs = draw(st.lists(OUTPUTS, max_size=3))
        below = draw(st.integers(0, n)) if rules == "ahead" else None
        txs.append(Tx(txid, inputs, outputs, below))
        unspent += [Spend(txid, i) for i in range(len(outputs))]
    return txs


def check_entries(committed: Committed, txs: Sequence[Tx]) -> None:
    """Index entries are the marks of the keys, sorted, each with its row."""
    tx = [(t.txid, 0) for t in txs]
    kinds = b"".join(committed.columns["address_type"])
    keys = b"".join(committed.columns["address_key"])
    address = [(keys[32 * i : 32 * i + 32], kind) for i, kind in enumerate(kinds)]
    for indexes, names in (
        (committed.tx_indexes, tx),
        (committed.address_indexes, address),
    ):
        stops = [index.first for index in indexes[1:]] + [len(names)]
        for index, stop in zip(indexes, stops, strict=True):
            made = []
            for row, (key, tag) in enumerate(names[index.first : stop]):
                word = words(np.frombuffer(key, np.uint8).reshape(1, 32))[0]
                high, low = mark_of(word, tag, np.uint64(SEED))
                made.append((int(high), int(low) | row))
            assert [tuple(map(int, e)) for e in index.entries] == sorted(made)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_cut_gives_what_plain_reading_gives(
    data: st.DataObject, segment: Segment, threads: ThreadPoolExecutor
) -> None:
    txs = data.draw(worlds())
    cuts = sorted(data.draw(st.sets(st.integers(0, len(txs)), max_size=3)))
    committed, reading = Committed(SEED), Reading()
    segment.clear()
    for start, stop in zip([0, *cuts], [*cuts, len(txs)], strict=True):
        part = txs[start:stop]
        for tx in part:  # a block's end lies in its segment
            tx.below = None if tx.below is None else min(max(tx.below, start), stop)
        inner = sorted(data.draw(st.sets(st.integers(0, len(part)), max_size=4)))
        order = data.draw(st.permutations(range(len(inner) + 1)))
        first = len(reading.spends)
        wrong = reading.add(part)
        result = committed.run(segment, part, inner, threads, order)
        if wrong is not None:
            assert result.wrong == 1 + wrong - first
            segment.clear()
            return
        assert result.wrong == 0
        committed.commit(part, result)
        segment.clear()
    got = {column: b"".join(parts) for column, parts in committed.columns.items()}
    assert got == expected(reading)
    assert committed.scripts == reading.scripts
    check_entries(committed, txs)
