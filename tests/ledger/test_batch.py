"""Batches: read into memory used again, right for any order, key and file."""

from __future__ import annotations

import random
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dalil.chains.bitcoin.header import Header
from dalil.errors import BlockDataError
from dalil.exercise import MiniChain
from dalil.ledger.building.batch import Arena, BadBlockError, Batch, batches, load_batch
from dalil.sources.blockfiles import BlockFile, Record
from dalil.sources.blockfolder import open_blocks
from tests.ledger.core_files import framed, obfuscate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@pytest.fixture(scope="module")
def chain() -> list[bytes]:
    made = MiniChain(seed=3)
    wallets = [made.wallet(kind, kind) for kind in ("p2wpkh", "p2pkh", "p2sh", "p2tr")]
    for wallet in wallets:
        made.fund(wallet, 50_000_000)
    made.mine()
    for turn in range(8):
        for payer, payee in zip(wallets, wallets[1:] + wallets[:1], strict=True):
            payer.pays(payee, 10_000 + turn)
        made.mine()
    return made.blocks


def written(
    folder: Path,
    blocks: Sequence[bytes],
    key: bytes = b"",
    gaps: random.Random | None = None,
) -> tuple[list[Record], BlockFile]:
    """Blocks in one file, with padding of any length between; and their records."""
    data, records = b"", []
    for raw in blocks:
        data += framed([b""]) + bytes(gaps.choice([0, 3, 61, 200]) if gaps else 0)
        records.append(Record(0, len(data), len(raw), Header.parse(raw[:80])))
        data += raw
    path = folder / f"{len(data)}{key.hex()}.dat"
    path.write_bytes(obfuscate(data, key) if key else data)
    return records, BlockFile(path, key)


def contents(batch: Batch) -> list[bytes]:
    """Everything of a batch but where its bytes lie: scripts by their bytes."""
    columns = batch.columns
    places = zip(columns.script_at.tolist(), columns.script_size.tolist(), strict=True)
    scripts = b"|".join(batch.data[at : at + n].tobytes() for at, n in places)
    others = [
        column.tobytes()
        for name, column in columns._asdict().items()
        if name != "script_at"
    ]
    return [batch.first.tobytes(), scripts, *others]


def one_by_one(records: Sequence[Record], file: BlockFile) -> list[bytes]:
    return [load_batch([record], [file]).columns.txid.tobytes() for record in records]


@pytest.mark.parametrize("key", [b"", bytes(8), b"\x01\x80four!\xff"])
@pytest.mark.parametrize("order", ["as they lie", "shuffled", "every other"])
def test_any_key_order_and_padding_reads_alike(
    key: bytes, order: str, chain: list[bytes], tmp_path: Path
) -> None:
    rng = random.Random(order)
    records, file = written(tmp_path, chain, key, rng)
    plain_records, plain = written(tmp_path, chain)
    chosen = list(range(len(chain)))
    if order == "shuffled":
        rng.shuffle(chosen)
    elif order == "every other":
        chosen = chosen[::2]
    batch = load_batch([records[i] for i in chosen], [file])
    expected = load_batch([plain_records[i] for i in chosen], [plain])
    assert contents(batch) == contents(expected)
    alone = one_by_one([plain_records[i] for i in chosen], plain)
    assert batch.columns.txid.tobytes() == b"".join(alone)


def test_blocks_of_two_files_read_in_chain_order(
    chain: list[bytes], tmp_path: Path
) -> None:
    records, first = written(tmp_path, chain[::2])
    others, second = written(tmp_path, chain[1::2], b"otherkey")
    mixed = [*records, *(Record(1, r.at, r.size, r.header) for r in others)]
    mixed.sort(key=lambda record: chain.index(read(record, [first, second])))
    batch = load_batch(mixed, [first, second])
    all_records, one = written(tmp_path, chain)
    assert contents(batch) == contents(load_batch(all_records, [one]))


def read(record: Record, files: Sequence[BlockFile]) -> bytes:
    return files[record.file].read(record.at, record.size)


def test_an_arena_is_used_again_and_remembers_nothing(
    chain: list[bytes], tmp_path: Path
) -> None:
    records, file = written(tmp_path, chain)
    arena, parts = Arena(), [slice(0, 99), slice(3, 5), slice(50, 109), slice(0, 1)]
    for part in parts:
        again = load_batch(records[part], [file], arena)
        assert contents(again) == contents(load_batch(records[part], [file]))


def test_the_second_use_of_an_arena_allocates_nothing_to_speak_of(
    chain: list[bytes], tmp_path: Path
) -> None:
    records, file = written(tmp_path, chain)
    arena = Arena()
    before = load_batch(records, [file], arena)
    places = [column.ctypes.data for column in before.columns]
    tracemalloc.start()
    after = load_batch(records[5:], [file], arena)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000
    assert [column.ctypes.data for column in after.columns] == places
    assert after.data.ctypes.data == before.data.ctypes.data


def test_two_threads_each_with_an_arena_read_what_one_does(
    chain: list[bytes], tmp_path: Path
) -> None:
    records, file = written(tmp_path, chain)
    parts = list(batches(records, 2_000))
    assert len(parts) > 5
    expected = [contents(load_batch(records[part], [file])) for part in parts]

    def run(arena: Arena) -> list[list[list[bytes]]]:
        return [
            [contents(load_batch(records[part], [file], arena)) for part in parts]
            for _ in range(5)
        ]

    with ThreadPoolExecutor(2) as threads:
        for results in threads.map(run, [Arena(), Arena()]):
            assert all(result == expected for result in results)


@pytest.mark.parametrize("bad", [(4,), (7, 4), (0,), (108, 4)])
def test_the_first_bad_block_in_chain_order_is_named(
    bad: tuple[int, ...], chain: list[bytes], tmp_path: Path
) -> None:
    blocks = list(chain)
    for i in bad:
        blocks[i] = blocks[i][:-1] + b"\x99"
    records, file = written(tmp_path, blocks)
    with pytest.raises(BadBlockError, match="Merkle root") as caught:
        load_batch(records, [file])
    assert caught.value.record is records[min(bad)]


def test_a_file_that_has_become_shorter_names_the_block_it_lacks(
    chain: list[bytes], tmp_path: Path
) -> None:
    records, file = written(tmp_path, chain)
    with file.path.open("r+b") as cut:
        cut.truncate(records[9].at + 100)
    assert load_batch(records[:9], [file]).first[-1, 0] > 0
    with pytest.raises(BadBlockError, match="shorter") as caught:
        load_batch(records, [file])
    assert caught.value.record is records[9]


def test_a_file_that_is_gone_is_said(chain: list[bytes], tmp_path: Path) -> None:
    records, file = written(tmp_path, chain)
    file.path.unlink()
    with pytest.raises(BlockDataError, match="No such file") as caught:
        load_batch(records, [file])
    assert str(file.path) in str(caught.value)
    with pytest.raises(BlockDataError, match="No such file"):
        file.read(0, 80)


def test_batches_cover_a_chain_once_with_a_block_each_at_least() -> None:
    header = Header.parse(bytes(80))
    sizes = [5, 5, 5, 100, 1, 1, 9, 11]
    records = [Record(0, 0, size, header) for size in sizes]
    parts = list(batches(records, 10))
    assert [sizes[part] for part in parts] == [[5, 5], [5], [100], [1, 1], [9], [11]]


def test_real_blocks_read_alike_in_batches_of_any_size(real_data: Path) -> None:
    folder = open_blocks(real_data / "bitcoin" / "range_560062_560086")
    arena = Arena()
    seen: dict[int, bytes] = {}
    for size in (1, 3_000_000, 1 << 23):
        txids = [
            load_batch(folder.records[part], folder.files, arena).columns.txid.tobytes()
            for part in batches(folder.records, size)
        ]
        seen[size] = b"".join(txids)
    assert len(seen[1]) == 32 * 68_047
    assert len(set(seen.values())) == 1
    assert np.frombuffer(seen[1], np.uint8).any()
