"""Transactions of any format found in a buffer, by kernels: where each part lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.chains.bitcoin.family.kernels.skim import skim_relative
from dalil.chains.bitcoin.forms import BITCOIN, DOGECOIN
from dalil.chains.bitcoin.txparts import (
    BAD,
    TxParts,
    read_compact,
    skim_witness,
    skip_bytes,
)
from dalil.kernels import lean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["TxParts", "read_compact", "skim_tx"]


@lean
def _skim_inputs(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    n_in, pos = read_compact(data, at, end)
    if pos < 0 or n_in == 0 or n_in > (end - pos) // 41:
        return -1, 0
    for _ in range(n_in):
        pos = skip_bytes(data, pos + 36, end)
        if pos < 0 or pos + 4 > end:
            return -1, 0
        pos += 4
    return pos, n_in


@lean
def _skim_outputs(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    n_out, pos = read_compact(data, at, end)
    if pos < 0 or n_out == 0 or n_out > (end - pos) // 9:
        return -1, 0
    for _ in range(n_out):
        pos = skip_bytes(data, pos + 8, end)
        if pos < 0:
            return -1, 0
    return pos, n_out


@lean
def _skim_bitcoin(data: NDArray[np.uint8], at: int, end: int) -> TxParts:
    body = at + 4
    if body + 6 > end:
        return BAD
    segwit = data[body] == 0
    if segwit:
        if data[body + 1] != 1:
            return BAD
        body += 2
    pos, n_in = _skim_inputs(data, body, end)
    if pos < 0:
        return BAD
    body_end, n_out = _skim_outputs(data, pos, end)
    if body_end < 0:
        return BAD
    tail = skim_witness(data, body_end, end, n_in) if segwit else body_end
    if tail < 0 or tail + 4 > end:
        return BAD
    return TxParts(tail + 4, n_in, n_out, body, body, body_end, tail, tail)


@lean
def skim_tx(data: NDArray[np.uint8], at: int, end: int, form: int) -> TxParts:
    """Walk one transaction of a format without reading it.

    Every position is checked here, against `end`, so that the parts may be
    read without another look. A witness is present where `tail` is not
    `body_end`.
    """
    if form in (BITCOIN, DOGECOIN):
        return _skim_bitcoin(data, at, end)
    return skim_relative(data, at, end, form)
