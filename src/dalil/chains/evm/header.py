"""Headers of Ethereum's blocks: from what a node prints to the block's hash.

The schema of ethereum-etl leaves out ``mixHash``, so no block's hash can be
re-computed from its files; a node's answer holds every field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import rlp

from dalil.chains.evm.address import keccak256
from dalil.chains.evm.plain import rlp_decode
from dalil.errors import BlockDataError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EvmHeader", "block_hash", "header_rlp", "read_evm_header"]

_MAX_TEXT = 10_000
_FIELDS = (
    ("parentHash", 32),
    ("sha3Uncles", 32),
    ("miner", 20),
    ("stateRoot", 32),
    ("transactionsRoot", 32),
    ("receiptsRoot", 32),
    ("logsBloom", 256),
    ("difficulty", 0),
    ("number", 0),
    ("gasLimit", 0),
    ("gasUsed", 0),
    ("timestamp", 0),
    ("extraData", -1),
    ("mixHash", 32),
    ("nonce", 8),
    ("baseFeePerGas", 0),
    ("withdrawalsRoot", 32),
    ("blobGasUsed", 0),
    ("excessBlobGas", 0),
    ("parentBeaconBlockRoot", 32),
    ("requestsHash", 32),
)
"""In order, and each one's size in bytes: 0 a number, -1 any. From the sixteenth
on they came one upgrade after another, and none without those before it."""
_N_FIRST = 15


class EvmHeader(NamedTuple):
    """What of a header is needed here."""

    number: int
    time: int
    """Unix seconds."""
    parent: bytes
    transactions_root: bytes
    receipts_root: bytes


def header_rlp(block: Mapping[str, Any]) -> bytes:
    """Encode a header from a node's answer (``eth_getBlockByNumber``).

    Raises
    ------
    BlockDataError
        If a field is missing, not hex, of another size, or one of a later
        upgrade than these. Compare the hash with the node's: it decides.
    """
    n_fields = sum(block.get(name) is not None for name, _ in _FIELDS)
    if n_fields < _N_FIRST:
        raise BlockDataError("a header with fields missing", n_fields)
    wanted = _FIELDS[:n_fields]
    return bytes(rlp.encode([_field(block, name, size) for name, size in wanted]))


def block_hash(header: bytes) -> bytes:
    """Hash an encoded header into the block's name."""
    return keccak256(header)


def read_evm_header(header: bytes) -> EvmHeader:
    """Read an encoded header.

    Raises
    ------
    BlockDataError
        If it is not RLP of as many fields, or one has another size.
    """
    try:
        fields = rlp_decode(header)
    except ValueError as error:
        raise BlockDataError(str(error)) from None
    if isinstance(fields, bytes) or not _N_FIRST <= len(fields) <= len(_FIELDS):
        raise BlockDataError("not the header of a block")
    for field, (name, size) in zip(fields, _FIELDS, strict=False):
        fits = isinstance(field, bytes) and len(field) == (size or min(len(field), 32))
        if not fits and size != -1:
            raise BlockDataError(f"a header whose `{name}` has another size")
    number, time = (int.from_bytes(fields[i], "big") for i in (8, 11))
    return EvmHeader(number, time, fields[0], fields[4], fields[5])


def _field(block: Mapping[str, Any], name: str, size: int) -> int | bytes:
    text = block.get(name)
    if not isinstance(text, str) or not text.startswith("0x") or len(text) > _MAX_TEXT:
        raise BlockDataError(f"no `{name}` in hex")
    try:
        if size == 0:
            return int(text, 16)
        value = bytes.fromhex(text[2:])
    except ValueError:
        raise BlockDataError(f"`{name}` is not hex", text[:40]) from None
    if size not in (-1, len(value)):
        raise BlockDataError(f"`{name}` has another size", len(value))
    return value
