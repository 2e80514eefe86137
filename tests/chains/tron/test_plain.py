"""The stand-alone check of a TRON payment: what it tells and what it refuses."""

from __future__ import annotations

import contextlib
import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from eth_keys.datatypes import PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.chains import tron
from dalil.chains.evm.plain import recover_signer
from dalil.chains.tron.contracts import read_action
from dalil.chains.tron.merkle import merkle_branch, merkle_root
from dalil.chains.tron.plain import check_tron
from dalil.chains.tron.proto import bytes_field, number_field
from dalil.chains.tron.proving import tron_proof
from dalil.errors import BlockDataError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ALICE, BOB, TOKEN = b"a" * 20, b"b" * 20, b"t" * 20
PRODUCER = PrivateKey(sha256(b"EXERCISE producer").digest())
WITNESS = PRODUCER.public_key.to_canonical_address()
SET = {WITNESS.hex(): WITNESS.hex()}
SUCCESS = bytes_field(5, number_field(3, 1))


SENDER = PrivateKey(sha256(b"EXERCISE sender").digest())


def payment(kind: int, value: bytes, result: bytes = SUCCESS) -> bytes:
    """Serialise a transaction around one contract."""
    inside = bytes_field(1, b"type.googleapis.com/x") + bytes_field(2, value)
    contract = number_field(1, kind) + bytes_field(2, inside)
    raw = bytes_field(1, b"\xcd\x28") + bytes_field(11, contract)
    signature = SENDER.sign_msg_hash(sha256(raw).digest()).to_bytes()
    return bytes_field(1, raw) + bytes_field(2, signature + b"...") + result


def proof_of(transaction: bytes, producer: PrivateKey = PRODUCER) -> dict[str, Any]:
    """Put a transaction among others into a block of an invented chain."""
    leaves = [payment(1, b"x" * i) for i in range(3)] + [transaction]
    header = (
        number_field(1, 1714038858000)
        + bytes_field(2, merkle_root(leaves))
        + bytes_field(3, b"p" * 32)
        + number_field(7, 61132092)
        + bytes_field(9, b"A" + WITNESS)
    )
    signature = producer.sign_msg_hash(sha256(header).digest()).to_bytes()
    return {
        "transaction": transaction.hex(),
        "branch": [step.hex() for step in merkle_branch(leaves, 3)],
        "header": header.hex(),
        "witness_signature": signature.hex(),
    }


def word(value: bytes | int) -> bytes:
    return value.to_bytes(32, "big") if isinstance(value, int) else bytes(12) + value


OWNER = bytes_field(1, b"A" + ALICE)
TRX = payment(1, OWNER + bytes_field(2, b"A" + BOB) + number_field(3, 7))
TO_TOKEN = OWNER + bytes_field(2, b"A" + TOKEN)
CALL = bytes.fromhex("a9059cbb") + word(BOB) + word(2**255)
CALL_FROM = bytes.fromhex("23b872dd") + word(TOKEN) + word(BOB) + word(9)
TOLD = [
    ("TRX", TRX, {"from": ALICE.hex(), "to": BOB.hex(), "amount": 7}),
    ("an asset",
     payment(2, bytes_field(1, b"1000001") + bytes_field(2, b"A" + ALICE)
             + bytes_field(3, b"A" + BOB) + number_field(4, 8)),
     {"from": ALICE.hex(), "to": BOB.hex(), "amount": 8, "asset": "1000001"}),
    ("tokens", payment(31, TO_TOKEN + bytes_field(4, CALL)),
     {"call": "transfer", "contract": TOKEN.hex(), "from": ALICE.hex(),
      "to": BOB.hex(), "amount": 2**255}),
    ("tokens of another account", payment(31, TO_TOKEN + bytes_field(4, CALL_FROM)),
     {"call": "transferFrom", "caller": ALICE.hex(), "from": TOKEN.hex(), "amount": 9}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("transaction", "told"), [row[1:] for row in TOLD], ids=[row[0] for row in TOLD]
)
def test_what_a_proof_tells(transaction: bytes, told: dict[str, Any]) -> None:
    found = check_tron(proof_of(transaction), SET, recover_signer)
    assert found["success"] is True
    assert found["number"] == 61132092
    assert found["time"] == 1714038858
    assert found["witness"] == WITNESS.hex()
    assert found["n_producers"] == 1
    assert found["signed_by"] == [SENDER.public_key.to_canonical_address().hex()]
    assert told.items() <= found.items()


@pytest.mark.parametrize(
    "data",
    [b"", b"\xa9\x05\x9c\xbb", bytes.fromhex("095ea7b3") + word(BOB) + word(1),
     CALL[:15] + b"\x01" + CALL[16:]],
    ids=["none", "cut short", "an approval", "bytes ahead of the address"],
)  # fmt: skip
def test_other_calls_say_nothing_of_a_payment(data: bytes) -> None:
    transaction = payment(31, TO_TOKEN + bytes_field(4, data))
    found = check_tron(proof_of(transaction), SET, recover_signer)
    assert "amount" not in found


@pytest.mark.parametrize(
    "result",
    [
        bytes_field(5, number_field(3, 2)),
        bytes_field(5, number_field(2, 1) + number_field(3, 1)),
        SUCCESS + bytes_field(5, number_field(3, 2)),
        b"",
    ],
    ids=["reverted", "failed", "two results", "no result"],
)
def test_a_failed_transaction_is_told_as_such(result: bytes) -> None:
    transaction = payment(31, TO_TOKEN + bytes_field(4, CALL), result)
    found = check_tron(proof_of(transaction), SET, recover_signer)
    assert found["success"] is False


def test_an_unknown_producer_is_refused() -> None:
    other = PrivateKey(sha256(b"EXERCISE other").digest())
    with pytest.raises(ValueError, match="stated witness"):
        check_tron(proof_of(TRX, other), SET, recover_signer)
    with pytest.raises(ValueError, match="stated witness"):
        check_tron(proof_of(TRX), {}, recover_signer)
    signer = other.public_key.to_canonical_address().hex()
    found = check_tron(proof_of(TRX, other), {WITNESS.hex(): signer}, recover_signer)
    assert found["witness"] == WITNESS.hex(), "a key named for the work"


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["transaction", "header", "witness_signature"]), st.data())
def test_a_turned_bit_is_found(part: str, data: st.DataObject) -> None:
    proof = proof_of(TRX)
    turned = bytearray.fromhex(proof[part])
    bit = data.draw(st.integers(0, 8 * len(turned) - 1))
    turned[bit // 8] ^= 1 << bit % 8
    if part == "witness_signature" and turned[64] in (27, 28):
        return  # another way to write the same point
    proof[part] = turned.hex()
    with pytest.raises(ValueError):
        check_tron(proof, SET, recover_signer)


def followers(proof: dict[str, Any], *secrets: PrivateKey) -> list[dict[str, str]]:
    """Build blocks on top of a proof's, one for each producer."""
    below, made = bytes.fromhex(proof["header"]), []
    for i, secret in enumerate(secrets, start=61132093):
        name = (i - 1).to_bytes(8, "big") + sha256(below).digest()[8:]
        account = secret.public_key.to_canonical_address()
        below = (
            number_field(1, 1714038858000)
            + bytes_field(3, name)
            + number_field(7, i)
            + bytes_field(9, b"A" + account)
        )
        signature = secret.sign_msg_hash(sha256(below).digest()).to_bytes()
        made.append({"header": below.hex(), "witness_signature": signature.hex()})
    return made


def test_producers_on_top_are_counted_once_each() -> None:
    more = [PrivateKey(sha256(b"EXERCISE %d" % i).digest()) for i in range(2)]
    accounts = [it.public_key.to_canonical_address().hex() for it in more]
    stated = SET | {account: account for account in accounts}
    proof = proof_of(TRX)
    proof["followers"] = followers(proof, more[0], PRODUCER, more[1], more[0])
    assert check_tron(proof, stated, recover_signer)["n_producers"] == 3
    with pytest.raises(ValueError, match="stated witness"):
        check_tron(proof, SET, recover_signer)
    del proof["followers"][1]
    with pytest.raises(ValueError, match="does not follow"):
        check_tron(proof, stated, recover_signer)


def test_too_many_signatures_are_not_tried() -> None:
    with pytest.raises(ValueError, match="signatures"):
        check_tron(proof_of(TRX + bytes_field(2, b"s") * 10), SET, recover_signer)


BROKEN: list[tuple[str, dict[str, Any]]] = [
    ("no transaction", {"transaction": None}),
    ("no hex", {"header": "zz"}),
    ("an empty header", {"header": ""}),
    ("a header that is a number", {"header": 5}),
    ("a branch of numbers", {"branch": [5]}),
    ("no branch", {"branch": None}),
    ("ten million bytes", {"transaction": "00" * 10**7}),
    ("a header of ten million bytes", {"header": "00" * 10**7}),
    ("no signature", {"witness_signature": ""}),
]


@pytest.mark.parametrize(
    "change", [row[1] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_a_broken_proof_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        check_tron(proof_of(TRX) | change, SET, recover_signer)


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=120))
def test_no_transaction_breaks_the_check(noise: bytes) -> None:
    with contextlib.suppress(ValueError):
        check_tron(proof_of(noise), SET, recover_signer)


def test_real_payments_are_told_as_the_other_reader_tells_them(
    real_data: Path,
) -> None:
    folder = real_data / "evm_tron" / "tron_api_json"
    block = json.loads((folder / "get_block_60836289.json").read_bytes())
    witness = tron.decode_address(
        block["block_header"]["raw_data"]["witness_address"]
    ).hex()
    n_by_owner = 0
    for i in range(0, len(block["transactions"]), 8):
        tx = block["transactions"][i]
        proof = tron_proof(block, i)
        found = check_tron(proof, {witness: witness}, recover_signer)
        action = read_action(bytes.fromhex(tx["raw_data_hex"]))
        assert found["txid"] == tx["txID"]
        assert found["block_hash"] == block["blockID"]
        assert found["kind"] == action.number
        assert found["success"]
        n_by_owner += found["signed_by"] == [action.owner.hex()]
        if found["kind"] in (1, 2):
            assert found["to"] == action.to.hex()
            assert found["amount"] == action.amount + action.asset_amount
    assert n_by_owner >= 15, "most accounts sign with their own key"


LIES = [
    ("a transaction left out", lambda block: block["transactions"].pop()),
    ("two that changed places", lambda block: block["transactions"].reverse()),
    ("a result turned", lambda block: block["transactions"][5].update(ret=[{}])),
    ("another name", lambda block: block.update(blockID="00" * 32)),
    ("ids in transactions' place", lambda block: block.update(transactions=["00"])),
    ("no list", lambda block: block.update(transactions={})),
    ("no signature", lambda block: block["block_header"].pop("witness_signature")),
]


@pytest.mark.parametrize("lie", [row[1] for row in LIES], ids=[row[0] for row in LIES])
def test_a_node_that_lies_gives_no_proof(
    real_data: Path, lie: Callable[[dict[str, Any]], object]
) -> None:
    path = real_data / "evm_tron" / "tron_api_json" / "get_block.json"
    block = json.loads(path.read_bytes())
    lie(block)
    with pytest.raises(BlockDataError):
        tron_proof(block, 0)
