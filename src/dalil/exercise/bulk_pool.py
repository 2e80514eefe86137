"""The coins a bulk-made chain may still spend, in memory that does not grow.

Young coins lie in a ring, from which one is drawn with an age spread evenly
over the powers of two; a coin that falls out of the ring joins the reservoir,
a uniform sample of everything older. Drawing from the two gives spends the
heavy tail that real ones have. When the reservoir is full it goes on as a
sample: a coin that loses its place is never spent, as happens in life.

A coin is six words: txid (4), value and output index, address and script type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "ADDRESSES",
    "COIN_WORDS",
    "HOT",
    "INPUTS",
    "OUTPUTS",
    "RING",
    "Pool",
    "draw",
    "new_pool",
    "put",
    "take",
]

COIN_WORDS = 6
RING = 1 << 16
"""Coins that count as young."""

_OCTAVES = 16
ADDRESSES, HEAD, KEPT, OLD, HOT, INPUTS, OUTPUTS = range(7)
_TRIES = 4
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S27, _S30, _S31, _S33 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(33)


class Pool(NamedTuple):
    """Every array the maker's state lives in."""

    dice: NDArray[np.uint64]
    """(1,) the state of the pseudo-random sequence."""
    ring: NDArray[np.uint64]
    ring_full: NDArray[np.bool_]
    old: NDArray[np.uint64]
    tally: NDArray[np.int64]
    """(7,) addresses, ring's head, coins in `old`, coins ever offered to it,
    outputs still owed to the hot address, inputs and outputs made."""
    recent: int
    """Out of 65,536 spends, how many try the ring first."""


def new_pool(seed: int, capacity: int, recent: float) -> Pool:
    """Make an empty pool; pages of the reservoir are touched as they fill."""
    return Pool(
        np.array([seed * 2 + 1], np.uint64),
        np.zeros((RING, COIN_WORDS), np.uint64),
        np.zeros(RING, np.bool_),
        np.empty((capacity, COIN_WORDS), np.uint64),
        np.zeros(7, np.int64),
        int(recent * 65_536),
    )


@kernel
def _random_bits(dice: NDArray[np.uint64]) -> np.uint64:
    """Give the next 64 bits (splitmix64)."""
    dice[0] += _GOLDEN
    z = dice[0]
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return np.uint64(z ^ (z >> _S31))


@kernel
def draw(dice: NDArray[np.uint64], n: int) -> int:
    """Draw a number below `n`, which is below 2**31."""
    return np.int64((_random_bits(dice) >> _S33) * np.uint64(n) >> _S31)


@kernel
def put(pool: Pool, coins: NDArray[np.uint64], row: int) -> None:
    """Add the coin in a row of `coins`, the youngest."""
    slot = pool.tally[HEAD] & (RING - 1)
    if pool.ring_full[slot]:
        _grow_old(pool, slot)
    _copy(coins, row, pool.ring, slot)
    pool.ring_full[slot] = True
    pool.tally[HEAD] += 1


@kernel
def _copy(
    source: NDArray[np.uint64], row: int, target: NDArray[np.uint64], place: int
) -> None:
    for i in range(COIN_WORDS):
        target[place, i] = source[row, i]


@kernel
def _grow_old(pool: Pool, slot: int) -> None:
    pool.tally[OLD] += 1
    size = pool.tally[KEPT]
    if size < pool.old.shape[0]:
        _copy(pool.ring, slot, pool.old, size)
        pool.tally[KEPT] = size + 1
        return
    place = draw(pool.dice, pool.tally[OLD])
    if place < size:
        _copy(pool.ring, slot, pool.old, place)


@kernel
def take(pool: Pool, coins: NDArray[np.uint64], row: int) -> bool:
    """Draw one coin into a row of `coins` and remove it; False if none is left."""
    head, size = pool.tally[HEAD], pool.tally[KEPT]
    if size == 0 or draw(pool.dice, 65_536) < pool.recent:
        for _ in range(_TRIES):
            octave = np.int64(1) << draw(pool.dice, _OCTAVES)
            age = octave + draw(pool.dice, octave)
            if age <= head and pool.ring_full[(head - age) & (RING - 1)]:
                return _take_young(pool, (head - age) & (RING - 1), coins, row)
    if size > 0:
        place = draw(pool.dice, size)
        _copy(pool.old, place, coins, row)
        _copy(pool.old, size - 1, pool.old, place)
        pool.tally[KEPT] = size - 1
        return True
    for age in range(1, min(head, RING) + 1):
        if pool.ring_full[(head - age) & (RING - 1)]:
            return _take_young(pool, (head - age) & (RING - 1), coins, row)
    return False


@kernel
def _take_young(pool: Pool, slot: int, coins: NDArray[np.uint64], row: int) -> bool:
    _copy(pool.ring, slot, coins, row)
    pool.ring_full[slot] = False
    return True
