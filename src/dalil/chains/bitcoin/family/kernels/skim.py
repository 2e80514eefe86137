"""Where the parts of a relative's transaction lie: kernels, every read checked.

Each chain keeps Bitcoin's inputs and outputs and puts its own before, between
or behind them; that is skipped by its length alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.chains.bitcoin.family.kernels.zcash import skim_zcash
from dalil.chains.bitcoin.forms import (
    BITCOIN_CASH,
    DASH,
    LITECOIN,
    ZCASH,
)
from dalil.chains.bitcoin.txparts import (
    BAD,
    TxParts,
    read_compact,
    skim_list,
    skim_witness,
)
from dalil.kernels import lean
from dalil.words import load_u32

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["block_may_end", "skim_relative"]

_MWEB = 8
_WITNESS = 1


@lean
def _skim_litecoin(data: NDArray[np.uint8], at: int, end: int) -> TxParts:
    """Walk a transaction that may have a witness, or be a HogEx, or both.

    In a block the MWEB part of a transaction is one zero byte, before the lock
    time: what is hidden stands in the extension, once for the whole block.
    """
    body, flags = at + 4, 0
    if body + 6 > end:
        return BAD
    if data[body] == 0:
        flags = data[body + 1]
        body += 2
        if flags == 0 or flags & ~(_MWEB | _WITNESS):
            return BAD
    pos, n_in = skim_list(data, body, end, 36, 4)
    if pos < 0 or (n_in == 0 and not flags & _MWEB):
        return BAD
    body_end, n_out = skim_list(data, pos, end, 8, 0)
    if body_end < 0 or n_out == 0:
        return BAD
    tail = body_end
    if flags & _WITNESS:
        tail = skim_witness(data, tail, end, n_in)
    if flags & _MWEB:
        if tail < 0 or tail >= end or data[tail] != 0:
            return BAD
        tail += 1
    if tail < 0 or tail + 4 > end:
        return BAD
    return TxParts(tail + 4, n_in, n_out, body, body, body_end, tail, tail)


@lean
def _skim_plain(data: NDArray[np.uint8], at: int, end: int, form: int) -> TxParts:
    """Walk a transaction without a witness; Dash's may carry a payload."""
    body = at + 4
    if body > end:
        return BAD
    pos, n_in = skim_list(data, body, end, 36, 4)
    if pos < 0:
        return BAD
    pos, n_out = skim_list(data, pos, end, 8, 0)
    if pos < 0 or pos + 4 > end:
        return BAD
    after = pos + 4
    version = load_u32(data, at)
    special = form == DASH and version & 0xFFFF >= 3 and version >> 16 != 0
    if special:
        size, after = read_compact(data, after, end)
        if after < 0 or size > end - after:
            return BAD
        after += size
    elif n_in == 0 or n_out == 0:
        return BAD
    return TxParts(after, n_in, n_out, body, body, pos, pos, pos)


@lean
def skim_relative(data: NDArray[np.uint8], at: int, end: int, form: int) -> TxParts:
    """Walk one transaction of a format other than Bitcoin's without reading it."""
    if form == LITECOIN:
        return _skim_litecoin(data, at, end)
    if form in (BITCOIN_CASH, DASH):
        return _skim_plain(data, at, end, form)
    if form == ZCASH:
        return skim_zcash(data, at, end)
    return BAD


@lean
def block_may_end(
    data: NDArray[np.uint8], last: int, at: int, end: int, form: int
) -> bool:
    """Tell whether a block may end at `end`, its transactions having ended at `at`.

    Behind a HogEx, which starts at `last`, stands Litecoin's extension block
    (a one, then itself). It is not read: its bytes hide what they hold.
    """
    if form == LITECOIN and at < end:
        is_hogex = data[last + 4] == 0 and data[last + 5] & _MWEB != 0
        return bool(is_hogex and data[at] == 1)
    return at == end
