"""A large trace over real blocks: every figure holds, every certificate adds up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from dalil.clustering.coinjoin import coinjoin_types
from dalil.ledger import NO_ADDRESS, Ledger
from dalil.ledger.build import build_from_blocks
from dalil.sources.blockfolder import open_blocks
from dalil.tracing.certificate import certificate
from dalil.tracing.follow import trace
from dalil.tracing.request import Direction, Mark, TraceRequest
from tests.tracing.recheck import PlainTx, recheck

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.tracing.result import Trace

N_SEEDS, N_NAMES = 3_000, 12


@pytest.fixture(scope="module")
def ledger(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    folder = tmp_path_factory.mktemp("real") / "ledger"
    blocks = real_data / "bitcoin" / "range_560062_560086" / "blk00000.dat"
    build_from_blocks(folder, open_blocks(blocks))
    return Ledger.open(folder)


def busiest(ledger: Ledger) -> list[int]:
    """The addresses that are paid most often: services, and none named here."""
    known = ledger.output_address[ledger.output_address != NO_ADDRESS]
    rows: list[int] = np.argsort(-np.bincount(known), kind="stable").tolist()
    return rows[:N_NAMES]


@pytest.fixture(scope="module", params=list(Direction), ids=str)
def result(ledger: Ledger, request: pytest.FixtureRequest) -> Trace:
    marks = [
        Mark(address, f"busy {k}", "service")
        for k, address in enumerate(busiest(ledger))
    ]
    spent = np.flatnonzero(ledger.output_spent_by >= 0)
    seeds = spent[:N_SEEDS] if request.param is Direction.FORWARD else spent[-N_SEEDS:]
    return trace(
        ledger,
        TraceRequest(
            request.param,
            outpoints=[ledger.outpoint(seed) for seed in seeds.tolist()],
            marks=marks,
            coinjoin=coinjoin_types(ledger),
        ),
    )


def test_reaches_far_and_meets_many(result: Trace) -> None:
    assert result.graph.tx.size > 5_000
    assert len(result.targets) > 5


def test_every_figure_is_where_it_must_be(result: Trace) -> None:
    figures = result.figures
    for target in result.targets:
        a, coins = target.amounts, list(target.coins)
        assert 0 <= target.direct_sat <= a.lower_sat <= a.upper_sat
        assert figures.lower[coins].sum() <= a.lower_sat
        assert a.upper_sat <= figures.upper[coins].sum()
        for amount in (a.haircut_sat, a.fifo_sat, a.lifo_sat):
            assert amount is None or a.lower_sat <= amount <= a.upper_sat


def plain(ledger: Ledger, tx: int) -> PlainTx:
    inputs = range(ledger.tx_first_input[tx], ledger.tx_first_input[tx + 1])
    outputs = range(ledger.tx_first_output[tx], ledger.tx_first_output[tx + 1])
    values = ledger.input_values(np.array(inputs)).tolist()
    return PlainTx(
        [
            (ledger.prevout(i) or "", None if value < 0 else value)
            for i, value in zip(inputs, values, strict=True)
        ],
        [(ledger.outpoint(o), int(ledger.output_value[o])) for o in outputs],
    )


def test_certificates_add_up_from_the_transactions_alone(
    ledger: Ledger, result: Trace
) -> None:
    for target in result.targets[:4]:
        proof = certificate(result, target)
        found = {txid: ledger.find_tx(txid) for txid in proof["upper"]["transactions"]}
        txs = {txid: plain(ledger, tx) for txid, tx in found.items() if tx is not None}
        assert recheck(txs, proof) == []
