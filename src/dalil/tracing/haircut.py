"""Haircut: every output takes the share of seed money its transaction took in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba.extending import overload

from dalil.kernels import kernel, shared
from dalil.tracing.exactly import suiting

if TYPE_CHECKING:
    from dalil.tracing.columns import I64, Whole
    from dalil.tracing.graph import FlowGraph

__all__ = ["haircut", "share"]


def _scaled(value: int, tainted: Whole, total: Whole) -> tuple[Whole, Whole]:
    """Quotient and remainder of ``value * tainted / total``."""
    return divmod(int(value) * int(tainted), int(total))


def _scaled_by_bits(
    value: int, tainted: Whole, total: Whole
) -> tuple[np.int64, np.int64]:
    """Do the same in 64 bits.

    The product may need 124 bits, so it is built bit by bit from the top of
    `value` and divided as it grows; needs ``tainted <= total < 2**62``.
    """
    quotient, rest = np.int64(0), np.int64(0)
    for bit in range(62, -1, -1):
        quotient <<= 1
        rest <<= 1
        if rest >= total:
            rest -= total
            quotient += 1
        if (value >> bit) & 1:
            rest += tainted
            if rest >= total:
                rest -= total
                quotient += 1
    return quotient, rest


@overload(_scaled)
def _scaled_when_compiled(value: int, tainted: Whole, total: Whole) -> object:  # noqa: ARG001
    return _scaled_by_bits


@shared
def share(values: I64, tainted: Whole, total: Whole) -> I64:
    """Share `tainted` out over `values`, which add up to `total`.

    Each gets ``floor(value * tainted / total)``; what is left goes one satoshi
    each to the largest remainders, ties to the lower index.

    >>> import numpy as np
    >>> share(np.array([3, 3, 4]), 5, 10).tolist()
    [2, 1, 2]
    """
    shares, rests = np.empty_like(values), np.empty_like(values)
    left = tainted
    for i in range(values.size):
        shares[i], rests[i] = _scaled(values[i], tainted, total)
        left -= shares[i]
    if left > 0:
        order = np.argsort(-rests, kind="mergesort")
        for i in order[:left]:
            shares[i] += 1
    return shares


@kernel
def _haircut(
    total: I64, slot_start: I64, slot_coin: I64, coin_start: I64, value: I64
) -> I64:
    taint = np.zeros_like(value)
    taint[: coin_start[0]] = value[: coin_start[0]]
    for u in range(total.size):
        tainted, unknown = 0, False
        for i in range(slot_start[u], slot_start[u + 1]):
            if slot_coin[i] >= 0:
                unknown |= taint[slot_coin[i]] < 0
                tainted += max(0, taint[slot_coin[i]])
        coins = slice(coin_start[u], coin_start[u + 1])
        if unknown or (tainted > 0 and total[u] < 0):
            taint[coins] = -1
        elif tainted > 0:
            taint[coins] = share(value[coins], tainted, total[u])
    return taint


def haircut(graph: FlowGraph) -> I64:
    """Spread seed money in proportion to value, at every transaction.

    Each output, the fee last, gets ``floor(v * T / S)`` where T of the S
    satoshi taken in are seed money; the rest goes by largest remainder, ties
    by index. Backward, each input stands where an output stands here.

    Returns
    -------
    (n_coins,) int64
        Satoshi; -1 (null) in and after a transaction that takes in seed money
        beside an input of unknown value.

    See Also
    --------
    dalil.tracing.lots.ordered : First in first out, last in first out.

    Notes
    -----
    Linear, but for the sorting of remainders within one transaction. Conserves
    every satoshi. An accounting convention, no evidence of who was paid: state
    the interval of `dalil.tracing.setbounds` first.

    References
    ----------
    Möser, Böhme, Breuker (2014), "Towards Risk Scoring of Bitcoin
    Transactions", Financial Cryptography Workshops.
    """
    return suiting(_haircut, graph.value)(
        graph.total, graph.slot_start, graph.slot_coin, graph.coin_start, graph.value
    )
