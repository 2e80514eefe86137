"""Real blocks through segments, against a plain reading of the same columns."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dalil.ledger.building.batch import load_batch
from dalil.ledger.segment import Segment
from dalil.sources.blockfolder import open_blocks
from dalil.sources.chainchoice import most_work_chain
from tests.ledger.segment.world import (
    Committed,
    Output,
    Reading,
    Spend,
    Tx,
    expected,
)

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path, blocks: slice) -> list[Tx]:
    """The transactions of some blocks, as a plain reading wants them."""
    folder = open_blocks(path)
    records = most_work_chain(folder.records).records[blocks]
    columns = load_batch(records, folder.files).columns
    inputs = [
        Spend(txid.tobytes(), int(index))
        for txid, index in zip(columns.spent_txid, columns.spent_index, strict=True)
    ]
    outputs = [
        Output(int(kind), key.tobytes())
        for kind, key in zip(columns.kind, columns.key, strict=True)
    ]
    firsts = zip(
        columns.first_input.tolist(), columns.first_output.tolist(), strict=True
    )
    return [
        Tx(txid.tobytes(), inputs[a[0] : b[0]], outputs[a[1] : b[1]])
        for txid, (a, b) in zip(columns.txid, pairwise(firsts), strict=True)
    ]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("where", "blocks"),
    [
        ("bitcoin/range_560062_560086/blk00000.dat", slice(0, 6)),
        ("bitcoin/genesis_0_4312/blk00000.dat", slice(0, 4000)),
    ],
    ids=["2019", "2009"],
)
def test_real_blocks_link_as_a_plain_reading_links_them(
    where: str, blocks: slice, real_data: Path
) -> None:
    txs = read(real_data / where, blocks)
    reading = Reading()
    assert reading.add(list(txs)) is None
    segment, committed = Segment(5, 64 << 20), Committed(5)
    third = len(txs) // 3
    with ThreadPoolExecutor(2) as threads:
        for part in (txs[:third], txs[third:]):
            cuts = [len(part) // 5, len(part) // 2]
            result = committed.run(segment, part, cuts, threads, order=[1, 2, 0])
            assert result.wrong == 0
            committed.commit(part, result)
            segment.clear()
    got = {name: b"".join(parts) for name, parts in committed.columns.items()}
    assert got == expected(reading)
    assert len(committed.scripts) == len(reading.scripts)
    assert np.sum(np.array(reading.spends) >= 0) > 0
