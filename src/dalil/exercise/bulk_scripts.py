"""Scripts, inputs and witnesses of bulk-made transactions, as bytes.

Signatures and keys are filler of the right size; output scripts are of their
types, with keys drawn from the address's number. A P2WSH output pays to the
script ``<number> OP_DROP OP_2DROP OP_1``, which anyone may spend with two
items: a chain of those alone is valid in full.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.scripts import ScriptType
from dalil.chains.bitcoin.sha256 import sha256_into
from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "guard_scripts",
    "mixed",
    "write_count",
    "write_input",
    "write_key",
    "write_script",
    "write_u32",
    "write_u64",
    "write_witness",
]

_P2PKH = int(ScriptType.P2PKH)
_P2SH = int(ScriptType.P2SH)
_P2WPKH = int(ScriptType.P2WPKH)
_P2WSH = int(ScriptType.P2WSH)
_P2TR = int(ScriptType.P2TR)
_SIGNATURE, _KEY = 72, 33
_GUARD = 12
_FILLER = 0x30
_MIX = np.uint64(0xD6E8FEB86659FD93)
_S32, _U8 = np.uint64(32), np.uint64(8)


@kernel
def mixed(number: int, salt: int) -> np.uint64:
    """Give 64 bits of a number; salts are 0 to 7."""
    z = np.uint64(number) * np.uint64(8) + np.uint64(salt) + np.uint64(1)
    z = (z ^ (z >> _S32)) * _MIX
    z = (z ^ (z >> _S32)) * _MIX
    return np.uint64(z ^ (z >> _S32))


@kernel
def write_u32(out: NDArray[np.uint8], at: int, value: int) -> int:
    """Write four bytes, lowest first; returns where they end."""
    out[at], out[at + 1] = np.uint8(value), np.uint8(value >> 8)
    out[at + 2], out[at + 3] = np.uint8(value >> 16), np.uint8(value >> 24)
    return at + 4


@kernel
def write_u64(out: NDArray[np.uint8], at: int, value: int) -> int:
    """Write eight bytes, lowest first; returns where they end."""
    return write_u32(out, write_u32(out, at, value), value >> 32)


@kernel
def write_count(out: NDArray[np.uint8], at: int, n: int) -> int:
    """Write a CompactSize below 65,536; returns where it ends."""
    if n < 253:
        out[at] = n
        return at + 1
    out[at], out[at + 1], out[at + 2] = 253, np.uint8(n), np.uint8(n >> 8)
    return at + 3


@kernel
def _fill(out: NDArray[np.uint8], at: int, size: int) -> int:
    for i in range(at, at + size):
        out[i] = _FILLER
    return at + size


@kernel
def write_key(out: NDArray[np.uint8], at: int, number: int, size: int) -> int:
    """Write an address's key, 20 or 32 bytes; returns where it ends."""
    for i in range(size >> 3):
        at = write_u64(out, at, np.int64(mixed(number, i)))
    if size & 7:
        at = write_u32(out, at, np.int64(mixed(number, 2) >> _S32))
    return at


@kernel
def _write_guard(out: NDArray[np.uint8], at: int, number: int) -> int:
    """Write the script a P2WSH output of this address commits to."""
    out[at] = 8
    write_u64(out, at + 1, number)
    out[at + 9], out[at + 10], out[at + 11] = 0x75, 0x6D, 0x51
    return at + _GUARD


@kernel
def write_script(out: NDArray[np.uint8], at: int, number: int, kind: int) -> int:
    """Write an output script behind its length."""
    if kind == _P2PKH:
        out[at], out[at + 1], out[at + 2], out[at + 3] = 25, 0x76, 0xA9, 20
        write_key(out, at + 4, number, 20)
        out[at + 24], out[at + 25] = 0x88, 0xAC
        return at + 26
    if kind == _P2SH:
        out[at], out[at + 1], out[at + 2] = 23, 0xA9, 20
        write_key(out, at + 3, number, 20)
        out[at + 23] = 0x87
        return at + 24
    if kind == _P2WPKH:
        out[at], out[at + 1], out[at + 2] = 22, 0, 20
        return write_key(out, at + 3, number, 20)
    out[at], out[at + 1], out[at + 2] = 34, 0x51 if kind == _P2TR else 0, 32
    if kind == _P2TR:
        return write_key(out, at + 3, number, 32)
    _write_guard(out, at + 3, number)
    sha256_into(out, at + 3, at + 3 + _GUARD, out[at + 3 : at + 35])
    return at + 35


@kernel
def write_input(
    out: NDArray[np.uint8], at: int, coins: NDArray[np.uint64], row: int
) -> int:
    """Write the input that spends a coin; returns where it ends."""
    for i in range(4):
        at = write_u64(out, at, np.int64(coins[row, i]))
    at = write_u32(out, at, np.int64(coins[row, 4] & np.uint64(0xFFFFFF)))
    kind = np.int64(coins[row, 5] & np.uint64(0xFF))
    if kind == _P2PKH:
        out[at], out[at + 1] = _SIGNATURE + _KEY + 2, _SIGNATURE
        at = _fill(out, at + 2, _SIGNATURE)
        out[at] = _KEY
        at = _fill(out, at + 1, _KEY)
    elif kind == _P2SH:
        out[at], out[at + 1], out[at + 2], out[at + 3] = 23, 22, 0, 20
        at = write_key(out, at + 4, np.int64(coins[row, 5] >> _U8), 20)
    else:
        out[at] = 0
        at += 1
    return write_u32(out, at, -1)


@kernel
def write_witness(
    out: NDArray[np.uint8], at: int, coins: NDArray[np.uint64], row: int, size: int
) -> int:
    """Write the witness of a coin, its first item of `size` bytes."""
    kind = np.int64(coins[row, 5] & np.uint64(0xFF))
    if kind == _P2PKH:
        out[at] = 0
        return at + 1
    out[at] = 1 if kind == _P2TR else 3 if kind == _P2WSH else 2
    at = write_count(out, at + 1, size)
    at = _fill(out, at, size)
    if kind == _P2TR:
        return at
    out[at] = _KEY
    at = _fill(out, at + 1, _KEY)
    if kind == _P2WSH:
        out[at] = _GUARD
        at = _write_guard(out, at + 1, np.int64(coins[row, 5] >> _U8))
    return at


@kernel
def guard_scripts(numbers: NDArray[np.int64], scripts: NDArray[np.uint8]) -> None:
    """Write the P2WSH output script of each address into `scripts` (n, 34)."""
    row = np.empty(64, np.uint8)
    for i in range(numbers.size):
        write_script(row, 0, numbers[i], _P2WSH)
        scripts[i] = row[1:35]
