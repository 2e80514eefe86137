"""Bitcoin Cash's tokens: the prefix before an output's script, read (CHIP-2022-02)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dalil.chains.bitcoin.family.kernels.outputs import token_bytes
from dalil.chains.bitcoin.txparts import read_compact

__all__ = ["Token", "split_token"]

_HEAD = 34
_COMMITMENT, _NFT, _AMOUNT = 0x40, 0x20, 0x10
_CAPABILITIES = ("none", "mutable", "minting")


@dataclass(frozen=True, slots=True)
class Token:
    """What an output holds besides its money."""

    category: bytes
    """(32 bytes, hash order) the transaction id that the category is named by."""
    amount: int
    """Fungible units; 0 where it holds none."""
    capability: str | None
    """``none``, ``mutable`` or ``minting`` of a token of one; None without one."""
    commitment: bytes
    """What a token of one is bound to; may be empty."""


def split_token(script: bytes) -> tuple[Token | None, bytes]:
    r"""Split an output's field into its token, if any, and the script behind it.

    A prefix that breaks the rules is none, as in the ledger.

    Examples
    --------
    >>> field = b"\xef" + bytes(32) + b"\x10\x05" + b"\x51"
    >>> token, script = split_token(field)
    >>> token.amount, script
    (5, b'Q')
    """
    data = np.frombuffer(script, np.uint8)
    size = int(token_bytes(data, 0, data.size))
    if size == 0:
        return None, script
    holds, at = script[_HEAD - 1], _HEAD
    commitment, amount = b"", 0
    if holds & _COMMITMENT:
        length, at = read_compact(data, at, size)
        commitment, at = script[at : at + length], at + length
    if holds & _AMOUNT:
        raw = script[at:size]
        amount = int.from_bytes(raw if len(raw) == 1 else raw[1:], "little")
    capability = _CAPABILITIES[holds & 0x0F] if holds & _NFT else None
    return Token(script[1:33], amount, capability, commitment), script[size:]
