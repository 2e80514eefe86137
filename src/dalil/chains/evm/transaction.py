"""Ethereum's transactions as their block's trie holds them, from a node's JSON.

Encoded again, a transaction's hash is its id: a node that leaves out or changes
anything that was signed is found out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rlp

from dalil.chains.evm.address import keccak256
from dalil.chains.evm.hexfields import hex_bytes, hex_number
from dalil.errors import BlockDataError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["transaction_rlp"]

_MAX_ITEMS = 20_000
_CALL = ("to", "value", "input")
_SIGNED = ("yParity", "r", "s")
_FEES = ("maxPriorityFeePerGas", "maxFeePerGas", "gas")
_FIELDS = (
    ("nonce", "gasPrice", "gas", *_CALL, "v", "r", "s"),
    ("chainId", "nonce", "gasPrice", "gas", *_CALL, "accessList", *_SIGNED),
    ("chainId", "nonce", *_FEES, *_CALL, "accessList", *_SIGNED),
    ("chainId", "nonce", *_FEES, *_CALL, "accessList", "maxFeePerBlobGas",
     "blobVersionedHashes", *_SIGNED),
    ("chainId", "nonce", *_FEES, *_CALL, "accessList", "authorizationList", *_SIGNED),
)  # fmt: skip
"""By type: legacy, EIP-2930, EIP-1559, EIP-4844, EIP-7702."""
_AUTHORIZATION = ("chainId", "address", "nonce", *_SIGNED)
_BYTES = frozenset({"to", "input", "address"})


def transaction_rlp(tx: Mapping[str, Any]) -> bytes:
    """Encode a transaction from a node's answer, checked against its hash.

    Parameters
    ----------
    tx : mapping
        As ``eth_getBlockByNumber`` gives whole transactions.

    Raises
    ------
    BlockDataError
        If a field is missing or not hex, the type is not known, or the bytes
        do not hash to the id.
    """
    kind = hex_number(tx.get("type", "0x0"))
    if kind >= len(_FIELDS):
        raise BlockDataError("a transaction of a type not known here", kind)
    body = bytes(rlp.encode([_field(tx, name) for name in _FIELDS[kind]]))
    encoded = (bytes([kind]) if kind else b"") + body
    if keccak256(encoded) != hex_bytes(tx.get("hash")):
        raise BlockDataError("a transaction whose id is not its hash", tx["hash"][:66])
    return encoded


def _field(tx: Mapping[str, Any], name: str) -> int | bytes | list[Any]:
    value = tx.get(name)
    if name == "yParity" and value is None:
        value = tx.get("v")
    if name == "to" and value is None:
        return b""  # makes a contract
    if name in _BYTES:
        return hex_bytes(value)
    if name == "accessList":
        return [
            [
                hex_bytes(it.get("address")),
                [hex_bytes(key) for key in _list(it, "storageKeys")],
            ]
            for it in _list(tx, name)
        ]
    if name == "blobVersionedHashes":
        return [hex_bytes(it) for it in _list(tx, name)]
    if name == "authorizationList":
        return [[_field(it, part) for part in _AUTHORIZATION] for it in _list(tx, name)]
    return hex_number(value)


def _list(fields: Mapping[str, Any], name: str) -> list[Any]:
    found = fields.get(name)
    if not isinstance(found, list) or len(found) > _MAX_ITEMS:
        raise BlockDataError(f"no list of `{name}`, or one too long")
    flat = name in ("storageKeys", "blobVersionedHashes")
    if not flat and not all(isinstance(item, dict) for item in found):
        raise BlockDataError(f"`{name}` holds something else")
    return found
