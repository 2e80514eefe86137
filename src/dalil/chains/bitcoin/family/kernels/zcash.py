"""Zcash's transactions: the transparent part found, the shielded part skipped.

Versions 1 and 2 are Bitcoin's with JoinSplits behind; 3 and 4 (Overwinter,
Sapling) add a group id, an expiry height and Sapling's parts; 5 (ZIP 225) puts
the lock time first and Orchard's actions last. Sizes are the protocol
specification's (section 7.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.chains.bitcoin.txparts import BAD, TxParts, read_compact, skim_list
from dalil.kernels import lean
from dalil.words import load_u32

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "ACTION",
    "OUTPUT_V4",
    "OUTPUT_V5",
    "SPEND_V4",
    "SPEND_V5",
    "SPROUT_GROTH",
    "SPROUT_PHGR",
    "skim_zcash",
    "skip_many",
]

SPROUT_PHGR, SPROUT_GROTH = 1802, 1698
SPEND_V4, OUTPUT_V4 = 384, 948
SPEND_V5, OUTPUT_V5 = 96, 756
ACTION = 820
_PROOF, _SIGNATURE, _KEY, _AMOUNT = 192, 64, 32, 8
_OVERWINTER, _SAPLING, _V5 = 0x03C48270, 0x892F2085, 0x26A7270A


@lean
def skip_many(data: NDArray[np.uint8], at: int, end: int, each: int) -> tuple[int, int]:
    """Skip a counted row of things of one size; next position, how many."""
    n, pos = read_compact(data, at, end)
    if pos < 0 or n > (end - pos) // each:
        return -1, 0
    return pos + n * each, n


@lean
def _skip(at: int, size: int, end: int) -> int:
    return -1 if at < 0 or size > end - at else at + size


@lean
def _skip_joinsplits(data: NDArray[np.uint8], at: int, end: int, each: int) -> int:
    pos, n = skip_many(data, at, end, each)
    if pos < 0 or n == 0:
        return pos
    return _skip(pos, _KEY + _SIGNATURE, end)


@lean
def _skim_old(data: NDArray[np.uint8], at: int, end: int, version: int) -> TxParts:
    """Versions 1 to 4; the txid is of all their bytes."""
    inputs = at + 4 if version <= 2 else at + 8
    pos, n_in = skim_list(data, inputs, end, 36, 4)
    if pos < 0:
        return BAD
    lock_time, n_out = skim_list(data, pos, end, 8, 0)
    if lock_time < 0:
        return BAD
    pos = _skip(lock_time, 4 if version <= 2 else 8, end)
    hidden = 0
    if version == 4:
        pos = _skip(pos, _AMOUNT, end)
        pos, n_spends = skip_many(data, pos, end, SPEND_V4)
        pos, n_made = skip_many(data, pos, end, OUTPUT_V4)
        hidden = n_spends + n_made
    if version >= 2:
        each = SPROUT_GROTH if version == 4 else SPROUT_PHGR
        pos = _skip_joinsplits(data, pos, end, each)
    if hidden:
        pos = _skip(pos, _SIGNATURE, end)
    if pos < 0:
        return BAD
    return TxParts(pos, n_in, n_out, inputs, at + 4, pos, pos, lock_time)


@lean
def _skip_sapling_v5(data: NDArray[np.uint8], at: int, end: int) -> int:
    pos, n_spends = skip_many(data, at, end, SPEND_V5)
    pos, n_made = skip_many(data, pos, end, OUTPUT_V5)
    if pos < 0 or n_spends + n_made == 0:
        return pos
    size = _AMOUNT + (_KEY if n_spends else 0) + _SIGNATURE
    size += n_spends * (_PROOF + _SIGNATURE) + n_made * _PROOF
    return _skip(pos, size, end)


@lean
def _skip_orchard(data: NDArray[np.uint8], at: int, end: int) -> int:
    pos, n = skip_many(data, at, end, ACTION)
    if pos < 0 or n == 0:
        return pos
    pos = _skip(pos, 1 + _AMOUNT + _KEY, end)
    pos, _n_bytes = skip_many(data, pos, end, 1)
    return _skip(pos, (n + 1) * _SIGNATURE, end)


@lean
def _skim_v5(data: NDArray[np.uint8], at: int, end: int) -> TxParts:
    inputs = at + 20
    pos, n_in = skim_list(data, inputs, end, 36, 4)
    if pos < 0:
        return BAD
    pos, n_out = skim_list(data, pos, end, 8, 0)
    if pos < 0:
        return BAD
    pos = _skip_orchard(data, _skip_sapling_v5(data, pos, end), end)
    if pos < 0:
        return BAD
    return TxParts(pos, n_in, n_out, inputs, at + 4, pos, pos, at + 12)


@lean
def skim_zcash(data: NDArray[np.uint8], at: int, end: int) -> TxParts:
    """Walk one transaction; an unknown version or group is none."""
    if at + 8 > end:
        return BAD
    header, group = load_u32(data, at), load_u32(data, at + 4)
    version = header & 0x7FFF_FFFF
    if header == version:
        return _skim_old(data, at, end, version) if version in (1, 2) else BAD
    if (version == 3 and group == _OVERWINTER) or (version == 4 and group == _SAPLING):
        return _skim_old(data, at, end, version)
    if version == 5 and group == _V5:
        return _skim_v5(data, at, end)
    return BAD
