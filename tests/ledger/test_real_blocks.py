"""Real blocks: every count, every link, every fee, against what is known of them."""

from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from dalil.chains.bitcoin.networks import MAINNET
from dalil.chains.bitcoin.transaction import read_tx
from dalil.ledger import Ledger
from dalil.ledger.build import BuildReport, build_from_blocks
from dalil.ledger.describe import describe_ledger, describe_tx
from dalil.sources.blockfolder import open_blocks
from tests.ledger.core_files import (
    framed,
    packed_coin,
    split,
    write_with_undo,
)

if TYPE_CHECKING:
    from pathlib import Path


def build(target: Path, source: Path) -> tuple[Ledger, BuildReport]:
    report = build_from_blocks(target, open_blocks(source))
    return Ledger.open(target), report


@pytest.fixture(scope="module")
def range_file(real_data: Path) -> Path:
    return real_data / "bitcoin/range_560062_560086/blk00000.dat"


@pytest.fixture(scope="module")
def whole(range_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return build(tmp_path_factory.mktemp("ledger") / "whole", range_file)[0]


def test_the_range_has_its_known_counts(whole: Ledger) -> None:
    info = describe_ledger(whole)
    assert info == info | {
        "chain": "bip122:000000000019d6689c085ae165831e93",
        "first_height": 560062,
        "tip_height": 560086,
        "n_blocks": 25,
        "n_tx": 68_047,
        "n_inputs": 136_664,
        "n_coinbase_inputs": 25,
        "n_inputs_resolved": 63_433,
        "n_inputs_outside": 73_206,
        "n_outputs": 162_406,
        "n_addresses": 123_613 + 15,
        "n_bare_keys": 15,
    }
    assert info["outputs_by_type"] == {
        "p2pkh": 75_863,
        "p2sh": 69_270,
        "p2wpkh": 9_246,
        "p2wsh": 235,
        "p2pk": 329,
        "op_return": 7_459,
        "nonstandard": 4,
    }


def test_an_obfuscated_folder_gives_the_same_ledger(
    whole: Ledger, range_file: Path, tmp_path: Path
) -> None:
    folder, key = tmp_path / "blocks", bytes(range(17, 25))
    folder.mkdir()
    data = np.fromfile(range_file, np.uint8)
    mask = np.frombuffer(key * (data.size // 8 + 1), np.uint8)[: data.size]
    (folder / "blk00000.dat").write_bytes((data ^ mask).tobytes())
    (folder / "xor.dat").write_bytes(key)
    ledger, _ = build(tmp_path / "ledger", folder)
    assert ledger.manifest_sha256 == whole.manifest_sha256


def test_blocks_shuffled_over_files_give_the_same_ledger(
    whole: Ledger, range_file: Path, tmp_path: Path
) -> None:
    folder, blocks = tmp_path / "blocks", split(range_file.read_bytes())
    folder.mkdir()
    random.Random(5).shuffle(blocks)
    for n in range(3):
        part = framed(blocks[n::3], MAINNET.magic) + bytes(1000)
        (folder / f"blk{n:05}.dat").write_bytes(part)
    ledger, report = build(tmp_path / "ledger", folder)
    assert ledger.manifest_sha256 == whole.manifest_sha256
    assert report.notes == []


def test_appending_gives_the_same_ledger_as_building_in_one_go(
    whole: Ledger, range_file: Path, tmp_path: Path
) -> None:
    blocks = split(range_file.read_bytes())
    for n, part in enumerate((blocks[:9], blocks[9:10], blocks[10:])):
        file = tmp_path / f"part{n}.dat"
        file.write_bytes(framed(part, MAINNET.magic))
        ledger, report = build(tmp_path / "ledger", file)
        assert report.added == len(part)
    assert ledger.manifest_sha256 == whole.manifest_sha256
    assert np.array_equal(ledger.output_spent_by, whole.output_spent_by)


def test_genesis_to_4312_resolves_completely(real_data: Path, tmp_path: Path) -> None:
    source = real_data / "bitcoin/genesis_0_4312/blk00000.dat"
    ledger, _ = build(tmp_path / "ledger", source)
    info = describe_ledger(ledger)
    assert (info["n_blocks"], info["first_height"], info["tip_height"]) == (
        4313,
        0,
        4312,
    )
    assert info["n_inputs_outside"] == 0
    assert info["n_inputs_resolved"] == info["n_inputs"] - info["n_coinbase_inputs"]


def test_a_truncated_tail_is_reported_and_the_rest_kept(
    real_data: Path, tmp_path: Path
) -> None:
    data = (real_data / "bitcoin/genesis_0_4312/blk00000.dat").read_bytes()
    cut = tmp_path / "blk00000.dat"
    cut.write_bytes(data[:-100])
    ledger, report = build(tmp_path / "ledger", cut)
    assert ledger.n_blocks == 4312
    assert [note.problem for note in report.notes] == [
        "truncated tail: a record claims 215 bytes, 115 are left"
    ]


def test_files_out_of_order_and_one_with_a_block_twice(
    real_data: Path, tmp_path: Path
) -> None:
    ledger, _ = build(tmp_path / "ledger", real_data / "bitcoin/out_of_order")
    assert ledger.block_height.tolist() == list(range(600))
    source = real_data / "bitcoin/out_of_order/incompleteblk.dat"
    _, report = build(tmp_path / "twice", source)
    assert (report.added, report.duplicates) == (300, 1)


def bcoin_coins(data: bytes) -> list[tuple[int, bytes]]:
    """Value and script of each spent output, as bcoin writes them, flat."""
    coins, at = [], 0
    while at < len(data):
        value, size = struct.unpack("<QB", data[at : at + 9])
        at += 9
        if size == 253:
            size = struct.unpack("<H", data[at : at + 2])[0]
            at += 2
        coins.append((value, data[at : at + size]))
        at += size
    return coins


def inputs_per_tx(raw: bytes) -> list[int]:
    """How many inputs each transaction after the coinbase has."""
    skip = 3 if raw[80] == 253 else 1
    at, counts = 80 + skip, []
    while at < len(raw):
        tx, at = read_tx(raw, at)
        counts.append(len(tx.inputs))
    return counts[1:]


def fees(ledger: Ledger) -> dict[str, int | None]:
    return {
        ledger.txid(tx): describe_tx(ledger, ledger.txid(tx))["fee_sat"]
        for tx in range(1, ledger.n_tx)
    }


def check_fees(ledger: Ledger, raw: bytes) -> None:
    """Every fee is known, none is negative, and they sum to what the miner took."""
    found = fees(ledger)
    assert None not in found.values()
    assert all(fee is not None and fee >= 0 for fee in found.values())
    coinbase, _ = read_tx(raw, 80 + (3 if raw[80] == 253 else 1))
    height = int(ledger.block_height[0])
    subsidy = 5_000_000_000 >> height // 210_000
    claimed = sum(output.value for output in coinbase.outputs) - subsidy
    assert sum(fee or 0 for fee in found.values()) >= claimed


def test_undo_data_gives_block_300025_every_fee(
    real_data: Path, tmp_path: Path
) -> None:
    raw = (real_data / "bitcoin/undo/block300025.raw").read_bytes()
    coins = bcoin_coins((real_data / "bitcoin/undo/block300025-undo.raw").read_bytes())
    counts = inputs_per_tx(raw)
    assert sum(counts) == len(coins)
    packed = iter([packed_coin(value, script) for value, script in coins])
    write_with_undo(
        tmp_path / "blocks", raw, [[next(packed) for _ in range(n)] for n in counts]
    )
    ledger, report = build(tmp_path / "ledger", tmp_path / "blocks")
    assert report.notes == []
    inside = ledger.input_spends[ledger.input_spends != -2] >= 0
    told = ledger.input_values(np.arange(1, ledger.n_inputs))
    assert told.tolist() == [value for value, _ in coins]
    assert inside.any()
    check_fees(ledger, raw)


def core_coins(data: bytes) -> dict[bytes, bytes]:
    """Outpoint to packed coin, of a file of Core's own serialised coins."""
    import io

    stream = io.BytesIO(data)

    def read_varint() -> tuple[int, bytes]:
        n, raw = 0, b""
        while True:
            byte = stream.read(1)
            raw += byte
            n = n << 7 | byte[0] & 0x7F
            if byte[0] < 0x80:
                return n, raw
            n += 1

    assert stream.read(1) == b"\xfd"
    count = struct.unpack("<H", stream.read(2))[0]
    coins = {}
    for _ in range(count):
        outpoint = stream.read(36)
        _, height = read_varint()
        _, amount = read_varint()
        code, lead = read_varint()
        size = 20 if code < 2 else 32 if code < 6 else code - 6
        coins[outpoint] = height + b"\x00" + amount + lead + stream.read(size)
    assert not stream.read()
    return coins


def test_cores_own_coins_give_block_413567_every_fee(
    real_data: Path, tmp_path: Path
) -> None:
    raw = (real_data / "bitcoin/prevouts/block413567.raw").read_bytes()
    path = real_data / "bitcoin/prevouts/coins_spent_413567.raw"
    coins = core_coins(path.read_bytes())
    at, made = 83, dict[bytes, Any]()
    per_tx: list[list[bytes]] = []
    while at < len(raw):
        tx, at = read_tx(raw, at)
        if per_tx or made:
            per_tx.append(
                [
                    coins.get(key) or packed_coin(*made[key])
                    for key in (i.txid + struct.pack("<I", i.index) for i in tx.inputs)
                ]
            )
        for n, output in enumerate(tx.outputs):
            made[tx.txid + struct.pack("<I", n)] = output.value, output.script
    write_with_undo(tmp_path / "blocks", raw, per_tx)
    ledger, report = build(tmp_path / "ledger", tmp_path / "blocks")
    assert report.notes == []
    assert ledger.n_tx == 1557
    assert ledger.n_inputs - 1 == 4886
    check_fees(ledger, raw)


ERAS = [
    ("eras/block169482.dat", None),
    ("eras/block481829.dat", 481_829),
    ("eras/block702861_taproot.raw", 702_861),
    ("undo/block928848.raw", 928_848),
    ("prevouts/block413567.raw", 413_567),
]


@pytest.mark.parametrize(("name", "height"), ERAS, ids=[name for name, _ in ERAS])
def test_single_blocks_of_every_era(
    real_data: Path, tmp_path: Path, name: str, height: int | None
) -> None:
    ledger, _ = build(tmp_path / "ledger", real_data / "bitcoin" / name)
    assert describe_ledger(ledger)["tip_height"] == height
