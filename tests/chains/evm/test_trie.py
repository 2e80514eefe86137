"""Tries, receipts and headers: other implementations, and real blocks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import rlp
from hypothesis import given, settings
from hypothesis import strategies as st
from trie.hexary import HexaryTrie

from dalil.chains.evm.events import Log
from dalil.chains.evm.header import block_hash, header_rlp, read_evm_header
from dalil.chains.evm.receipts import Receipt, encode_receipt
from dalil.chains.evm.trie import check_trie_proof, trie_proof, trie_root
from dalil.errors import BlockDataError

if TYPE_CHECKING:
    from pathlib import Path

items = st.lists(st.binary(min_size=1, max_size=50), max_size=20)


@settings(max_examples=25, deadline=None)
@given(items, st.sampled_from([0, 1, 100, 120, 250]))
def test_the_trie_as_another_library_builds_it(some: list[bytes], n_more: int) -> None:
    every = some + [bytes([i]) * (i % 40 + 1) for i in range(1, n_more)]
    judge = HexaryTrie({})
    for i, item in enumerate(every):
        judge[rlp.encode(i)] = item
    root = trie_root(every)
    assert root == judge.root_hash
    for i in range(0, len(every), 7):
        proof = trie_proof(every, i)
        assert check_trie_proof(root, i, proof) == every[i]
        nodes = tuple(rlp.decode(node) for node in proof)
        found = HexaryTrie.get_from_proof(root, rlp.encode(i), nodes)  # type: ignore[no-untyped-call]
        assert found == every[i]


def test_nothing_to_prove() -> None:
    with pytest.raises(IndexError):
        trie_proof([], 0)
    with pytest.raises(IndexError):
        trie_proof([b"a"], -1)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines() if line]


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _receipts(folder: Path, number: int) -> list[bytes]:
    """Rebuild a block's receipts from transactions and logs of ethereum-etl."""
    logs: dict[int, list[Log]] = {}
    rows = _lines(folder / "expected_logs.json")
    for row in sorted(rows, key=lambda it: it["log_index"]):
        if row["block_number"] == number:
            topics = [_bytes(topic) for topic in row["topics"]]
            log = Log(_bytes(row["address"]), topics, _bytes(row["data"]))
            logs.setdefault(row["transaction_index"], []).append(log)
    rows = _lines(folder / "expected_transactions.json")
    return [
        encode_receipt(
            Receipt(
                row["transaction_type"] or 0,
                row["receipt_status"],
                row["receipt_cumulative_gas_used"],
                logs.get(row["transaction_index"], []),
            )
        )
        for row in sorted(rows, key=lambda it: it["transaction_index"])
        if row["block_number"] == number
    ]


@pytest.mark.parametrize(("number", "n_tx"), [(17173049, 116), (17173050, 182)])
def test_the_roots_of_real_blocks(real_data: Path, number: int, n_tx: int) -> None:
    folder = real_data / "evm_tron" / "blocks_17173049_17173050"
    [block] = [
        row
        for row in _lines(folder / "expected_blocks.json")
        if row["number"] == number
    ]
    receipts = _receipts(folder, number)
    root = _bytes(block["receipts_root"])
    assert len(receipts) == n_tx
    assert trie_root(receipts) == root
    for i in range(0, n_tx, 10):
        assert check_trie_proof(root, i, trie_proof(receipts, i)) == receipts[i]
    paid = [
        rlp.encode(
            [it["index"], it["validator_index"], _bytes(it["address"]), it["amount"]]
        )
        for it in block["withdrawals"]
    ]
    assert trie_root(paid) == _bytes(block["withdrawals_root"])


GENESIS = {
    # Ethereum's first block, as every client carries it
    "parentHash": "0x" + "00" * 32,
    "sha3Uncles": "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
    "miner": "0x" + "00" * 20,
    "stateRoot": "0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544",
    "transactionsRoot": (
        "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    ),
    "receiptsRoot": (
        "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    ),
    "logsBloom": "0x" + "00" * 256,
    "difficulty": "0x400000000",
    "number": "0x0",
    "gasLimit": "0x1388",
    "gasUsed": "0x0",
    "timestamp": "0x0",
    "extraData": "0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa",
    "mixHash": "0x" + "00" * 32,
    "nonce": "0x0000000000000042",
}


def test_the_hash_of_ethereum_s_first_block() -> None:
    header = header_rlp(GENESIS)
    assert block_hash(header).hex() == (
        "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3"
    )
    read = read_evm_header(header)
    assert (read.number, read.time, read.parent) == (0, 0, bytes(32))
    assert read.receipts_root == trie_root([])


BAD_HEADERS: list[tuple[str, dict[str, Any]]] = [
    ("ethereum-etl leaves mixHash out", {"mixHash": None}),
    ("no hex", {"stateRoot": "0x" + "zz" * 32}),
    ("a hash cut short", {"stateRoot": "0x00"}),
    ("a number as a number", {"gasUsed": 5}),
    ("a number below 0", {"gasUsed": "-0x5"}),
    ("a number of 10**7 digits", {"gasUsed": "0x" + "9" * 10**7}),
    ("an upgrade's field without those before", {"blobGasUsed": "0x0"}),
]


@pytest.mark.parametrize(
    "change", [row[1] for row in BAD_HEADERS], ids=[row[0] for row in BAD_HEADERS]
)
def test_no_header(change: dict[str, Any]) -> None:
    with pytest.raises(BlockDataError):
        header_rlp(GENESIS | change)


@pytest.mark.parametrize(
    "data",
    [b"", b"\xc0", b"\x80", rlp.encode([b""] * 15), rlp.encode([[]] * 15)],
    ids=["nothing", "no fields", "no list", "empty fields", "lists"],
)
def test_bytes_that_are_no_header(data: bytes) -> None:
    with pytest.raises(BlockDataError):
        read_evm_header(data)


@pytest.mark.parametrize(
    "receipt",
    [Receipt(5, 1, 0, []), Receipt(0, 2, 0, []), Receipt(0, b"root", 0, [])],
    ids=["a type to come", "a status that is none", "a root that is none"],
)
def test_no_receipt(receipt: Receipt) -> None:
    with pytest.raises(ValueError, match=r"not known|neither|not 32"):
        encode_receipt(receipt)
