"""TRON's block headers: from what a node prints to the hash that names a block."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from dalil.chains.tron.address import decode_address
from dalil.chains.tron.proto import bytes_field, number_field, one_of_each
from dalil.chains.tron.transaction import hex_bytes
from dalil.errors import AddressError, BlockDataError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TronHeader", "block_id", "header_raw", "read_header"]

_NUMBERS = {"timestamp": 1, "number": 7, "witness_id": 8, "version": 10}
_HASHES = {"txTrieRoot": 2, "parentHash": 3, "accountStateRoot": 11}
_WITNESS = 9


class TronHeader(NamedTuple):
    """A block's header without its signature."""

    number: int
    time_ms: int
    """Unix milliseconds; blocks are due every three seconds."""
    tx_root: bytes
    parent: bytes
    witness: bytes
    """20 bytes: the account that the block says produced it."""


def header_raw(block: Mapping[str, Any]) -> bytes:
    """Lay out a header as it is hashed and signed.

    Parameters
    ----------
    block : mapping
        As a node prints it; the witness in base58 or in hex.

    Raises
    ------
    BlockDataError
        If a field is missing, not of its kind, or one whose place is not known:
        the hash would be another.
    """
    printed = block.get("block_header")
    fields = printed.get("raw_data") if isinstance(printed, dict) else None
    if not isinstance(fields, dict):
        raise BlockDataError("a block without a header")
    laid_out = {}
    for name, value in fields.items():
        if name in _NUMBERS:
            if type(value) is not int or not 0 <= value < 1 << 63:
                raise BlockDataError(f"`{name}` is no number")
            laid_out[_NUMBERS[name]] = number_field(_NUMBERS[name], value)
        elif name in _HASHES:
            laid_out[_HASHES[name]] = bytes_field(
                _HASHES[name], hex_bytes(fields, name)
            )
        elif name == "witness_address":
            laid_out[_WITNESS] = bytes_field(_WITNESS, b"\x41" + _account(value))
        else:
            raise BlockDataError("a header with a field not known here", name[:40])
    raw = b"".join(laid_out[number] for number in sorted(laid_out))
    read_header(raw)
    return raw


def read_header(raw: bytes) -> TronHeader:
    """Read a header's bytes.

    Raises
    ------
    BlockDataError
        If they are cut short or lack a field that every header has.

    LimitError
        If they are longer than a block.
    """
    fields = one_of_each(raw)
    number, time, root = fields.get(7, 0), fields.get(1, 0), fields.get(2, bytes(32))
    parent, witness = fields.get(3), fields.get(_WITNESS)
    if not isinstance(number, int) or not isinstance(time, int):
        raise BlockDataError("a header without its number or time")
    if number >> 63 or time >> 63:
        raise BlockDataError("a header with a number below 0")
    if not isinstance(root, bytes) or not isinstance(parent, bytes):
        raise BlockDataError("a header without its hashes")
    if len(root) != 32 or len(parent) != 32:
        raise BlockDataError("a header whose hashes are not 32 bytes")
    if not isinstance(witness, bytes) or len(witness) != 21 or witness[:1] != b"\x41":
        raise BlockDataError("a header without its producer")
    return TronHeader(number, time, root, parent, witness[1:])


def block_id(raw: bytes) -> bytes:
    """Name a block: its number in 8 bytes, and the last 24 of its header's hash.

    Raises
    ------
    BlockDataError, LimitError
        As `read_header`.
    """
    number = read_header(raw).number
    return number.to_bytes(8, "big") + sha256(raw).digest()[8:]


def _account(value: object) -> bytes:
    try:
        return decode_address(value if isinstance(value, str) else "")
    except AddressError:
        raise BlockDataError("a header whose producer is no address") from None
