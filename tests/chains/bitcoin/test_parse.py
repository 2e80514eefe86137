"""Blocks to columns against the plain reader: made, real, and mutated ones."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dalil.chains.bitcoin.columns import Columns, most_rows
from dalil.chains.bitcoin.forms import BITCOIN
from dalil.chains.bitcoin.parse import fill_blocks, fill_txs, tx_offsets
from dalil.chains.bitcoin.transaction import (
    Transaction,
    TxInput,
    TxOutput,
    double_sha256,
    read_tx,
)
from dalil.chains.bitcoin.txids import work_bytes
from dalil.errors import BlockDataError

if TYPE_CHECKING:
    from pathlib import Path

COINBASE = TxInput(bytes(32), 0xFFFF_FFFF, b"\x01\x02", 0xFFFF_FFFF, (bytes(32),))


def filled(raw: bytes) -> tuple[int, Columns]:
    """One block's fault, and its columns."""
    columns, first = Columns.empty(*most_rows(len(raw))), np.zeros((2, 3), np.int64)
    data, work = np.frombuffer(raw, np.uint8), np.empty(work_bytes(len(raw)), np.uint8)
    places = np.array([[0, 80, len(raw)]])
    bad, fault = fill_blocks(data, places, BITCOIN, first, columns, work)
    assert (bad == 1) == (fault == 0)
    return fault, columns.cut(*map(int, first[1]))


def root_of(txids: list[bytes]) -> bytes:
    while len(txids) > 1:
        txids = txids + txids[-1:] * (len(txids) % 2)
        pairs = zip(txids[::2], txids[1::2], strict=True)
        txids = [double_sha256(a + b) for a, b in pairs]
    return txids[0]


def block_of(txs: list[Transaction]) -> bytes:
    header = bytes(36) + root_of([tx.txid for tx in txs]) + bytes(12)
    n = len(txs)
    count = bytes([n]) if n < 253 else b"\xfd" + n.to_bytes(2, "little")
    return header + count + b"".join(tx.serialise() for tx in txs)


def made_tx(rng: random.Random) -> Transaction:
    """A transaction of any shape: sizes around SHA-256's block ends included."""
    witness = rng.random() < 0.5
    inputs = tuple(
        TxInput(
            rng.randbytes(32),
            rng.choice([0, 1, 0xFFFF_FFFF, rng.randrange(1 << 32)]),
            rng.randbytes(rng.choice([0, 1, rng.randrange(80), 300])),
            rng.randrange(1 << 32),
            tuple(rng.randbytes(rng.randrange(90)) for _ in range(3))
            if witness
            else (),
        )
        for _ in range(rng.randint(1, 4))
    )
    outputs = tuple(
        TxOutput(rng.randrange(21 * 10**14 + 1), made_script(rng))
        for _ in range(rng.randint(1, 5))
    )
    version = rng.randrange(-(1 << 31), 1 << 31)
    return Transaction(version, inputs, outputs, rng.randrange(1 << 32))


def made_script(rng: random.Random) -> bytes:
    hash20, hash32 = rng.randbytes(20), rng.randbytes(32)
    return rng.choice(
        [
            b"\x76\xa9\x14" + hash20 + b"\x88\xac",
            b"\xa9\x14" + hash20 + b"\x87",
            b"\x00\x14" + hash20,
            b"\x00\x20" + hash32,
            b"\x51\x20" + hash32,
            b"\x21\x02" + hash32 + b"\xac",
            b"\x52\x04" + hash20[:4],
            b"\x6a" + hash20,
            rng.randbytes(rng.randrange(40)),
            b"",
        ]
    )


def assert_reads_as(columns: Columns, txs: list[Transaction], raw: bytes) -> None:
    inputs = [spend for tx in txs for spend in tx.inputs]
    outputs = [output for tx in txs for output in tx.outputs]
    assert columns.txid.tobytes() == b"".join(tx.txid for tx in txs)
    assert columns.version.tolist() == [tx.version for tx in txs]
    assert columns.locktime.tolist() == [tx.lock_time for tx in txs]
    assert np.diff(columns.first_input).tolist() == [len(tx.inputs) for tx in txs]
    assert np.diff(columns.first_output).tolist() == [len(tx.outputs) for tx in txs]
    assert columns.spent_txid.tobytes() == b"".join(spend.txid for spend in inputs)
    assert columns.spent_index.tolist() == [spend.index for spend in inputs]
    assert columns.sequence.tolist() == [spend.sequence for spend in inputs]
    assert columns.value.tolist() == [output.value for output in outputs]
    places = zip(columns.script_at.tolist(), columns.script_size.tolist(), strict=True)
    assert [raw[at : at + n] for at, n in places] == [o.script for o in outputs]


@pytest.mark.parametrize("n_tx", [1, 2, 3, 8, 61, 300])
def test_made_blocks_read_as_they_were_made(n_tx: int) -> None:
    rng = random.Random(n_tx)
    made = [made_tx(rng) for _ in range(n_tx)]
    made[0] = Transaction(1, (COINBASE,), made[0].outputs, 0)
    raw = block_of(made)
    fault, columns = filled(raw)
    assert fault == 0
    assert_reads_as(columns, made, raw)


def test_whole_transactions_read_without_a_block() -> None:
    rng = random.Random(5)
    made = [made_tx(rng) for _ in range(40)]
    raws = [tx.serialise() for tx in made]
    ends = np.cumsum([len(raw) for raw in raws])
    n_in = sum(len(tx.inputs) for tx in made)
    n_out = sum(len(tx.outputs) for tx in made)
    columns, raw = Columns.empty(40, n_in, n_out), b"".join(raws)
    columns.first_input[-1], columns.first_output[-1] = n_in, n_out
    starts = ends - [len(raw) for raw in raws]
    fill_txs(np.frombuffer(raw, np.uint8), starts, ends, columns)
    assert_reads_as(columns, made, raw)


def coinbase(**changes: object) -> Transaction:
    fields = {"txid": bytes(32), "index": 0xFFFF_FFFF, "script": b"", "sequence": 0}
    spend = TxInput(**{**fields, **changes})  # type: ignore[arg-type]
    return Transaction(1, (spend,), (TxOutput(1, b""),), 0)


def paying(value: int) -> Transaction:
    return Transaction(1, (coinbase().inputs[0],), (TxOutput(value, b""),), 0)


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        pytest.param(block_of([coinbase()]), 0, id="good"),
        pytest.param(block_of([coinbase()])[:80] + b"\x00", 1, id="no transactions"),
        pytest.param(block_of([coinbase()])[:80], 1, id="no count"),
        pytest.param(block_of([coinbase()])[:-1], 1, id="cut"),
        pytest.param(block_of([coinbase()]) + b"\x00", 2, id="left over"),
        pytest.param(bytes(80) + block_of([coinbase()])[80:], 3, id="root"),
        pytest.param(block_of([coinbase(index=0)]), 4, id="no coinbase"),
        pytest.param(block_of([coinbase()] * 2), 3, id="repeated to one root"),
        pytest.param(
            block_of([coinbase(), coinbase(script=b"1")]), 4, id="two coinbases"
        ),
        pytest.param(block_of([paying(21 * 10**14)]), 0, id="all coins"),
        pytest.param(block_of([paying(21 * 10**14 + 1)]), 5, id="more than all coins"),
        pytest.param(block_of([paying(-1)]), 5, id="less than nothing"),
    ],
)
def test_a_fault_is_told_by_its_code(raw: bytes, fault: int) -> None:
    assert filled(raw)[0] == fault


def test_the_first_bad_block_is_told_and_none_after_it() -> None:
    good = block_of([coinbase()])
    raw = good + good[:-1] + b"\x01" + bytes(80)
    n = len(good)
    places = np.array([[0, 80, n], [n, n + 80, 2 * n], [2 * n, 2 * n + 80, 2 * n + 80]])
    first, work = np.zeros((4, 3), np.int64), np.empty(work_bytes(n), np.uint8)
    columns = Columns.empty(*most_rows(len(raw)))
    data = np.frombuffer(raw, np.uint8)
    assert fill_blocks(data, places, BITCOIN, first, columns, work) == (1, 3)
    places[1] = places[0]
    assert fill_blocks(data, places, BITCOIN, first, columns, work) == (2, 1)


def read_plainly(raw: bytes) -> list[Transaction] | None:
    """The plain reader's transactions, or None where it refuses the bytes."""
    n_tx, at, txs = raw[80], 81, []
    if n_tx == 0 or n_tx >= 253:
        return None
    try:
        for _ in range(n_tx):
            tx, at = read_tx(raw, at)
            txs.append(tx)
    except BlockDataError:
        return None
    return txs if at == len(raw) else None


def first_block(file: Path) -> bytes:
    with file.open("rb") as source:
        return source.read(int.from_bytes(source.read(8)[4:], "little"))


def some_of(block: bytes, n: int) -> bytes:
    """The first transactions of a real block, as a block of their own."""
    n_tx = int.from_bytes(block[81:83], "little")
    data = np.frombuffer(block, np.uint8)
    offsets = tx_offsets(data, 80, n_tx, BITCOIN)
    assert offsets[-1] == len(block)
    return block[:80] + bytes([n]) + block[83 : int(offsets[n])]


def test_mutated_real_transactions_read_as_the_plain_reader_reads_them(
    real_data: Path,
) -> None:
    file = real_data / "bitcoin" / "range_560062_560086" / "blk00000.dat"
    raw = some_of(first_block(file), 40)
    rng, verdicts = random.Random(7), {True: 0, False: 0}
    for _ in range(1_500):
        mutant = bytearray(raw)
        for _ in range(rng.randint(0, 2)):
            at = rng.randrange(80, len(mutant))
            mutant[at] = rng.choice([0, 1, 252, 253, 254, 255, mutant[at] ^ 1])
        if rng.random() < 0.2:
            del mutant[rng.randrange(81, len(mutant)) :]
        fault, _ = filled(bytes(mutant))
        plain = read_plainly(bytes(mutant))
        if fault in {1, 2}:
            assert plain is None
        elif plain is None:  # the plain reader also refuses what is negative
            assert fault in {3, 4, 5}
        else:
            header = bytes(36) + root_of([tx.txid for tx in plain]) + bytes(12)
            mended = header + bytes(mutant[80:])
            fault, columns = filled(mended)
            assert fault in {0, 4, 5}
            if fault == 0:
                assert_reads_as(columns, plain, mended)
        verdicts[plain is None] += 1
    assert min(verdicts.values()) > 200
