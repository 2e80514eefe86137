"""Ethereum's stand-alone checks, each against another implementation."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import rlp
from eth_keys.datatypes import PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

import dalil.chains.evm.address
import dalil.chains.evm.plain
import dalil.chains.tron.plain
from dalil.chains.evm.events import TRANSFER, Log
from dalil.chains.evm.plain import (
    check_ethereum,
    keccak256,
    recover_signer,
    rlp_decode,
)
from dalil.chains.evm.receipts import Receipt, encode_receipt
from dalil.chains.evm.trie import trie_proof, trie_root

secrets = st.integers(1, 2**255).map(lambda n: PrivateKey(n.to_bytes(32, "big")))
words = st.binary(max_size=70)
nested = words | st.lists(words | st.lists(words | st.lists(words)), max_size=9)


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=500))
def test_keccak_as_pycryptodome(data: bytes) -> None:
    assert keccak256(data) == dalil.chains.evm.address.keccak256(data)


@settings(max_examples=25, deadline=None)
@given(secrets, st.binary(min_size=32, max_size=32))
def test_the_signer_as_eth_keys(secret: PrivateKey, digest: bytes) -> None:
    signature = secret.sign_msg_hash(digest).to_bytes()
    expected = secret.public_key.to_canonical_address()
    assert recover_signer(digest, signature) == expected
    later = signature[:64] + bytes([signature[64] + 27])
    assert recover_signer(digest, later) == expected


BAD_SIGNATURES = [
    ("r of 0", bytes(32) + b"\x01" * 32 + b"\0"),
    ("s of 0", b"\x01" * 32 + bytes(32) + b"\0"),
    ("r of the order and more", b"\xff" * 32 + b"\x01" * 32 + b"\0"),
    ("a point of no kind", b"\x01" * 64 + b"\x1d"),
    ("64 bytes", b"\x01" * 64),
    ("no point of the curve", (5).to_bytes(32, "big") + b"\x01" * 32 + b"\0"),
]


@pytest.mark.parametrize(
    "signature",
    [row[1] for row in BAD_SIGNATURES],
    ids=[it[0] for it in BAD_SIGNATURES],
)
def test_no_signer(signature: bytes) -> None:
    with pytest.raises(ValueError, match="signature"):
        recover_signer(b"d" * 32, signature)


@given(nested)
def test_rlp_as_the_library_writes_it(value: Any) -> None:
    assert rlp_decode(rlp.encode(value)) == value


@given(st.binary(max_size=80))
def test_rlp_takes_no_more_than_the_library(data: bytes) -> None:
    try:
        ours = rlp_decode(data)
    except ValueError:
        return
    assert rlp.decode(data) == ours
    assert rlp.encode(ours) == data


BAD_RLP = [
    ("nothing", b""),
    ("cut short", b"\x83ab"),
    ("bytes behind", b"\x80\x80"),
    ("a byte in two", b"\x81\x05"),
    ("a length with a zero ahead", b"\xb9\x00\x40" + bytes(64)),
    ("a long form of a short length", b"\xb8\x05" + bytes(5)),
    ("2**64 bytes", b"\xbf" + b"\xff" * 8),
    ("a list longer than it is", b"\xc5\x80"),
    ("an item longer than its list", b"\xc1\x83abc"),
    ("a million lists in each other", b"\xc1" * 10**6),
    ("lists in lists, well formed",
     b"\xc9\xc8\xc7\xc6\xc5\xc4\xc3\xc2\xc1\xc0"),
    ("ten million bytes", b"\xba\x98\x96\x80" + bytes(10**7)),
]  # fmt: skip


@pytest.mark.parametrize(
    "data", [row[1] for row in BAD_RLP], ids=[row[0] for row in BAD_RLP]
)
def test_no_rlp(data: bytes) -> None:
    with pytest.raises(ValueError, match="RLP"):
        rlp_decode(data)


ALICE, BOB, TOKEN = b"a" * 20, b"b" * 20, b"t" * 20
MOVED = Log(TOKEN, [TRANSFER, bytes(12) + ALICE, bytes(12) + BOB], bytes(31) + b"\x07")
RECEIPTS = [
    encode_receipt(Receipt(i % 5, int(i != 3), 21000 * (i + 1), [MOVED] * (i % 3)))
    for i in range(150)
]
SECRET = PrivateKey(b"\x05" * 32)
SENDER = SECRET.public_key.to_canonical_address()


def signed(kind: int, i: int) -> bytes:
    """Sign a payment of `i` to BOB, as each type of transaction asks for.

    Kind -1 is a legacy transaction that names no chain.
    """
    call: list[Any] = [BOB, i, b""]
    shapes: dict[int, list[Any]] = {
        -1: [i, 9, 21000, *call],
        0: [i, 9, 21000, *call, 1337, 0, 0],
        1: [1337, i, 9, 21000, *call, [[TOKEN, [b"k" * 32]]]],
        2: [1337, i, 1, 9, 21000, *call, []],
        3: [1337, i, 1, 9, 21000, *call, [], 7, [b"v" * 32]],
        4: [1337, i, 1, 9, 21000, *call, [], [[1337, TOKEN, 0, 1, 5, 6]]],
    }
    prefix = bytes([kind]) if kind > 0 else b""
    digest = keccak256(prefix + rlp.encode(shapes[kind]))
    by = SECRET.sign_msg_hash(digest)
    v = {-1: 27, 0: 35 + 2 * 1337}.get(kind, 0) + by.v
    body = shapes[kind][:6] if kind == 0 else shapes[kind]
    return prefix + bytes(rlp.encode([*body, v, by.r, by.s]))


TRANSACTIONS = [signed(i % 6 - 1, i) for i in range(150)]


def proof_of(index: int) -> dict[str, Any]:
    """Prove a receipt and its transaction in a block of an invented chain."""
    roots = [trie_root(TRANSACTIONS), trie_root(RECEIPTS)]
    header: list[bytes | int] = [*[b"h" * 32] * 4, *roots]
    header += [
        bytes(256),
        b"",
        17173049,
        30_000_000,
        5,
        1683029999,
        b"",
        b"m" * 32,
        b"n",
    ]
    return {
        "header": rlp.encode(header).hex(),
        "index": index,
        "receipt_proof": [node.hex() for node in trie_proof(RECEIPTS, index)],
        "transaction_proof": [node.hex() for node in trie_proof(TRANSACTIONS, index)],
    }


@pytest.mark.parametrize("index", [0, 1, 2, 3, 4, 5, 127, 128, 149])
def test_what_a_proof_tells(index: int) -> None:
    found = check_ethereum(proof_of(index))
    assert found["number"] == 17173049
    assert found["time"] == 1683029999
    assert found["status"] == int(index != 3)
    assert found["txid"] == keccak256(TRANSACTIONS[index]).hex()
    assert found["from"] == SENDER.hex()
    assert found["to"] == BOB.hex()
    assert found["value"] == index
    assert len(found["logs"]) == index % 3
    for log in found["logs"]:
        assert log["address"] == TOKEN.hex()
        assert log["topics"] == [topic.hex() for topic in MOVED.topics]
        assert log["data"] == MOVED.data.hex()


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["receipt_proof", "transaction_proof"]), st.data())
def test_a_turned_bit_is_found(part: str, data: st.DataObject) -> None:
    proof = proof_of(128)
    nodes = [bytearray.fromhex(node) for node in proof[part]]
    place = data.draw(st.integers(0, len(nodes) - 1))
    bit = data.draw(st.integers(0, 8 * len(nodes[place]) - 1))
    nodes[place][bit // 8] ^= 1 << bit % 8
    proof[part] = [node.hex() for node in nodes]
    with pytest.raises(ValueError, match="node is missing"):
        check_ethereum(proof)


BROKEN: list[tuple[str, dict[str, Any]]] = [
    ("another place", {"index": 5}),
    ("a place behind the end", {"index": 150}),
    ("a place below 0", {"index": -1}),
    ("a place beyond any block", {"index": 1 << 40}),
    ("a place in letters", {"index": "4"}),
    ("no nodes", {"receipt_proof": []}),
    ("nodes to spare", {"receipt_proof": [*proof_of(4)["receipt_proof"], "80"]}),
    ("a million nodes", {"receipt_proof": ["80"] * 10**6}),
    ("no header", {"header": ""}),
    ("a header of one field", {"header": "c180"}),
    ("a header that is no list", {"header": "80"}),
    ("not hex", {"header": "zz"}),
    ("a header of lists", {"header": rlp.encode([[]] * 15).hex()}),
]


@pytest.mark.parametrize(
    "change", [row[1] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_a_broken_proof_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        check_ethereum(proof_of(4) | change)


@settings(max_examples=25, deadline=None)
@given(nested)
def test_no_receipt_breaks_the_check(value: Any) -> None:
    items = [rlp.encode(value)]
    header = [b"h" * 32] * 4 + [trie_root(items)] * 2 + [b""] * 9
    nodes = [node.hex() for node in trie_proof(items, 0)]
    header_hex = rlp.encode(header).hex()
    proof = {"header": header_hex, "index": 0, "receipt_proof": nodes}
    with pytest.raises(ValueError):
        check_ethereum(proof)
    header[5] = trie_root(RECEIPTS[:1])
    proof = proof_of(0) | {"transaction_proof": nodes}
    proof["header"] = rlp.encode(header).hex()
    proof["receipt_proof"] = [node.hex() for node in trie_proof(RECEIPTS[:1], 0)]
    with pytest.raises(ValueError):
        check_ethereum(proof)


@pytest.mark.parametrize("module", [dalil.chains.evm.plain, dalil.chains.tron.plain])
def test_it_runs_with_the_standard_library_alone(module: Any) -> None:
    path = Path(module.__file__)
    ast.parse(path.read_text(), feature_version=(3, 8))
    code = f"import runpy; runpy.run_path({str(path)!r})"
    command = [sys.executable, "-I", "-S", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (
        "dalil" not in path.read_text().partition('"""\n\n')[2].partition("class ")[0]
    )
