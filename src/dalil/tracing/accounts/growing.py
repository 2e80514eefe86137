"""Columns and a register of addresses that grow while a trace reads on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.kernels import lean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.tracing.columns import I64

__all__ = ["Places", "Stack"]

_LEAST = 1024
_SPREAD = np.uint64(0x9E37_79B9_7F4A_7C15)


class Stack:
    """A column that grows at its end, without a copy of all at each step.

    >>> stack = Stack(np.int64)
    >>> stack.push(np.array([1, 2]))
    >>> stack.push(np.array([3]))
    >>> stack.rows.tolist()
    [1, 2, 3]
    """

    def __init__(self, kind: Any) -> None:  # noqa: ANN401 - whatever numpy takes
        self._room: NDArray[Any] = np.empty(_LEAST, dtype=kind)
        self.size = 0

    @property
    def rows(self) -> NDArray[Any]:
        """All rows so far; a later push may leave this view behind."""
        return self._room[: self.size]

    def push(self, rows: NDArray[Any]) -> None:
        """Add rows."""
        size = self.size + rows.size
        if size > self._room.size:
            room = np.empty(max(size, 3 * self._room.size // 2), self._room.dtype)
            room[: self.size] = self.rows
            self._room = room
        self._room[self.size : size] = rows
        self.size = size


@lean
def _place(keys: I64, places: I64, address: np.int64) -> np.int64:
    """Find an address's slot in the table, or the free one where it belongs."""
    last = np.uint64(keys.size - 1)
    mixed = np.uint64(address) * _SPREAD
    slot = np.int64((mixed ^ (mixed >> np.uint64(32))) & last)
    while places[slot] >= 0 and keys[slot] != address:
        slot = np.int64((np.uint64(slot) + np.uint64(1)) & last)
    return slot


@lean
def _add(keys: I64, places: I64, addresses: I64, first: int) -> None:
    for i in range(addresses.size):
        slot = _place(keys, places, addresses[i])
        keys[slot], places[slot] = addresses[i], first + i


@lean
def _find(keys: I64, places: I64, addresses: I64, found: I64) -> None:
    for i in range(addresses.size):
        found[i] = places[_place(keys, places, addresses[i])]


class Places:
    """Numbers addresses in the order they are added; each must be new.

    >>> places = Places()
    >>> places.add(np.array([70, 30]))
    >>> places.find(np.array([30, 31])).tolist()
    [1, -1]
    """

    def __init__(self) -> None:
        self._addresses = Stack(np.int64)
        self._keys, self._places = _table(_LEAST)

    def add(self, addresses: I64) -> None:
        """Give new addresses the next numbers."""
        first = self._addresses.size
        self._addresses.push(addresses)
        if 2 * self._addresses.size > self._keys.size:
            room = 1 << (4 * self._addresses.size).bit_length()
            self._keys, self._places = _table(room)
            first, addresses = 0, self._addresses.rows
        _add(self._keys, self._places, np.ascontiguousarray(addresses), first)

    def find(self, addresses: I64) -> I64:
        """(n,) the number of each, or -1."""
        found = np.empty(addresses.size, dtype=np.int64)
        _find(self._keys, self._places, np.ascontiguousarray(addresses), found)
        return found


def _table(room: int) -> tuple[I64, I64]:
    return np.zeros(room, dtype=np.int64), np.full(room, -1, dtype=np.int64)
