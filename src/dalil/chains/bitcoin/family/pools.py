"""What a transaction moves between plain sight and a pool that hides amounts.

Zcash's shielded pools and Dash's credit pool state their balance openly in the
transaction, so that the fee can be told although what happens inside cannot.
Litecoin's extension block needs nothing here: its pool is an output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.family.kernels.zcash import (
    ACTION,
    OUTPUT_V4,
    OUTPUT_V5,
    SPEND_V4,
    SPEND_V5,
    SPROUT_GROTH,
    SPROUT_PHGR,
    skip_many,
)
from dalil.chains.bitcoin.network import Form
from dalil.chains.bitcoin.txparts import read_compact, skim_list
from dalil.chains.bitcoin.wire import skim_tx

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["has_pools", "into_pools"]

_UNLOCK = 9
_PROOF, _SIGNATURE, _KEY, _AMOUNT = 192, 64, 32, 8


def has_pools(form: Form) -> bool:
    """Tell whether a chain's transactions can move value out of plain sight."""
    return form in (Form.ZCASH, Form.DASH)


def into_pools(raw: bytes, form: Form) -> int:
    """Give what a whole transaction puts into pools, less what it takes out.

    Inputs less outputs less this is its fee. `raw` must have been read before:
    nothing about it is checked.

    Returns
    -------
    int
        Base units; negative where value comes back into plain sight. 0 on a
        chain without pools.
    """
    data = np.frombuffer(raw, np.uint8)
    if form is Form.DASH:
        return _dash(raw, data)
    if form is not Form.ZCASH:
        return 0
    version = raw[0]
    if not raw[3] & 0x80:
        at = skim_tx(data, 0, data.size, int(form)).lock_time + 4
        return _sprout(raw, data, at, SPROUT_PHGR) if version >= 2 else 0
    return _v5(raw, data) if version == 5 else _wintered(raw, data, version)


def _amount(raw: bytes, at: int) -> int:
    return int.from_bytes(raw[at : at + _AMOUNT], "little", signed=True)


def _dash(raw: bytes, data: NDArray[np.uint8]) -> int:
    """Asset unlocks have no input: outputs and the fee come from the pool."""
    kind = int.from_bytes(raw[2:4], "little")
    if kind != _UNLOCK or int.from_bytes(raw[:2], "little") < 3:
        return 0
    parts = skim_tx(data, 0, data.size, int(Form.DASH))
    n_out, at = read_compact(data, 5, data.size)
    paid = 0
    for _ in range(n_out):
        paid += _amount(raw, at)
        size, at = read_compact(data, at + _AMOUNT, data.size)
        at += size
    _, payload = read_compact(data, parts.lock_time + 4, data.size)
    fee = int.from_bytes(raw[payload + 9 : payload + 13], "little")
    return -paid - fee


def _sprout(raw: bytes, data: NDArray[np.uint8], at: int, each: int) -> int:
    after, n = skip_many(data, at, data.size, each)
    first = after - n * each
    starts = range(first, after, each)
    return sum(_amount(raw, i) - _amount(raw, i + _AMOUNT) for i in starts)


def _wintered(raw: bytes, data: NDArray[np.uint8], version: int) -> int:
    at = skim_tx(data, 0, data.size, int(Form.ZCASH)).lock_time + 8
    if version == 3:
        return _sprout(raw, data, at, SPROUT_PHGR)
    sapling = _amount(raw, at)
    at, _ = skip_many(data, at + _AMOUNT, data.size, SPEND_V4)
    at, _ = skip_many(data, at, data.size, OUTPUT_V4)
    return _sprout(raw, data, at, SPROUT_GROTH) - sapling


def _v5(raw: bytes, data: NDArray[np.uint8]) -> int:
    at, _ = skim_list(data, 20, data.size, 36, 4)
    at, _ = skim_list(data, at, data.size, 8, 0)
    at, spends = skip_many(data, at, data.size, SPEND_V5)
    at, made = skip_many(data, at, data.size, OUTPUT_V5)
    total = 0
    if spends + made:
        total -= _amount(raw, at)
        at += _AMOUNT + (_KEY if spends else 0) + _SIGNATURE
        at += spends * (_PROOF + _SIGNATURE) + made * _PROOF
    at, actions = skip_many(data, at, data.size, ACTION)
    return total - _amount(raw, at + 1) if actions else total
