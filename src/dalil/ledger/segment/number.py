"""New addresses get their ids by first appearance: one pass in chain order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.kernels import kernel, lean
from dalil.ledger.segment.addresses import Codes  # noqa: TC001 - a kernel argument
from dalil.ledger.segment.lists import high_half, low_half
from dalil.ledger.segment.take import LONG_WORDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["list_scripts", "number_addresses"]

_NONE = 0xFFFF_FFFF


@lean
def _number(codes: Codes, at: int, n: int, name: int, source: NDArray[np.int64]) -> int:
    """Turn one code into an id, new if the code is its own; returns their number."""
    code = np.int64(codes.code[at])
    if code == _NONE or code < codes.n_old:
        return n
    if code - codes.n_old == at:
        codes.code[at] = codes.n_old + n
        source[n] = name
        return n + 1
    codes.code[at] = codes.code[code - codes.n_old]
    return n


@lean
def number_addresses(
    codes: Codes,
    outside_input: NDArray[np.int64],
    first_output: NDArray[np.uint32],
    address: NDArray[np.uint32],
    source: NDArray[np.int64],
) -> int:
    """Turn codes into ids; returns how many are new.

    `first_output` (n_outside,), empty where nothing is told, says before which
    output an outside input comes; `address` gets the ids told of them.
    """
    n, o = 0, 0
    for j in range(first_output.size):
        while o < first_output[j]:
            n = _number(codes, o, n, o, source)
            o += 1
        i = outside_input[j]
        n = _number(codes, codes.n_out + i, n, -1 - i, source)
        address[j] = codes.code[codes.n_out + i]
    while o < codes.n_out:
        n = _number(codes, o, n, o, source)
        o += 1
    return n


@kernel
def list_scripts(
    words: NDArray[np.uint64],
    piece: tuple[int, int],
    codes: Codes,
    source: NDArray[np.int64],
    address: NDArray[np.uint32],
    script: NDArray[np.uint8],
    n: int,
) -> int:
    """List a batch's kept scripts that are an address's first, behind `n`."""
    start, stop = piece
    for at in range(start, stop, LONG_WORDS):
        row = low_half(words[at])
        told = high_half(words[at]) == 1
        code = np.int64(codes.code[row + codes.n_out if told else row])
        new = code - codes.n_old
        if code == _NONE or new < 0 or source[new] != (-1 - row if told else row):
            continue
        address[n] = code
        for i in range(68):
            script[n, i] = words[at + 1 + i // 8] >> np.uint64(8 * (i % 8))
        n += 1
    return n
