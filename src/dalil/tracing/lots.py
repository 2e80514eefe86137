"""FIFO and LIFO: satoshi keep their order, and outputs are filled in turn.

A coin's seed money is a list of **lots**: stretches of its satoshi, by their
offset in it. Inputs are laid end to end, by position (LIFO: reversed), and
outputs cut from the front by index, the fee last. Backward, outputs and fee
are laid out and inputs cut, which inverts the same matching.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.kernels import kernel
from dalil.tracing.request import Direction

if TYPE_CHECKING:
    from dalil.tracing.columns import I64
    from dalil.tracing.graph import FlowGraph

__all__ = ["ordered"]


@kernel
def _grown(rows: I64) -> I64:
    larger = np.empty((2 * rows.shape[0], rows.shape[1]), dtype=np.int64)
    larger[: rows.shape[0]] = rows
    return larger


@kernel
def _gather(
    laid: I64,
    lots: I64,
    head: I64,
    slots: tuple[int, int, bool],
    slot_value: I64,
    slot_coin: I64,
) -> tuple[I64, int, int]:
    """Lay the lots of one node's slots end to end.

    Rows of `laid` become (offset, length); the lots' rows go back to the free
    list, whose head is kept in the last place of `head`. Returns `laid`, its
    length, and 1 where a slot's lots are null.
    """
    n_laid, offset, null = 0, np.int64(0), 0
    start, stop, backwards = slots
    for k in range(start, stop):
        i = start + stop - 1 - k if backwards else k
        coin = slot_coin[i]
        if coin >= 0 and head[coin] == -2:
            null = 1
        elif coin >= 0:
            row = head[coin]
            head[coin] = -1
            while row >= 0:
                begin, length, following = (
                    offset + lots[row, 0],
                    lots[row, 1],
                    lots[row, 2],
                )
                if n_laid and laid[n_laid - 1, 0] + laid[n_laid - 1, 1] == begin:
                    laid[n_laid - 1, 1] += length
                else:
                    if n_laid == laid.shape[0]:
                        laid = _grown(laid)
                    laid[n_laid, 0], laid[n_laid, 1] = begin, length
                    n_laid += 1
                lots[row, 2], head[-1] = head[-1], row
                row = following
        offset += max(np.int64(0), slot_value[i])
    return laid, n_laid, null


@kernel
def _cut(
    laid: I64,
    at: int,
    n_laid: int,
    span: tuple[np.int64, np.int64],
    lots: I64,
    free: int,
) -> tuple[np.int64, int, int, int, I64, int]:
    """Cut one coin's stretch out of what was laid.

    Returns the coin's seed money, its first lot's row (-1 none), where in
    `laid` to go on, how much of that is used up, `lots`, and the free list.
    """
    begin, end = span
    amount, first, last = np.int64(0), -1, -1
    while at < n_laid and laid[at, 0] < end:
        low = max(begin, laid[at, 0])
        high = min(end, laid[at, 0] + laid[at, 1])
        if high > low:
            if free < 0:
                size = lots.shape[0]
                lots = _grown(lots)
                for row in range(size, 2 * size):
                    lots[row, 2] = row + 1 if row + 1 < 2 * size else -1
                free = size
            row, free = free, lots[free, 2]
            lots[row, 0], lots[row, 1], lots[row, 2] = low - begin, high - low, -1
            if last >= 0:
                lots[last, 2] = row
            else:
                first = row
            last = row
            amount += high - low
        if laid[at, 0] + laid[at, 1] > end:
            break
        at += 1
    return amount, first, at, last, lots, free


@kernel
def _ordered(
    nodes: tuple[I64, I64, I64],
    slot_value: I64,
    slot_coin: I64,
    value: I64,
    into: I64,
    reversals: tuple[bool, bool],
) -> I64:
    total, slot_start, coin_start = nodes
    n_seeds = coin_start[0]
    lots = np.empty((max(16, 2 * n_seeds), 3), dtype=np.int64)
    for row in range(lots.shape[0]):
        lots[row, 2] = row + 1 if row + 1 < lots.shape[0] else -1
    # One more place than coins: the head of the list of free rows.
    head = np.full(value.size + 1, -1, dtype=np.int64)
    head[-1] = 0
    amount = np.zeros_like(value)
    for c in range(n_seeds):
        row = head[-1]
        amount[c] = value[c]
        head[-1], head[c] = lots[row, 2], row
        lots[row, 0], lots[row, 1], lots[row, 2] = 0, value[c], -1
    laid = np.empty((16, 2), dtype=np.int64)
    for u in range(total.size):
        slots = (slot_start[u], slot_start[u + 1], reversals[0])
        laid, n_laid, null = _gather(laid, lots, head, slots, slot_value, slot_coin)
        start, stop = coin_start[u], coin_start[u + 1]
        if null or (n_laid > 0 and total[u] < 0):
            amount[start:stop] = -1
            head[start:stop] = -2
            continue
        at, offset = 0, np.int64(0)
        for k in range(start, stop):
            c = start + stop - 1 - k if reversals[1] else k
            span = (offset, offset + max(np.int64(0), value[c]))
            amount[c], first, at, last, lots, free = _cut(
                laid, at, n_laid, span, lots, head[-1]
            )
            head[-1] = free
            offset = span[1]
            if into[c] >= 0:
                head[c] = first
            elif first >= 0:
                lots[last, 2], head[-1] = head[-1], first
    return amount


def ordered(graph: FlowGraph, *, last_in_first_out: bool = False) -> I64:
    """Let money out in the order it came in, or inputs in reversed order.

    FIFO: inputs by position fill outputs by index, the fee last. LIFO: the
    same with the inputs reversed; within an input satoshi keep their order.
    Backward inverts that matching, so what FIFO says a seed paid into an
    output is what it says that output took from the seed.

    Returns
    -------
    (n_coins,) int64
        Satoshi; -1 (null) in and after a transaction that takes in seed money
        beside an input of unknown value.

    Notes
    -----
    Memory is linear in the coins: lots are recycled once spent. Time is linear
    in the lots moved; many lots on a long chain are moved at every step.
    Conserves every satoshi. FIFO is the rule in *Clayton's Case* (1816), a
    convention of accounting: it is no evidence of which coin was meant.

    References
    ----------
    Anderson, Shumailov, Ahmed (2018), "Making Bitcoin Legal", Security
    Protocols Workshop.
    """
    forward = graph.direction is Direction.FORWARD
    return _ordered(
        (graph.total, graph.slot_start, graph.coin_start),
        graph.slot_value,
        graph.slot_coin,
        graph.value,
        graph.into,
        (last_in_first_out and forward, last_in_first_out and not forward),
    )
