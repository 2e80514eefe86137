"""What an output script is on a chain where it is not what it is on Bitcoin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.forms import BITCOIN_CASH, LITECOIN
from dalil.chains.bitcoin.scripts import ScriptType
from dalil.chains.bitcoin.txparts import read_compact
from dalil.kernels import lean

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TOKEN_PREFIX", "kind_there", "token_bytes"]

TOKEN_PREFIX = 0xEF
_RESERVED, _COMMITMENT, _NFT, _AMOUNT = 0x80, 0x40, 0x20, 0x10
_HEAD = 34
"""The prefix's byte, the token's category, and what it holds."""

_NONSTANDARD = int(ScriptType.NONSTANDARD)
_FIRST_WITNESS = int(ScriptType.P2WPKH)
_WITNESS_UNKNOWN = int(ScriptType.WITNESS_UNKNOWN)
_P2SH32 = int(ScriptType.P2SH32)
_PEGIN = int(ScriptType.MWEB_PEGIN)
_HOGADDR = int(ScriptType.MWEB_HOGADDR)


@lean
def _amount_end(data: NDArray[np.uint8], at: int, end: int) -> int:
    """Where a token amount ends, 1 to 2**63 - 1 in its shortest form; or -1."""
    if at < end and data[at] == 0xFF:
        if at + 9 > end or data[at + 8] > 0x7F:
            return -1
        high = 0
        for i in range(at + 5, at + 9):
            high |= np.int64(data[i])
        return at + 9 if high else -1
    value, pos = read_compact(data, at, end)
    return pos if value else -1


@lean
def token_bytes(data: NDArray[np.uint8], at: int, size: int) -> int:
    """Count the bytes of a Bitcoin Cash token prefix before a script; 0 if none.

    A prefix that breaks a rule of CHIP-2022-02 is none: the whole is then a
    script that nobody can spend, as nodes before the tokens read it.
    """
    end = at + size
    if size < _HEAD or data[at] != TOKEN_PREFIX:
        return 0
    holds = data[at + _HEAD - 1]
    capability, pos = holds & 0x0F, at + _HEAD
    if holds & _RESERVED or capability > 2 or not holds & (_NFT | _AMOUNT):
        return 0
    if not holds & _NFT and (capability or holds & _COMMITMENT):
        return 0
    if holds & _COMMITMENT:
        length, pos = read_compact(data, pos, end)
        if pos < 0 or length == 0 or length > end - pos:
            return 0
        pos += length
    if holds & _AMOUNT:
        pos = _amount_end(data, pos, end)
    return 0 if pos < 0 else pos - at


@lean
def kind_there(
    data: NDArray[np.uint8], at: int, size: int, kind: int, form: int
) -> int:
    """Tell the `ScriptType` on a relative's chain of what is `kind` on Bitcoin."""
    if form == LITECOIN:
        if kind == _WITNESS_UNKNOWN and size == 34:
            if data[at] == 0x59:
                return _PEGIN
            if data[at] == 0x58:
                return _HOGADDR
        return kind
    if _FIRST_WITNESS <= kind <= _WITNESS_UNKNOWN:
        return _NONSTANDARD
    if (
        form == BITCOIN_CASH
        and size == 35
        and data[at] == 0xAA
        and data[at + 1] == 32
        and data[at + 34] == 0x87
    ):
        return _P2SH32
    return kind
