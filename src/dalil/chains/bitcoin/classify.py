"""Output scripts for kernels: the type, and the 32-byte key of its address.

The key of an address is what the ledger interns: the 20- or 32-byte hash the
script pays to, padded with zeros, or SHA-256 of the whole script where that
is longer or not fixed in length (bare keys, future witness programs). Bare
keys are never folded into the P2PKH address of the same key: they are two
scripts, and who folds them makes a claim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.family.kernels.outputs import kind_there, token_bytes
from dalil.chains.bitcoin.forms import BITCOIN, BITCOIN_CASH
from dalil.chains.bitcoin.scripts import ScriptType
from dalil.chains.bitcoin.sha256 import sha256_into
from dalil.kernels import kernel, lean
from dalil.words import copy_32, load_u32, load_u64, store_u64

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LONG_SCRIPT_BYTES", "classify_scripts", "script_key", "script_type"]

LONG_SCRIPT_BYTES = 67
"""The longest script that has an address: a 65-byte bare key."""

_NONSTANDARD = int(ScriptType.NONSTANDARD)
_P2PK = int(ScriptType.P2PK)
_P2PKH = int(ScriptType.P2PKH)
_P2SH = int(ScriptType.P2SH)
_P2WPKH = int(ScriptType.P2WPKH)
_P2WSH = int(ScriptType.P2WSH)
_P2TR = int(ScriptType.P2TR)
_WITNESS_UNKNOWN = int(ScriptType.WITNESS_UNKNOWN)
_MULTISIG = int(ScriptType.MULTISIG)
_OP_RETURN = int(ScriptType.OP_RETURN)
_P2SH32 = int(ScriptType.P2SH32)


@lean
def _is_key(data: NDArray[np.uint8], at: int, size: int) -> bool:
    lead = data[at]
    if size == 33:
        return lead in (2, 3)
    return size == 65 and lead in (4, 6, 7)


@lean
def _is_multisig(data: NDArray[np.uint8], at: int, size: int) -> bool:
    """OP_m, n keys, OP_n, OP_CHECKMULTISIG with 1 <= m <= n <= 16."""
    if size < 37 or data[at + size - 1] != 0xAE:
        return False
    m, n = np.int64(data[at]) - 0x50, np.int64(data[at + size - 2]) - 0x50
    if not 1 <= m <= n <= 16:
        return False
    pos, last, keys = at + 1, at + size - 2, 0
    while pos < last:
        length = np.int64(data[pos])
        if pos + 1 + length > last or not _is_key(data, pos + 1, length):
            return False
        pos += 1 + length
        keys += 1
    return keys == n


@lean
def _witness_type(data: NDArray[np.uint8], at: int, size: int) -> int:
    program = size - 2
    if data[at] == 0:
        if program == 20:
            return _P2WPKH
        return _P2WSH if program == 32 else _NONSTANDARD
    return _P2TR if data[at] == 0x51 and program == 32 else _WITNESS_UNKNOWN


@lean
def script_type(data: NDArray[np.uint8], at: int, size: int) -> int:
    """Tell the `ScriptType` of the script at ``data[at:at + size]``."""
    if size == 0:
        return _NONSTANDARD
    first = data[at]
    if first == 0x6A:
        return _OP_RETURN
    if (
        size == 25
        and load_u32(data, at) & 0xFF_FFFF == 0x14_A976
        and load_u32(data, at + 21) >> 16 == 0xAC88
    ):
        return _P2PKH
    if size == 23 and first == 0xA9 and data[at + 1] == 20 and data[at + 22] == 0x87:
        return _P2SH
    if (
        4 <= size <= 42
        and (first == 0 or 0x51 <= first <= 0x60)
        and data[at + 1] == size - 2
    ):
        return _witness_type(data, at, size)
    if (
        size in (35, 67)
        and first == size - 2
        and data[at + size - 1] == 0xAC
        and _is_key(data, at + 1, size - 2)
    ):
        return _P2PK
    return _MULTISIG if _is_multisig(data, at, size) else _NONSTANDARD


@lean
def _write_key(
    keys: NDArray[np.uint8], row: int, words: tuple[int, int, int, int]
) -> None:
    for i in range(4):
        store_u64(keys, 32 * row + 8 * i, words[i])


@lean
def script_key(
    data: NDArray[np.uint8],
    at: int,
    size: int,
    kind: int,
    keys: NDArray[np.uint8],
    row: int = 0,
) -> None:
    """Write the address key of a script of type `kind` into row `row` of `keys`.

    `keys` is (n, 32) uint8, or (32,) for one key; contiguous.
    """
    if kind in (_P2PKH, _P2SH, _P2WPKH):
        place = at + (3 if kind == _P2PKH else 2)
        first, second = load_u64(data, place), load_u64(data, place + 8)
        _write_key(keys, row, (first, second, load_u32(data, place + 16), 0))
    elif kind in (_P2WSH, _P2TR, _P2SH32):
        copy_32(keys, 32 * row, data, at + 2)
    elif kind in (_P2PK, _WITNESS_UNKNOWN):
        sha256_into(data, at, at + size, keys, row)
    else:
        _write_key(keys, row, (0, 0, 0, 0))


@kernel
def classify_scripts(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    types: NDArray[np.uint8],
    keys: NDArray[np.uint8],
    form: int = BITCOIN,
) -> None:
    """Fill types (n,) and keys (n, 32) for scripts; negative size: unknown.

    `form` is the format of the chain they are of, see `forms`.
    """
    for i in range(starts.size):
        if sizes[i] < 0:
            types[i] = 255
            continue
        at, size = starts[i], sizes[i]
        if form == BITCOIN_CASH:
            skip = token_bytes(data, at, size)
            at, size = at + skip, size - skip
        kind = script_type(data, at, size)
        if form != BITCOIN:
            kind = kind_there(data, at, size, kind, form)
        types[i] = kind
        script_key(data, at, size, kind, keys, i)
