"""FIFO and LIFO: satoshi keep their order, and outputs are filled in turn.

A coin that holds seed money is a list of **lots**: stretches of its satoshi,
which are seed money or are not. Inputs are laid end to end, by position (LIFO:
reversed), and outputs cut from the front by index, the fee last. Backward,
outputs and fee are laid out and inputs cut, which inverts the same matching.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import kernel, shared
from dalil.tracing.exactly import suiting
from dalil.tracing.request import Direction

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.tracing.columns import I64, Whole
    from dalil.tracing.graph import FlowGraph

__all__ = ["ordered"]


class _Runs(NamedTuple):
    """Stretches of satoshi: how long, of seed money or not, and what follows.

    No row is used twice: there are as many as can ever be needed.
    """

    length: I64
    is_seed: NDArray[np.bool_]
    follows: I64


@shared
def _laid(
    runs: _Runs,
    used: int,
    slots: tuple[int, int, bool],
    slot: tuple[I64, I64],
    ends: tuple[I64, I64],
) -> tuple[int, int, int]:
    """Lay the stretches of one node's slots end to end.

    Returns the first row, the last, and how many rows are used.
    """
    first, last = -1, -1
    start, stop, backwards = slots
    slot_value, slot_coin = slot
    head, tail = ends
    for k in range(start, stop):
        i = start + stop - 1 - k if backwards else k
        coin = slot_coin[i]
        if coin >= 0 and head[coin] >= 0:
            begin, end = head[coin], tail[coin]
        elif slot_value[i] > 0:
            begin, end = used, used
            runs.length[used] = slot_value[i]
            used += 1
        else:
            continue
        if first < 0:
            first, last = begin, end
        elif runs.is_seed[last] == runs.is_seed[begin]:
            runs.length[last] += runs.length[begin]
            runs.follows[last] = runs.follows[begin]
            last = last if begin == end else end
        else:
            runs.follows[last], last = begin, end
    return first, last, used


@shared
def _cut(
    runs: _Runs, used: int, first: int, wanted: Whole
) -> tuple[Whole, int, int, int, int]:
    """Cut `wanted` satoshi off the front, which is more than that long.

    Returns the seed money in them, their first row and last, the first row of
    what is left, and how many rows are used.
    """
    amount, begin, end = wanted - wanted, first, -1
    while wanted > 0:
        row = first
        if runs.length[row] > wanted:
            runs.length[used] = wanted
            runs.is_seed[used] = runs.is_seed[row]
            runs.length[row] -= wanted
            row = used
            used += 1
            if end < 0:
                begin = row
            else:
                runs.follows[end] = row
        else:
            first = runs.follows[row]
        wanted -= runs.length[row]
        if runs.is_seed[row]:
            amount += runs.length[row]
        end = row
    runs.follows[end] = -1
    return amount, begin, end, first, used


@shared
def _entering(
    span: tuple[int, int], slot_coin: I64, head: I64, amount: I64
) -> tuple[Whole, bool]:
    """Add up the seed money that enters a node; tell whether it is null."""
    came, null = amount[0] - amount[0], False
    for i in range(span[0], span[1]):
        coin = slot_coin[i]
        if coin >= 0:
            null |= head[coin] == -2
            came += max(0, amount[coin])
    return came, null


@kernel
def _ordered(
    nodes: tuple[I64, I64, I64],
    slot: tuple[I64, I64],
    value: I64,
    into: I64,
    reversals: tuple[bool, bool],
) -> I64:
    total, slot_start, coin_start = nodes
    used, size = coin_start[0], slot[0].size + 2 * value.size
    runs = _Runs(
        np.zeros(size, dtype=value.dtype),
        np.zeros(size, dtype=np.bool_),
        np.full(size, -1, dtype=np.int64),
    )
    # A coin without rows is wholly other money; -2 is null.
    head, tail = np.full(value.size, -1), np.full(value.size, -1)
    amount = np.zeros_like(value)
    for c in range(used):
        if value[c] > 0:
            amount[c] = runs.length[c] = value[c]
            runs.is_seed[c], head[c], tail[c] = True, c, c
    for u in range(total.size):
        span = (slot_start[u], slot_start[u + 1])
        came, null = _entering(span, slot[1], head, amount)
        start, stop = coin_start[u], coin_start[u + 1]
        if null or (came > 0 and total[u] < 0):
            amount[start:stop] = -1
            head[start:stop] = -2
        elif came > 0:
            slots = (span[0], span[1], reversals[0])
            first, last, used = _laid(runs, used, slots, slot, (head, tail))
            left = total[u]
            for k in range(start, stop):
                c = start + stop - 1 - k if reversals[1] else k
                part, begin, end = came, first, last
                if value[c] < left:
                    part, begin, end, first, used = _cut(runs, used, first, value[c])
                left -= value[c]
                came -= part
                amount[c] = part
                if part > 0 and into[c] >= 0:
                    head[c], tail[c] = begin, end
                if left == 0:
                    break
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
    Memory is linear in the slots and coins. Time is linear in the lots cut;
    what is left when all coins but one are filled goes to that one as it is, so
    that an account's long history is not gone through at each of its payments.
    Conserves every satoshi. FIFO is the rule in *Clayton's Case* (1816), a
    convention of accounting: it is no evidence of which coin was meant.

    References
    ----------
    Anderson, Shumailov, Ahmed (2018), "Making Bitcoin Legal", Security
    Protocols Workshop.
    """
    forward = graph.direction is Direction.FORWARD
    if not graph.value.size:
        return graph.value.copy()
    return suiting(_ordered, graph.value)(
        (graph.total, graph.slot_start, graph.coin_start),
        (graph.slot_value, graph.slot_coin),
        graph.value,
        graph.into,
        (last_in_first_out and forward, last_in_first_out and not forward),
    )
