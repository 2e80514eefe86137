"""Receipts of Ethereum's transactions: what a block's receipts root is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import rlp

from dalil.chains.evm.address import keccak256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dalil.chains.evm.events import Log

__all__ = ["Receipt", "bloom_of", "encode_receipt"]

_TYPES = range(5)
"""Legacy, access list, fee market, blobs, and code for accounts."""


class Receipt(NamedTuple):
    """What became of a transaction."""

    type: int
    """Of the transaction, 0 to 4 (EIP-2718)."""
    status: int | bytes
    """1 took effect, 0 failed; before October 2017 the state's root, 32 bytes,
    which tells neither."""
    gas_so_far: int
    """Used in the block up to and with this transaction."""
    logs: Sequence[Log]


def encode_receipt(receipt: Receipt) -> bytes:
    """Encode a receipt as it stands in the trie.

    Raises
    ------
    ValueError
        If its type is not known, or a status is neither 0, 1 nor a root.
    """
    status = receipt.status
    if receipt.type not in _TYPES:
        raise ValueError("a receipt of a type not known here")
    if isinstance(status, bytes) and len(status) != 32:
        raise ValueError("a state root that is not 32 bytes")
    if isinstance(status, int) and status not in (0, 1):
        raise ValueError("a status that is neither 0 nor 1")
    logs = [[log.address, list(log.topics), log.data] for log in receipt.logs]
    fields = [status, receipt.gas_so_far, bloom_of(receipt.logs), logs]
    prefix = bytes([receipt.type]) if receipt.type else b""
    return prefix + bytes(rlp.encode(fields))


def bloom_of(logs: Sequence[Log]) -> bytes:
    """Set three of 2,048 bits for each address and topic, as receipts carry.

    >>> bloom_of([]) == bytes(256)
    True
    """
    bits = 0
    for log in logs:
        for word in (log.address, *log.topics):
            digest = keccak256(bytes(word))
            for i in (0, 2, 4):
                bits |= 1 << (int.from_bytes(digest[i : i + 2], "big") & 2047)
    return bits.to_bytes(256, "big")
