"""Giving addresses and tokens their ids, in the order of first appearance.

A table in memory knows the keys of this build, 20 bytes each in one array and
a word each in an open table. A key it does not know is put behind the others at
once, and only then, once a batch, are the new ones looked for among the rows of
earlier sessions, through their indexes. So what a session costs follows what it
meets, not what the ledger has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import lean
from dalil.ledger.accounts.marks import mark_at, same_key
from dalil.ledger.segment.prefetch import prefetch

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "ADDRESS_WORDS",
    "TOKEN_WORDS",
    "Met",
    "Named",
    "Seen",
    "fill_marks",
    "fill_slots",
    "meet",
    "new_seen",
    "roomier",
    "see",
]

ADDRESS_WORDS, TOKEN_WORDS = 5, 6
"""Words of a key: 20 bytes, and for a token its kind."""
_AHEAD, _NEAR = 24, 8
"""How many rows ahead a table's slot, and then the key that it leads to, is asked
for: both are seldom in the cache."""
_LOW = np.uint64(0xFFFF_FFFF)
_NONE = 0xFFFF_FFFF


class Seen(NamedTuple):
    """Keys met, and a table into them.

    `slots` (2**k,) uint64: a mark's upper half, and below it a place in `keys`
    plus one, or 0. `keys` (room * width,) uint32. `used` (1,) int64.
    """

    slots: NDArray[np.uint64]
    keys: NDArray[np.uint32]
    used: NDArray[np.int64]
    seed: np.uint64
    width: int


class Met(NamedTuple):
    """What a batch holds, keys as flat words: what `meet` reads."""

    tx_first_transfer: NDArray[np.int64]
    tx_first_event: NDArray[np.int64]
    token: NDArray[np.uint32]
    token_kind: NDArray[np.uint8]
    source: NDArray[np.uint32]
    source_mark: NDArray[np.uint64]
    to: NDArray[np.uint32]
    to_mark: NDArray[np.uint64]
    contract: NDArray[np.uint32]
    subject: NDArray[np.uint32]
    other: NDArray[np.uint32]
    sender: NDArray[np.uint32]


class Named(NamedTuple):
    """Places in `Seen` of all that a batch names: what `meet` writes.

    `NO_ADDRESS` for what is none. `met` (n_tx, 2): addresses and tokens known
    once each transaction was read.
    """

    token: NDArray[np.uint32]
    source: NDArray[np.uint32]
    to: NDArray[np.uint32]
    contract: NDArray[np.uint32]
    subject: NDArray[np.uint32]
    other: NDArray[np.uint32]
    sender: NDArray[np.uint32]
    met: NDArray[np.int64]


def new_seen(seed: int, width: int, room: int = 1 << 12) -> Seen:
    """Make an empty table with room for so many keys (a power of two)."""
    return Seen(
        np.zeros(room * 2, np.uint64),
        np.empty(room * width, np.uint32),
        np.zeros(1, np.int64),
        np.uint64(seed),
        width,
    )


def roomier(seen: Seen) -> Seen:
    """Give the same table with twice the room."""
    room = seen.keys.size // seen.width * 2
    keys = np.empty(room * seen.width, np.uint32)
    used = int(seen.used[0]) * seen.width
    keys[:used] = seen.keys[:used]
    slots = np.zeros(room * 2, np.uint64)
    wider = Seen(slots, keys, seen.used, seen.seed, seen.width)
    fill_slots(wider)
    return wider


@lean
def fill_slots(seen: Seen) -> None:
    """Enter all keys into an empty table."""
    mask, width = np.uint64(seen.slots.size - 1), seen.width
    for place in range(seen.used[0]):
        if place + _AHEAD < seen.used[0]:
            ahead = mark_at(seen.keys, (place + _AHEAD) * width, width, seen.seed)
            prefetch(seen.slots, np.int64(ahead & mask))
        mark = mark_at(seen.keys, place * width, width, seen.seed)
        at = mark & mask
        while seen.slots[np.int64(at)]:
            at = at + np.uint64(1) & mask
        seen.slots[np.int64(at)] = mark & ~_LOW | np.uint64(place + 1)


@lean
def see(seen: Seen, key: NDArray[np.uint32], begin: int) -> int:
    """Give the place of a key, a new one where it is new. There must be room."""
    return _see(seen, key, begin, mark_at(key, begin, seen.width, seen.seed))


@lean
def _see(seen: Seen, key: NDArray[np.uint32], begin: int, mark: np.uint64) -> int:
    mask, width = np.uint64(seen.slots.size - 1), seen.width
    at = mark & mask
    while True:
        slot = seen.slots[np.int64(at)]
        if slot == 0:
            break
        if slot & ~_LOW == mark & ~_LOW:
            place = int(slot & _LOW) - 1
            if same_key(seen.keys, place * width, key, begin, width):
                return place
        at = at + np.uint64(1) & mask
    place = int(seen.used[0])
    for i in range(width):
        seen.keys[place * width + i] = key[begin + i]
    seen.slots[np.int64(at)] = mark & ~_LOW | np.uint64(place + 1)
    seen.used[0] = place + 1
    return place


@lean
def fill_marks(seen: Seen, keys: NDArray[np.uint32], marks: NDArray[np.uint64]) -> None:
    """Mark each of (n,) keys."""
    for row in range(marks.size):
        marks[row] = mark_at(keys, row * seen.width, seen.width, seen.seed)


@lean
def _ask(seen: Seen, marks: NDArray[np.uint64], row: int) -> None:
    mask = np.uint64(seen.slots.size - 1)
    if row + _AHEAD < marks.size:
        prefetch(seen.slots, np.int64(marks[row + _AHEAD] & mask))
    if row + _NEAR < marks.size:
        slot = seen.slots[np.int64(marks[row + _NEAR] & mask)]
        if slot:
            prefetch(seen.keys, (np.int64(slot & _LOW) - 1) * ADDRESS_WORDS)


@lean
def _is_some(key: NDArray[np.uint32], at: int) -> bool:
    parts = key[at] | key[at + 1] | key[at + 2] | key[at + 3] | key[at + 4]
    return bool(parts != 0)


@lean
def _see_unless_none(seen: Seen, key: NDArray[np.uint32], row: int) -> int:
    at = row * ADDRESS_WORDS
    return see(seen, key, at) if _is_some(key, at) else _NONE


@lean
def meet(
    met: Met,
    addresses: Seen,
    tokens: Seen,
    named: Named,
    begin: int,
    buffer: NDArray[np.uint32],
) -> int:
    """Name what transactions from `begin` on hold, as far as there is room.

    `buffer` (6,) is where a token's key and kind are put together.

    Returns
    -------
    int
        The first transaction for which there may be no room; the number of them
        when all is done.
    """
    room = addresses.keys.size // ADDRESS_WORDS
    token_room = tokens.keys.size // TOKEN_WORDS
    n_tx = int(named.sender.size)
    last, last_token = -1, 0
    for tx in range(begin, n_tx):
        first, stop = met.tx_first_transfer[tx], met.tx_first_transfer[tx + 1]
        event, event_stop = met.tx_first_event[tx], met.tx_first_event[tx + 1]
        needed = 2 * (stop - first) + 3 * (event_stop - event) + 1
        if addresses.used[0] + needed > room:
            return tx
        if tokens.used[0] + stop - first > token_room:
            return tx
        for row in range(first, stop):
            _ask(addresses, met.source_mark, row)
            _ask(addresses, met.to_mark, row)
            at = row * ADDRESS_WORDS
            if last < 0 or (
                met.token_kind[row] != met.token_kind[last]
                or not same_key(
                    met.token, at, met.token, last * ADDRESS_WORDS, ADDRESS_WORDS
                )
            ):
                for i in range(ADDRESS_WORDS):
                    buffer[i] = met.token[at + i]
                buffer[ADDRESS_WORDS] = met.token_kind[row]
                last, last_token = row, see(tokens, buffer, 0)
            named.token[row] = last_token
            named.source[row] = _see(addresses, met.source, at, met.source_mark[row])
            named.to[row] = _see(addresses, met.to, at, met.to_mark[row])
        for row in range(event, event_stop):
            named.contract[row] = _see_unless_none(addresses, met.contract, row)
            named.subject[row] = _see_unless_none(addresses, met.subject, row)
            named.other[row] = _see_unless_none(addresses, met.other, row)
        mine = tx * ADDRESS_WORDS
        if stop > first and same_key(
            met.sender, mine, met.source, first * ADDRESS_WORDS, ADDRESS_WORDS
        ):
            zero = not _is_some(met.sender, mine)
            named.sender[tx] = _NONE if zero else named.source[first]
        else:
            named.sender[tx] = _see_unless_none(addresses, met.sender, tx)
        named.met[tx, 0], named.met[tx, 1] = addresses.used[0], tokens.used[0]
    return n_tx
