"""Bulk-made chains: every block stands up to other readers, every spend is real."""

from __future__ import annotations

import dataclasses
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from bitcoin.core import CBlock

from dalil.chains.bitcoin.networks import REGTEST
from dalil.chains.bitcoin.scripts import ScriptType
from dalil.errors import InputError
from dalil.exercise.bulk import FUNDING_BLOCKS, BulkMade, make_bulk
from dalil.exercise.bulk_shape import FAN, HOT, MIXED, OPEN, Shape
from dalil.ledger import Ledger
from dalil.ledger.build import build_from_blocks
from dalil.sources.blockfolder import open_blocks
from tests.exercise.consensus import accepted_height

if TYPE_CHECKING:
    from pathlib import Path

SMALL = dataclasses.replace(MIXED, funding_outputs=20, block_weight=400_000)
OUTSIDE, COINBASE = -1, -2


def small(shape: Shape) -> Shape:
    return dataclasses.replace(shape, funding_outputs=20, block_weight=400_000)


def blocks_of(folder: Path) -> list[bytes]:
    found = []
    for file in sorted(folder.glob("blk*.dat")):
        stream = BytesIO(file.read_bytes())
        while head := stream.read(8):
            assert head[:4] == REGTEST.magic
            found.append(stream.read(int.from_bytes(head[4:], "little")))
    return found


def built(folder: Path, ledger: Path) -> Ledger:
    report = build_from_blocks(ledger, open_blocks(folder))
    assert not report.notes
    return Ledger.open(ledger)


def counted(ledger: Ledger, made: BulkMade) -> None:
    """The maker's own counts are the ledger's."""
    assert ledger.n_blocks == made.n_blocks
    assert ledger.n_tx == made.n_tx
    assert ledger.n_inputs == made.n_inputs
    assert ledger.n_outputs == made.n_outputs


def test_another_library_reads_every_block(tmp_path: Path) -> None:
    made = make_bulk(tmp_path, 3_000, SMALL)
    blocks = blocks_of(tmp_path)
    assert len(blocks) == made.n_blocks
    assert sum(map(len, blocks)) == made.n_bytes
    previous, n_tx = bytes(32), 0
    seen: set[tuple[bytes, int]] = set()
    for height, raw in enumerate(blocks):
        block = CBlock.deserialize(raw)
        assert block.serialize() == raw
        assert block.hashPrevBlock == previous
        assert block.hashMerkleRoot == block.calc_merkle_root()
        assert int.from_bytes(block.GetHash(), "little") <= 0x7FFFFF << 232
        previous, n_tx = block.GetHash(), n_tx + len(block.vtx)
        if height:
            script = bytes(block.vtx[0].vin[0].scriptSig)
            stated = (
                script[0] - 0x50
                if height <= 16
                else int.from_bytes(script[1 : 1 + script[0]], "little")
            )
            assert stated == height
        for tx in block.vtx[1:]:
            for spend in tx.vin:
                seen.remove((spend.prevout.hash, spend.prevout.n))
            # in one block a later transaction may spend an earlier one's output
            seen |= {(tx.GetTxid(), n) for n in range(len(tx.vout))}
        seen |= {(block.vtx[0].GetTxid(), n) for n in range(len(block.vtx[0].vout))}
    assert n_tx == made.n_tx == 3_000 + made.n_blocks


def test_full_validation_accepts_the_open_shape(tmp_path: Path) -> None:
    made = make_bulk(tmp_path / "blocks", 2_000, small(OPEN), commit=True)
    blocks = blocks_of(tmp_path / "blocks")
    assert accepted_height(blocks, tmp_path) == made.n_blocks - 1


def test_the_judge_refuses_filler_signatures(tmp_path: Path) -> None:
    make_bulk(tmp_path / "blocks", 100, SMALL, commit=True)
    with pytest.raises(AssertionError, match=f"block {FUNDING_BLOCKS + 1}"):
        accepted_height(blocks_of(tmp_path / "blocks"), tmp_path)


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param(SMALL, id="mixed scripts"),
        pytest.param(small(FAN), id="an unspent set that grows by nine"),
        pytest.param(
            small(Shape(inputs=((3, 1.0),), outputs=((3, 1.0),), witness_bytes=400)),
            id="long witnesses",
        ),
    ],
)
def test_every_input_of_a_ledger_is_resolved(tmp_path: Path, shape: Shape) -> None:
    made = make_bulk(tmp_path / "blocks", 5_000, shape)
    ledger = built(tmp_path / "blocks", tmp_path / "ledger")
    counted(ledger, made)
    assert not np.any(ledger.input_spends == OUTSIDE)
    assert int(np.sum(ledger.input_spends == COINBASE)) == made.n_blocks
    assert ledger.heights_known
    assert not np.any(ledger.output_type == ScriptType.NONSTANDARD)


def test_money_is_neither_made_nor_owed(tmp_path: Path) -> None:
    make_bulk(tmp_path / "blocks", 3_000, SMALL)
    ledger = built(tmp_path / "blocks", tmp_path / "ledger")
    values = ledger.input_values(np.arange(ledger.n_inputs))
    paid_in = np.add.reduceat(values, ledger.tx_first_input[:-1])
    paid_out = np.add.reduceat(ledger.output_value[:], ledger.tx_first_output[:-1])
    minting = paid_in == COINBASE
    assert np.all(paid_in[~minting] >= paid_out[~minting])
    assert np.all(ledger.output_value[:] >= 0)


def test_reuse_and_ages_have_heavy_tails(tmp_path: Path) -> None:
    make_bulk(tmp_path / "blocks", 40_000, MIXED)
    ledger = built(tmp_path / "blocks", tmp_path / "ledger")
    addresses = ledger.output_address[:]
    known = addresses[addresses != 0xFFFF_FFFF]
    times = np.bincount(known)
    assert times.max() > 100 * np.median(times[times > 0])
    spends = ledger.input_spends[:]
    inside = spends >= 0
    own = ledger.tx_first_output[ledger.tx_of_input(np.arange(spends.size))]
    age = (own - spends)[inside]
    low, middle, high = np.percentile(age, [10, 50, 95])
    assert low < 100 < middle
    assert high > 20 * middle or high > 50_000


def test_the_hot_address_gets_its_outputs(tmp_path: Path) -> None:
    shape = dataclasses.replace(small(HOT), hot_outputs=20_000)
    make_bulk(tmp_path / "blocks", 3_000, shape)
    ledger = built(tmp_path / "blocks", tmp_path / "ledger")
    addresses = ledger.output_address[:]
    times = np.bincount(addresses[addresses != 0xFFFF_FFFF])
    assert times.max() >= 20_000
    assert np.partition(times, -2)[-2] < 2_000


def test_same_seed_same_bytes_and_another_seed_other_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        make_bulk(tmp_path / name, 1_000, SMALL, seed=seed)
    a, b, c = (blocks_of(tmp_path / name) for name in "abc")
    assert a == b
    assert a[: FUNDING_BLOCKS + 1] == c[: FUNDING_BLOCKS + 1]
    assert a[FUNDING_BLOCKS + 1 :] != c[FUNDING_BLOCKS + 1 :]


def test_a_longer_chain_begins_like_a_shorter_one(tmp_path: Path) -> None:
    make_bulk(tmp_path / "short", 1_000, SMALL)
    make_bulk(tmp_path / "long", 3_000, SMALL)
    short, long = blocks_of(tmp_path / "short"), blocks_of(tmp_path / "long")
    assert long[: len(short) - 1] == short[:-1]


@pytest.mark.parametrize(
    ("shape", "says"),
    [
        pytest.param(Shape(inputs=((0, 1.0),)), "1 to 2,000", id="no input"),
        pytest.param(Shape(outputs=((1, -1.0),)), "positive", id="a negative share"),
        pytest.param(Shape(types=((ScriptType.P2PK, 1.0),)), "no such", id="bare keys"),
        pytest.param(Shape(witness_bytes=521), "520", id="an item too long"),
        pytest.param(
            Shape(inputs=((40, 1.0),), outputs=((1, 1.0),), funding_outputs=2),
            "more outputs than it makes",
            id="spends more than there is",
        ),
    ],
)
def test_refuses_what_cannot_be_made(tmp_path: Path, shape: Shape, says: str) -> None:
    with pytest.raises(InputError, match=says):
        make_bulk(tmp_path, 10_000, shape)
