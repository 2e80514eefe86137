"""Transactions from a node's JSON: what is signed is checked against the id."""

from __future__ import annotations

from typing import Any

import pytest
import rlp
from eth_keys.datatypes import PrivateKey

from dalil.chains.evm import keccak256
from dalil.chains.evm.plain import recover_signer
from dalil.chains.evm.transaction import transaction_rlp
from dalil.errors import BlockDataError

SECRET = PrivateKey(b"\x07" * 32)
BOB = b"b" * 20
WORD = "0x" + "01" * 32


def signed() -> dict[str, Any]:
    """Sign a payment that names no chain, as a node would print it."""
    body = [5, 9, 21000, BOB, 7, b"\x12\x34"]
    digest = keccak256(rlp.encode(body))
    by = SECRET.sign_msg_hash(digest)
    assert recover_signer(digest, by.to_bytes()) == (
        SECRET.public_key.to_canonical_address()
    )
    encoded = rlp.encode([*body, 27 + by.v, by.r, by.s])
    return {
        "type": "0x0",
        "hash": "0x" + keccak256(encoded).hex(),
        "nonce": "0x5",
        "gasPrice": "0x9",
        "gas": hex(21000),
        "to": "0x" + BOB.hex(),
        "value": "0x7",
        "input": "0x1234",
        "v": hex(27 + by.v),
        "r": hex(by.r),
        "s": hex(by.s),
    }


def test_a_transaction_hashes_to_its_id() -> None:
    tx = signed()
    assert "0x" + keccak256(transaction_rlp(tx)).hex() == tx["hash"]
    del tx["type"]
    transaction_rlp(tx)


def test_blobs_and_authorizations_are_laid_out_as_their_proposals_say() -> None:
    common: dict[str, Any] = {
        "chainId": "0x1", "nonce": "0x5", "maxPriorityFeePerGas": "0x1",
        "maxFeePerGas": "0x9", "gas": "0x5208", "to": "0x" + BOB.hex(),
        "value": "0x7", "input": "0x",
        "accessList": [{"address": "0x" + BOB.hex(), "storageKeys": [WORD]}],
        "yParity": "0x1", "r": "0x2", "s": "0x3",
    }  # fmt: skip
    head = [1, 5, 1, 9, 21000, BOB, 7, b"", [[BOB, [b"\x01" * 32]]]]
    blobs: dict[str, Any] = {"maxFeePerBlobGas": "0x6", "blobVersionedHashes": [WORD]}
    by = {"chainId": "0x1", "address": "0x" + BOB.hex(), "nonce": "0x0",
          "yParity": "0x0", "r": "0x4", "s": "0x5"}  # fmt: skip
    expected: dict[int, tuple[dict[str, Any], list[Any]]] = {
        3: (blobs, [*head, 6, [b"\x01" * 32], 1, 2, 3]),
        4: ({"authorizationList": [by]}, [*head, [[1, BOB, 0, 0, 4, 5]], 1, 2, 3]),
    }
    for kind, (more, fields) in expected.items():
        encoded = bytes([kind]) + rlp.encode(fields)
        tx = common | more | {"type": hex(kind)}
        tx["hash"] = "0x" + keccak256(encoded).hex()
        assert transaction_rlp(tx) == encoded


BAD = [
    ("another value", {"value": "0x8"}),
    ("another id", {"hash": WORD}),
    ("no id", {"hash": None}),
    ("a type to come", {"type": "0x5"}),
    ("a type that is a number", {"type": 2}),
    ("no nonce", {"nonce": None}),
    ("a number of 10**7 digits", {"value": "0x" + "9" * 10**7}),
    ("a number that is no hex", {"value": "0xzz"}),
    ("a number below 0", {"value": "0x-5"}),
    ("call data that is no hex", {"input": "0xz"}),
    ("call data of 10**7 bytes", {"input": "0x" + "00" * 10**7}),
    ("no recipient where one was signed", {"to": None}),
    ("no list where the type has one",
     {"type": "0x2", "chainId": "0x1", "maxFeePerGas": "0x1",
      "maxPriorityFeePerGas": "0x1"}),
    ("a list of numbers",
     {"type": "0x1", "chainId": "0x1", "accessList": [5]}),
    ("a list too long",
     {"type": "0x1", "chainId": "0x1", "accessList": [{}] * 20_001}),
]  # fmt: skip


@pytest.mark.parametrize("change", [row[1] for row in BAD], ids=[row[0] for row in BAD])
def test_no_transaction(change: dict[str, Any]) -> None:
    with pytest.raises(BlockDataError):
        transaction_rlp(signed() | change)
