"""How things on a ledger are named on paper: txids and outpoints.

Inside Dalil a txid is its 32 bytes in the order they are hashed; on paper,
in JSON and on the command line it is the usual reversed hex.
"""

from __future__ import annotations

import re

from dalil.errors import InputError

__all__ = ["format_outpoint", "format_txid", "parse_outpoint", "parse_txid"]

_TXID = re.compile(r"[0-9a-fA-F]{64}")
_OUTPOINT = re.compile(r"([0-9a-fA-F]{64}):(0|[1-9][0-9]{0,9})")


def format_txid(raw: bytes) -> str:
    r"""Name 32 hash-order bytes as reversed hex.

    >>> format_txid(bytes(31) + b"\x01")[:4]
    '0100'
    """
    return raw[::-1].hex()


def parse_txid(text: str) -> bytes:
    """Read reversed hex into 32 hash-order bytes.

    Raises
    ------
    InputError
        If `text` is not 64 hex digits.
    """
    if not _TXID.fullmatch(text):
        raise InputError("not a txid (64 hex digits)", text)
    return bytes.fromhex(text)[::-1]


def format_outpoint(txid: bytes, index: int) -> str:
    """Name one output as ``txid:index``."""
    return f"{format_txid(txid)}:{index}"


def parse_outpoint(text: str) -> tuple[bytes, int]:
    """Read ``txid:index`` into hash-order bytes and the output's index.

    Raises
    ------
    InputError
        If `text` has another form, or the index exceeds 32 bits.
    """
    match = _OUTPOINT.fullmatch(text)
    if match is None or int(match[2]) > 0xFFFF_FFFF:
        raise InputError("not an outpoint (txid:index)", text)
    return parse_txid(match[1]), int(match[2])
