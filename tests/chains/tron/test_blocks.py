"""TRON's blocks: ids, trees, branches and signatures, on two real blocks."""

from __future__ import annotations

import copy
import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from eth_keys.datatypes import Signature
from hypothesis import given
from hypothesis import strategies as st

from dalil.chains import tron
from dalil.chains.accounts import TxStatus
from dalil.chains.evm.plain import recover_signer
from dalil.chains.tron.block import block_id, header_raw, read_header
from dalil.chains.tron.merkle import check_branch, merkle_branch, merkle_root
from dalil.chains.tron.transaction import raw_data, tx_leaf, tx_status
from dalil.errors import BlockDataError, DalilError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Block = dict[str, Any]
BLOCKS = {"get_block.json": 281, "get_block_60836289.json": 170}


@pytest.fixture(params=BLOCKS, ids=["addresses in hex", "addresses in base58"])
def block(request: pytest.FixtureRequest, real_data: Path) -> Block:
    """One of the two real blocks, as its node printed it."""
    path = real_data / "evm_tron" / "tron_api_json" / request.param
    found: Block = json.loads(path.read_bytes())
    assert len(found["transactions"]) == BLOCKS[request.param]
    return found


def test_every_id_is_the_hash_of_what_was_signed(block: Block) -> None:
    for tx in block["transactions"]:
        assert sha256(raw_data(tx)).hexdigest() == tx["txID"]


def test_the_block_is_named_by_its_header(block: Block) -> None:
    raw = header_raw(block)
    printed = block["block_header"]["raw_data"]
    header = read_header(raw)
    assert block_id(raw).hex() == block["blockID"]
    assert header.number == printed["number"]
    assert header.time_ms == printed["timestamp"]
    assert header.parent.hex() == printed["parentHash"]
    assert header.witness == tron.decode_address(printed["witness_address"])


def test_the_tree_holds_every_transaction(block: Block) -> None:
    leaves = [tx_leaf(tx) for tx in block["transactions"]]
    root = bytes.fromhex(block["block_header"]["raw_data"]["txTrieRoot"])
    assert merkle_root(leaves) == root
    for i, leaf in enumerate(leaves):
        branch = merkle_branch(leaves, i)
        assert check_branch(root, leaf, branch)
        turned = bytearray(leaf)
        turned[i % len(leaf)] ^= 1 << i % 8
        assert not check_branch(root, bytes(turned), branch)


def test_a_failed_call_cannot_pass_for_a_success(block: Block) -> None:
    leaves = [tx_leaf(tx) for tx in block["transactions"]]
    root, branch = merkle_root(leaves), merkle_branch(leaves, 3)
    tx = copy.deepcopy(block["transactions"][3])
    assert tx_status(tx) is TxStatus.DONE
    tx["ret"] = [{"contractRet": "REVERT"}]
    assert tx_status(tx) is TxStatus.FAILED
    assert not check_branch(root, tx_leaf(tx), branch)


def test_the_header_is_signed_by_its_witness(block: Block) -> None:
    raw = header_raw(block)
    signature = bytes.fromhex(block["block_header"]["witness_signature"])
    digest = sha256(raw).digest()
    assert recover_signer(digest, signature) == read_header(raw).witness
    judge = Signature(signature).recover_public_key_from_msg_hash(digest)
    assert judge.to_canonical_address() == read_header(raw).witness
    later = dict(block["block_header"]["raw_data"])
    later["timestamp"] += 1
    other = sha256(header_raw({"block_header": {"raw_data": later}})).digest()
    assert recover_signer(other, signature) != read_header(raw).witness


_leaves = st.binary(min_size=65, max_size=90)


@given(st.lists(_leaves, min_size=1, max_size=40, unique=True))
def test_every_branch_of_any_tree_checks(leaves: list[bytes]) -> None:
    root = merkle_root(leaves)
    for i, leaf in enumerate(leaves):
        branch = merkle_branch(leaves, i)
        assert check_branch(root, leaf, branch)
        for step in range(len(branch)):
            turned = list(branch)
            turned[step] = bytes([turned[step][0] ^ 1]) + turned[step][1:]
            assert not check_branch(root, leaf, turned)


def test_a_node_does_not_pass_for_a_transaction() -> None:
    leaves = [bytes([i]) * 70 for i in range(4)]
    left, right = (sha256(leaf).digest() for leaf in leaves[:2])
    branch = merkle_branch(leaves, 0)
    assert not check_branch(merkle_root(leaves), left + right, branch[1:])


BRANCHES = [
    ("a step cut short", [bytes(32)]),
    ("a side that is none", [b"\x02" + bytes(32)]),
    ("ten million bytes", [bytes(10**7)]),
    ("more steps than a block can have", [bytes(33)] * 33),
    ("no step where there are some", []),
]


@pytest.mark.parametrize(
    "branch", [row[1] for row in BRANCHES], ids=[row[0] for row in BRANCHES]
)
def test_no_branch(branch: list[bytes]) -> None:
    leaves = [bytes([i]) * 70 for i in range(2)]
    assert not check_branch(merkle_root(leaves), leaves[0], branch)


def test_the_tree_of_nothing_and_of_one() -> None:
    assert merkle_root([]) == bytes(32)
    assert merkle_root([b"x" * 65]) == sha256(b"x" * 65).digest()
    assert merkle_branch([b"x" * 65], 0) == []
    with pytest.raises(IndexError):
        merkle_branch([b"x"], 1)


RAW = b"\x0a\x02\xcd\x28"


def _tx(**changes: object) -> dict[str, Any]:
    tx = {
        "raw_data_hex": RAW.hex(),
        "txID": sha256(RAW).hexdigest(),
        "signature": ["ab" * 65],
        "ret": [{"contractRet": "SUCCESS"}],
    }
    return tx | changes


BAD_TX = [
    ("another id", _tx(txID="00" * 32)),
    ("no id", _tx(txID=None)),
    ("no raw data", _tx(raw_data_hex=None)),
    ("not hex", _tx(raw_data_hex="zz")),
    ("longer than any block", _tx(raw_data_hex="00" * 10**7)),
    ("signatures of no kind", _tx(signature="ab")),
    ("a signature that is a number", _tx(signature=[5])),
    ("more signatures than keys", _tx(signature=["ab"] * 101)),
    ("two results", _tx(ret=[{}, {}])),
    ("a result that is none", _tx(ret=[5])),
    ("a result of no known name", _tx(ret=[{"contractRet": "FINE"}])),
    ("a result of another call", _tx(ret=[{"energy_usage": 5}])),
    ("a fee that is no number", _tx(ret=[{"fee": "5"}])),
    ("a fee of 10**7 digits", _tx(ret=[{"fee": 10**1000}])),
]


@pytest.mark.parametrize(
    "tx", [row[1] for row in BAD_TX], ids=[row[0] for row in BAD_TX]
)
def test_no_leaf(tx: dict[str, Any]) -> None:
    with pytest.raises(BlockDataError):
        tx_leaf(tx)


STATUS = [
    ("it says so", [{"contractRet": "SUCCESS"}], TxStatus.DONE),
    ("nothing ran", [{}], TxStatus.DONE),
    ("an early block says nothing", [], TxStatus.DONE),
    ("out of energy", [{"contractRet": "OUT_OF_ENERGY"}], TxStatus.FAILED),
    ("reverted", [{"contractRet": "REVERT"}], TxStatus.FAILED),
    ("the action itself failed", [{"ret": "FAILED"}], TxStatus.FAILED),
]


@pytest.mark.parametrize(
    ("ret", "status"), [row[1:] for row in STATUS], ids=[row[0] for row in STATUS]
)
def test_whether_it_took_effect(ret: list[Any], status: TxStatus) -> None:
    assert tx_status(_tx(ret=ret)) is status


HEADER = {
    "number": 5,
    "txTrieRoot": "00" * 32,
    "witness_address": "41" + "77" * 20,
    "parentHash": "11" * 32,
    "version": 29,
    "timestamp": 1714038858000,
}
BAD_HEADERS: list[tuple[str, Callable[[], object]]] = [
    ("nothing", dict),
    ("no header", lambda: {"block_header": 5}),
    ("no fields", lambda: {"block_header": {"raw_data": {}}}),
    *(
        (name, lambda change=change: {"block_header": {"raw_data": HEADER | change}})
        for name, change in (
            ("a number in letters", {"number": "5"}),
            ("a number below 0", {"number": -1}),
            ("a number of 1,000 digits", {"number": 10**1000}),
            ("a truth for a number", {"number": True}),
            ("a root cut short", {"txTrieRoot": "00" * 31}),
            ("a parent that is no hex", {"parentHash": "x" * 64}),
            ("a producer with a slip", {"witness_address": "TNaJADoq1u2atryP1ZzwvmEE"}),
            ("a producer that is a number", {"witness_address": 5}),
            ("a field of a later version", {"newRoot": "00" * 32}),
        )
    ),
]


@pytest.mark.parametrize(
    "make", [row[1] for row in BAD_HEADERS], ids=[row[0] for row in BAD_HEADERS]
)
def test_no_header(make: Callable[[], Block]) -> None:
    with pytest.raises(BlockDataError):
        header_raw(make())


@given(st.binary(max_size=200))
def test_no_bytes_break_a_header(noise: bytes) -> None:
    good = header_raw({"block_header": {"raw_data": HEADER}})
    for data in (noise, good + noise, good[: len(noise)]):
        try:
            block_id(data)
        except DalilError:
            continue


@pytest.mark.parametrize(
    "signature",
    [b"", bytes(65), b"\xff" * 65, b"\x01" * 64 + b"\x02", bytes(10**7)],
    ids=["empty", "zeros", "out of range", "no such point", "ten million bytes"],
)
def test_no_signature(signature: bytes) -> None:
    with pytest.raises(ValueError, match="signature"):
        recover_signer(sha256(b"header").digest(), signature)
