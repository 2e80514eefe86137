"""Transactions and block headers as TRON's protocol writes and hashes them.

Ids, Merkle roots and the producer's signatures are real, so whoever checks
proofs finds them to hold; transactions' own signatures are filler. This is
written apart from the code that reads blocks, so that each judges the other.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from dalil.chains.evm import keccak256
from dalil.chains.tron.proto import bytes_field, number_field
from dalil.exercise.keys import KeyRing, Signer, public_point

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "BlockHeader",
    "Call",
    "Producer",
    "call_data",
    "filler",
    "leaf_of",
    "raw_transaction",
]

_NUMBER = {
    "AccountCreateContract": 0,
    "TransferContract": 1,
    "DelegateResourceContract": 57,
}
_TRIGGER = 31
_TYPES = "type.googleapis.com/protocol."
_VERSION = 29
_FEE_LIMIT = 50_000_000
_SUCCESS, _REVERT = 1, 2
_ENERGY = 1
_MINUTE_MS = 60_000


class Call(NamedTuple):
    """What a transaction asked for."""

    name: str
    """As TRON names its contract types, or a Solidity signature."""
    target: bytes
    """The contract called, or who is paid, opened or lent to."""
    values: tuple[int | bytes, ...] = ()


class BlockHeader(NamedTuple):
    """A header, sealed."""

    block_id: bytes
    tx_root: bytes
    witness: bytes
    """20 bytes: who produced the block."""
    signature: bytes


class Producer:
    """The one producer of an exercise's blocks; its key is no secret."""

    def __init__(self, name: str) -> None:
        seed = b"accounts " + name.encode()
        self._secret, _ = KeyRing(seed)[0]
        self._signer = Signer(seed)
        self.address = keccak256(public_point(self._secret))[12:]

    def seal(
        self, number: int, time_utc: int, parent: bytes, leaves: Sequence[bytes]
    ) -> BlockHeader:
        """Close a block over its transactions' leaves."""
        root = _merkle_root(leaves)
        raw = b"".join(
            (
                number_field(1, time_utc * 1000),
                bytes_field(2, root),
                bytes_field(3, parent),
                number_field(7, number),
                bytes_field(9, b"\x41" + self.address),
                number_field(10, _VERSION),
            )
        )
        digest = sha256(raw).digest()
        block_id = number.to_bytes(8, "big") + digest[8:]
        signature = self._signer.recoverable(self._secret, digest)
        return BlockHeader(block_id, root, self.address, signature)


def raw_transaction(
    nth: int, time_utc: int, parent: bytes, sender: bytes, call: Call
) -> bytes:
    """Write what a transaction's id is the hash of; `nth` sets it apart."""
    time_ms = time_utc * 1000 + nth
    owner = bytes_field(1, b"\x41" + sender)
    target = b"\x41" + call.target
    limit = b""
    if call.name == "TransferContract":
        inside = owner + bytes_field(2, target) + _amount(call)
    elif call.name == "AccountCreateContract":
        inside = owner + bytes_field(2, target)
    elif call.name == "DelegateResourceContract":
        inside = owner + number_field(2, _ENERGY) + _amount(call)
        inside += bytes_field(4, target)
    else:
        inside = owner + bytes_field(2, target) + bytes_field(4, call_data(call))
        limit = number_field(18, _FEE_LIMIT)
    kind = call.name if call.name in _NUMBER else "TriggerSmartContract"
    parameter = bytes_field(1, (_TYPES + kind).encode()) + bytes_field(2, inside)
    contract = number_field(1, _NUMBER.get(call.name, _TRIGGER))
    return b"".join(
        (
            bytes_field(1, parent[6:8]),
            bytes_field(4, parent[8:16]),
            number_field(8, time_ms + _MINUTE_MS),
            bytes_field(11, contract + bytes_field(2, parameter)),
            number_field(14, time_ms),
            limit,
        )
    )


def _amount(call: Call) -> bytes:
    [amount] = call.values
    assert isinstance(amount, int)
    return number_field(3, amount)


def call_data(call: Call) -> bytes:
    """Write a contract call's data: selector, then a word for each value.

    A byte string that is neither an address nor a word stands for the name of
    a call with one address behind it, itself call data: a multisig wallet's.
    """
    selector = keccak256(call.name.encode())[:4]
    if call.name.startswith("submitTransaction"):
        token, name, account = call.values
        assert isinstance(token, bytes)
        assert isinstance(name, bytes)
        assert isinstance(account, bytes)
        inner = keccak256(name)[:4] + _word(account)
        head = _word(token) + _word(0) + _word(96) + _word(len(inner))
        return selector + head + inner + bytes(-len(inner) % 32)
    return selector + b"".join(_word(value) for value in call.values)


def _word(value: int | bytes) -> bytes:
    return (
        value.to_bytes(32, "big") if isinstance(value, int) else value.rjust(32, b"\0")
    )


def leaf_of(raw: bytes, name: bytes, *, done: bool) -> bytes:
    """Hash a whole transaction, signature and result included."""
    result = number_field(3, _SUCCESS if done else _REVERT)
    whole = bytes_field(1, raw) + bytes_field(2, filler(name)) + bytes_field(5, result)
    return sha256(whole).digest()


def filler(name: bytes) -> bytes:
    """Give 65 bytes in a signature's place; they sign nothing."""
    return name + name + b"\0"


def _merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Fold leaves by twos; the odd one out goes up as it is."""
    level = list(leaves)
    if not level:
        return bytes(32)
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [
            sha256(pair[0] + pair[1]).digest() if len(pair) == 2 else pair[0]
            for pair in pairs
        ]
    return level[0]
