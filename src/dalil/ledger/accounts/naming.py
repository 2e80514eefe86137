"""Accounts and hashes as their chains write them."""

from __future__ import annotations

import re

from dalil.chains import evm, tron
from dalil.errors import InputError

__all__ = [
    "check_chain",
    "read_account",
    "read_tx_hash",
    "write_account",
    "write_tx_hash",
]

_CHAIN = re.compile(r"eip155:[0-9]{1,32}|tron:0x[0-9a-f]{8}")
_HASH = re.compile(r"(?:0[xX])?([0-9a-fA-F]{64})")


def check_chain(chain: str) -> str:
    """Refuse what names no chain of accounts.

    Raises
    ------
    InputError
        If it is no CAIP-2 of an EVM chain or of TRON.
    """
    if not _CHAIN.fullmatch(chain):
        raise InputError("not a chain that keeps accounts", chain)
    return chain


def _on_tron(chain: str) -> bool:
    return chain.startswith("tron:")


def read_account(chain: str, text: str) -> bytes:
    """Read an address in any spelling of its chain; on TRON also as in call data.

    Raises
    ------
    AddressError
        If it is none.
    """
    if _on_tron(chain) and not re.fullmatch(r"0[xX][0-9a-fA-F]{40}", text):
        return tron.decode_address(text)
    return evm.decode_address(text)


def write_account(chain: str, key: bytes) -> str:
    """Write 20 bytes as their chain does: ``0x…`` with its checksum, or ``T…``."""
    return tron.encode_address(key) if _on_tron(chain) else evm.encode_address(key)


def read_tx_hash(text: str) -> bytes:
    """Read a hash of 64 hex digits, with or without ``0x``.

    Raises
    ------
    InputError
        If it is none.
    """
    match = _HASH.fullmatch(text)
    if match is None:
        raise InputError("a hash has 64 hex digits", text[:80])
    return bytes.fromhex(match[1])


def write_tx_hash(chain: str, raw: bytes) -> str:
    """Write a hash as its chain does: with ``0x``, or on TRON without."""
    return raw.hex() if _on_tron(chain) else "0x" + raw.hex()
