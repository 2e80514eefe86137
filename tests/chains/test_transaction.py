"""Single transactions: read as Bitcoin Core reads them, written back unchanged."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from bitcoin.core import CTransaction
from hypothesis import given
from hypothesis import strategies as st

from dalil.chains.bitcoin.transaction import (
    Transaction,
    TxInput,
    TxOutput,
    parse_tx,
    read_tx,
)
from dalil.errors import BlockDataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

scripts = st.binary(max_size=300)
tx_inputs = st.builds(
    TxInput,
    st.binary(min_size=32, max_size=32),
    st.integers(0, 0xFFFF_FFFF),
    scripts,
    st.integers(0, 0xFFFF_FFFF),
    st.lists(scripts, max_size=3).map(tuple),
)
tx_outputs = st.builds(TxOutput, st.integers(0, 2**63 - 1), scripts)
transactions = st.builds(
    Transaction,
    st.integers(-(2**31), 2**31 - 1),
    st.lists(tx_inputs, min_size=1, max_size=4).map(tuple),
    st.lists(tx_outputs, min_size=1, max_size=4).map(tuple),
    st.integers(0, 0xFFFF_FFFF),
)

PLAIN = Transaction(
    1, (TxInput(b"\x01" * 32, 7, b"", 0xFFFF_FFFE),), (TxOutput(9, b"\x6a"),), 0
)
SEGWIT = Transaction(
    2,
    (TxInput(b"\x01" * 32, 7, b"", 0, (b"sig", b"key")),),
    (TxOutput(9, b"\x6a"),),
    0,
)


@given(transactions)
def test_reading_gives_back_what_was_written(tx: Transaction) -> None:
    assert parse_tx(tx.serialise()) == tx


@given(transactions)
def test_an_independent_parser_agrees_on_every_field(tx: Transaction) -> None:
    judge = CTransaction.deserialize(tx.serialise())
    assert judge.GetTxid() == tx.txid
    assert judge.GetHash() == tx.wtxid
    assert [
        (i.prevout.hash, i.prevout.n, i.scriptSig, i.nSequence) for i in judge.vin
    ] == [(i.txid, i.index, i.script, i.sequence) for i in tx.inputs]
    assert [(o.nValue, bytes(o.scriptPubKey)) for o in judge.vout] == [
        (o.value, o.script) for o in tx.outputs
    ]
    if tx.has_witness:
        stacks = [w.scriptWitness.stack for w in judge.wit.vtxinwit]
        assert stacks == [i.witness for i in tx.inputs]


BAD = {
    "nothing at all": b"",
    "cut in the middle of an input": PLAIN.serialise()[:20],
    "cut before the lock time": PLAIN.serialise()[:-1],
    "a byte too many": PLAIN.serialise() + b"\x00",
    "no inputs": struct.pack("<i", 1) + b"\x00\x00" + bytes(4),
    "an unknown flag": SEGWIT.serialise()[:5] + b"\x02" + SEGWIT.serialise()[6:],
    "a flag but empty witnesses": (
        PLAIN.serialise()[:4]
        + b"\x00\x01"
        + PLAIN.serialise()[4:-4]
        + b"\x00"
        + bytes(4)
    ),
    "no outputs": PLAIN.serialise()[: 5 + 41] + b"\x00" + bytes(4),
    "a claim of 2 GB of script": (
        PLAIN.serialise()[: 5 + 36] + b"\xfe\xff\xff\xff\x7f" + bytes(60)
    ),
    "a claim of 2**63 inputs": bytes(4)
    + b"\xff"
    + struct.pack("<Q", 2**63)
    + bytes(99),
    "a count longer than it need be": (
        PLAIN.serialise()[:4] + b"\xfd\x01\x00" + PLAIN.serialise()[5:]
    ),
    "a negative amount": PLAIN.serialise()[:47] + b"\xff" * 8 + PLAIN.serialise()[55:],
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_refuses(data: bytes) -> None:
    with pytest.raises(BlockDataError, match=r"transaction.*: offset \d+"):
        parse_tx(data)


@given(transactions, st.data())
def test_any_damage_is_an_error_or_another_transaction(
    tx: Transaction, data: st.DataObject
) -> None:
    raw = bytearray(tx.serialise())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    try:
        other = parse_tx(bytes(raw))
    except BlockDataError:
        return
    assert other.serialise() == bytes(raw)
    assert other != tx


def test_a_coinbase_is_recognised_by_its_null_outpoint() -> None:
    mint = TxInput(bytes(32), 0xFFFF_FFFF, b"\x03", 0)
    assert Transaction(1, (mint,), PLAIN.outputs).is_coinbase
    assert not PLAIN.is_coinbase


def block_transactions(block: bytes) -> Iterator[tuple[bytes, Transaction]]:
    """Every (raw bytes, transaction) of one serialised block."""
    wide = block[80] == 0xFD
    n = int.from_bytes(block[81:83], "little") if wide else block[80]
    at = 83 if wide else 81
    for _ in range(n):
        tx, end = read_tx(block, at)
        yield block[at:end], tx
        at = end
    assert at == len(block)


@pytest.mark.real_data
@pytest.mark.parametrize(
    "name", ["block169482.dat", "block481829.dat", "block702861_taproot.raw"]
)
def test_every_real_transaction_survives_and_keeps_its_txid(
    name: str, real_data: Path
) -> None:
    block = (real_data / "bitcoin/eras" / name).read_bytes()
    for raw, tx in block_transactions(block):
        assert tx.serialise() == raw
        assert tx.txid == CTransaction.deserialize(raw).GetTxid()
