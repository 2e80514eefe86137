"""A TRON transaction as its block's tree holds it: what was signed, and the end.

The leaf is the whole transaction: the raw data whose hash is the id, the
signatures, and the result. So whether it succeeded is under the block's root;
the logs of what it called are not.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from dalil.chains.accounts import TxStatus
from dalil.chains.tron.proto import bytes_field, number_field
from dalil.errors import BlockDataError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["hex_bytes", "raw_data", "tx_leaf", "tx_status"]

_RESULTS = (
    "DEFAULT",
    "SUCCESS",
    "REVERT",
    "BAD_JUMP_DESTINATION",
    "OUT_OF_MEMORY",
    "PRECOMPILED_CONTRACT",
    "STACK_TOO_SMALL",
    "STACK_TOO_LARGE",
    "ILLEGAL_OPERATION",
    "STACK_OVERFLOW",
    "OUT_OF_ENERGY",
    "OUT_OF_TIME",
    "JVM_STACK_OVER_FLOW",
    "UNKNOWN",
    "TRANSFER_FAILED",
    "INVALID_CODE",
)
"""What became of a call, by number in TRON's protocol."""
_CODES = {"SUCESS": 0, "FAILED": 1}
"""Spelt as the protocol spells it."""
_MAX_HEX = 8_000_000
_MAX_SIGNATURES = 100


def raw_data(tx: Mapping[str, Any]) -> bytes:
    """Return the bytes that were signed, checked against the transaction's id.

    Parameters
    ----------
    tx : mapping
        As a node prints it, with ``raw_data_hex`` and ``txID``.

    Raises
    ------
    BlockDataError
        If either is missing or not hex, or the id is not the bytes' SHA-256.
    """
    raw = hex_bytes(tx, "raw_data_hex")
    if sha256(raw).digest() != hex_bytes(tx, "txID"):
        raise BlockDataError("a transaction whose id is not its hash", tx["txID"][:64])
    return raw


def tx_leaf(tx: Mapping[str, Any]) -> bytes:
    """Serialise a transaction with its signatures and result.

    Parameters
    ----------
    tx : mapping
        As ``wallet/getblockbynum`` prints it. Other calls add fields to the
        result that its block does not hold; only the root tells.

    Raises
    ------
    BlockDataError
        As `raw_data`; or if a result has a field that cannot be laid out.
    """
    signatures, results = tx.get("signature", []), tx.get("ret", [])
    if not isinstance(signatures, list) or len(signatures) > _MAX_SIGNATURES:
        raise BlockDataError("a transaction without a list of signatures")
    if not isinstance(results, list) or len(results) > 1:
        raise BlockDataError("a transaction with several results")
    signed = [hex_bytes({"signature": it}, "signature") for it in signatures]
    return b"".join(
        [
            bytes_field(1, raw_data(tx)),
            *(bytes_field(2, signature) for signature in signed),
            *(bytes_field(5, _result(result)) for result in results),
        ]
    )


def tx_status(tx: Mapping[str, Any]) -> TxStatus:
    """Tell whether a transaction took effect, from its result in the block.

    Raises
    ------
    BlockDataError
        If the result is of no known name.
    """
    for result in tx.get("ret") or []:
        _result(result)
        if result.get("contractRet", "SUCCESS") not in ("SUCCESS", "DEFAULT"):
            return TxStatus.FAILED
        if result.get("ret", "SUCESS") != "SUCESS":
            return TxStatus.FAILED
    return TxStatus.DONE


def hex_bytes(fields: Mapping[str, Any], name: str) -> bytes:
    """Read a field in hex.

    Raises
    ------
    BlockDataError
        If it is missing, not hex, or longer than any block.
    """
    text = fields.get(name)
    if not isinstance(text, str) or len(text) > _MAX_HEX:
        raise BlockDataError(f"no `{name}` in hex")
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise BlockDataError(f"`{name}` is not hex", text[:40]) from None


def _result(result: object) -> bytes:
    if not isinstance(result, dict) or result.keys() - {"fee", "ret", "contractRet"}:
        raise BlockDataError("a result with fields that no block holds")
    fee, code = result.get("fee", 0), result.get("ret", "SUCESS")
    outcome = result.get("contractRet", "DEFAULT")
    if type(fee) is not int or not 0 <= fee < 1 << 63:
        raise BlockDataError("a fee that is no number")
    if code not in _CODES or outcome not in _RESULTS:
        raise BlockDataError("a result of no known name", str(outcome)[:40])
    return (
        number_field(1, fee)
        + number_field(2, _CODES[code])
        + number_field(3, _RESULTS.index(outcome))
    )
