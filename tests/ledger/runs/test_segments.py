"""Segments resolved against real runs: cut anywhere, merged, the bytes are the same."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dalil.ledger.runs import (
    OldRuns,
    Rows,
    Run,
    RunParts,
    Runs,
    history_part,
    merge_runs,
    outside_part,
    spent_part,
    trim_run,
    write_run,
)
from dalil.ledger.segment import Segment
from tests.ledger.segment.world import NULL, Committed, Output, Spend, Told, Tx

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.ledger.segment import Resolved

SEED = 0x1234_5678_9ABC_DEF1


@dataclass
class Filed(Committed):
    """Segments resolved so far, of which runs are the memory."""

    folder: Path = field(kw_only=True)
    runs: list[Run] = field(default_factory=list)
    threads: ThreadPoolExecutor = field(kw_only=True)

    def old(self) -> OldRuns:
        return OldRuns(Runs(self.runs, SEED), np.array(self.first_output, np.int64))

    def find_txs(self, marks: NDArray[np.uint64], found: NDArray[np.int64], /) -> None:
        self.old().find_txs(marks, found)

    def find_addresses(
        self, marks: NDArray[np.uint64], found: NDArray[np.int64], /
    ) -> None:
        self.old().find_addresses(marks, found)

    def outputs_of_tx(
        self, tx: NDArray[np.int64], /
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return self.old().outputs_of_tx(tx)

    def spent(self, outputs: NDArray[np.int64], /) -> NDArray[np.bool_]:
        return self.old().spent(outputs)

    def commit(self, txs: Sequence[Tx], result: Resolved) -> None:
        before = self.before
        super().commit(txs, result)
        spans = list(zip(before, self.before, strict=True))
        rows = Rows(spans[0], *spans)
        parts = RunParts(
            result.tx_entries,
            result.address_entries,
            spent_part(result.spends, rows),
            history_part(result.output_address, rows),
            outside_part(result.outside_address, rows),
        )
        path = self.folder / f"{rows.tx[0]}-{rows.tx[1]}-{len(self.runs)}"
        write_run(path, rows, parts, self.threads)
        self.runs.append(Run.open(path, rows))
        self.tx_indexes[:] = [run.tx_index for run in self.runs]
        self.address_indexes[:] = [run.address_index for run in self.runs]


def play(dice: random.Random, n: int) -> list[Tx]:
    """Play transactions that spend, are told of outsiders, and repeat txids."""

    def key() -> bytes:
        return bytes([dice.randint(1, 30)]) * 20 + bytes(12)

    txs: list[Tx] = []
    unspent: list[Spend] = []
    for _ in range(n):
        inputs = [NULL]
        if dice.random() < 0.9:
            inputs = [
                unspent.pop(dice.randrange(len(unspent)))
                for _ in range(min(len(unspent), dice.randint(0, 3)))
            ]
        if dice.random() < 0.3:
            told = Told(5, dice.choice([1, 2, 7, 9]), key())
            inputs.append(Spend(dice.randbytes(32), 1, told))
        paid = [Output(dice.choice([1, 2, 4, 7, 8]), key()) for _ in range(3)]
        spent_up = [tx.txid for tx in txs if all(s.txid != tx.txid for s in unspent)]
        again = spent_up and dice.random() < 0.3
        txid = dice.choice(spent_up) if again else dice.randbytes(32)
        txs.append(Tx(txid, inputs, paid))
        unspent += [Spend(txid, i) for i in range(len(paid))]
    return txs


@pytest.mark.parametrize("seed", range(6))
def test_any_cut_merges_to_the_same_run(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    txs = play(dice, 60)
    segment = Segment(SEED, 8 << 20)
    with ThreadPoolExecutor(2) as threads:

        def build(name: str, cuts: list[int]) -> list[Run]:
            (tmp_path / name).mkdir()
            filed = Filed(SEED, folder=tmp_path / name, threads=threads)
            for start, stop in pairwise([0, *cuts, len(txs)]):
                segment.clear()
                result = filed.run(segment, txs[start:stop], [], threads)
                assert result.wrong == 0
                filed.commit(txs[start:stop], result)
            return filed.runs

        cuts = sorted(dice.sample(range(1, 60), 4))
        (whole,) = build("whole", [])
        runs = build("cut", cuts)
    merge_runs(runs, tmp_path / "merged")
    expected = whole.path.read_bytes()
    assert (tmp_path / "merged").read_bytes() == expected
    whole.verify()
    left = merge_runs(runs[:3], tmp_path / "left")
    trim_run(whole, left, tmp_path / "trimmed")
    assert (tmp_path / "trimmed").read_bytes() == (tmp_path / "left").read_bytes()
