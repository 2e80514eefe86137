"""What a bulk-made chain looks like: how many inputs, which scripts, how reused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.chains.bitcoin.scripts import ScriptType
from dalil.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["FAN", "HOT", "MIXED", "OPEN", "Shape", "Tables", "tables_of"]

_STEPS = 4096
_MAKEABLE = {
    ScriptType.P2PKH,
    ScriptType.P2SH,
    ScriptType.P2WPKH,
    ScriptType.P2WSH,
    ScriptType.P2TR,
}
Shares = tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """Distributions a chain is drawn from.

    `inputs`, `outputs` and `types` are (what, share) pairs; shares are
    rounded to 1/4096 and need not add up to one. The defaults give about 2.0
    inputs and 2.4 outputs a transaction, as mainnet had in 2019.
    """

    inputs: Shares = (
        (1, 0.70),
        (2, 0.17),
        (3, 0.05),
        (5, 0.04),
        (10, 0.03),
        (40, 0.01),
    )
    outputs: Shares = ((1, 0.15), (2, 0.74), (3, 0.05), (6, 0.04), (20, 0.02))
    types: Shares = (
        (ScriptType.P2PKH, 0.40),
        (ScriptType.P2SH, 0.25),
        (ScriptType.P2WPKH, 0.27),
        (ScriptType.P2WSH, 0.04),
        (ScriptType.P2TR, 0.04),
    )
    op_return: float = 0.02
    """Share of outputs that carry data and no money."""
    reuse: float = 0.45
    """Share of outputs to an address that was paid before: the address number
    is spread evenly over the powers of two, so a few are very busy."""
    recent: float = 0.6
    """Share of spends that look among the youngest 65,536 outputs first."""
    hot_outputs: int = 0
    """So many outputs go to one address, nine in ten until they are paid."""
    witness_bytes: int = 72
    """Size of the first witness item of segwit inputs: 1 to 520."""
    block_weight: int = 3_900_000
    funding_outputs: int = 400
    """Outputs of each of the first 150 coinbases, which everything starts from."""


MIXED = Shape()
"""Mainnet-like: mixed scripts, reuse, old and young spends."""

FAN = Shape(inputs=((1, 1.0),), outputs=((10, 1.0),), op_return=0.0, reuse=0.0)
"""One input, ten outputs to new addresses: the unspent set grows by nine."""

HOT = Shape(
    inputs=((1, 1.0),), outputs=((10, 1.0),), op_return=0.0, hot_outputs=10_000_000
)
"""One address with ten million outputs; takes 1.2 million transactions."""

OPEN = Shape(types=((ScriptType.P2WSH, 1.0),))
"""Only scripts that anyone may spend: a chain that full validation accepts."""


class Tables(NamedTuple):
    """A shape as kernels read it: look-ups by twelve random bits."""

    n_inputs: NDArray[np.int64]
    n_outputs: NDArray[np.int64]
    types: NDArray[np.uint8]
    limits: NDArray[np.int64]
    """(4,) of 65,536: OP_RETURN, reuse; bytes of a witness item; block weight."""
    largest: NDArray[np.int64]
    """(1,) bytes no transaction of this shape exceeds."""


def tables_of(shape: Shape) -> Tables:
    """Lay a shape out for kernels.

    Raises
    ------
    InputError
        If a share, a count, a script type or the witness size cannot be made.
    """
    if not 1 <= shape.witness_bytes <= 520:
        raise InputError("a witness item has 1 to 520 bytes", shape.witness_bytes)
    odd = [what for what, _ in shape.types if what not in _MAKEABLE]
    if odd:
        raise InputError("no such outputs are made here", odd[0])
    counts = [what for what, _ in (*shape.inputs, *shape.outputs)]
    if not all(1 <= n <= 2_000 for n in counts):
        raise InputError("a transaction has 1 to 2,000 inputs, and outputs", counts)
    limits = [int(shape.op_return * 65_536), int(shape.reuse * 65_536)]
    per_input = 41 + 108 + 48 + shape.witness_bytes
    most_in, most_out = (
        max(what for what, _ in shares) for shares in (shape.inputs, shape.outputs)
    )
    return Tables(
        _spread(shape.inputs).astype(np.int64),
        _spread(shape.outputs).astype(np.int64),
        _spread(shape.types).astype(np.uint8),
        np.array([*limits, shape.witness_bytes, shape.block_weight], np.int64),
        np.array([64 + most_in * per_input + most_out * 60], np.int64),
    )


def _spread(shares: Sequence[tuple[int, float]]) -> NDArray[np.int64]:
    """Turn shares into a table that an evenly drawn index reads them from."""
    total = sum(share for _, share in shares)
    if total <= 0 or any(share < 0 for _, share in shares):
        raise InputError("shares are positive", shares)
    edges = np.cumsum([share for _, share in shares]) / total
    index = np.searchsorted(edges, (np.arange(_STEPS) + 0.5) / _STEPS)
    return np.array([what for what, _ in shares], np.int64)[index]
