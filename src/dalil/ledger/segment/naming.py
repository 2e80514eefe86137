"""Naming all addresses of a segment: older ids, and new ones in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.ledger.segment.addresses import (
    Codes,
    KeyRoom,
    NewAddresses,
    fold_keys,
    give_codes,
    place_keys,
    sort_keys,
)
from dalil.ledger.segment.job import Job, share
from dalil.ledger.segment.lists import OUTPUT, TOLD
from dalil.ledger.segment.number import list_scripts, number_addresses
from dalil.ledger.segment.order import buckets_for
from dalil.ledger.segment.pool import WRITERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.ledger.segment.arena import Arena
    from dalil.ledger.segment.linking import Outside

__all__ = ["Named", "list_long", "name_addresses"]


class Named(NamedTuple):
    """The new addresses: sorted index entries, columns, where each is from."""

    entries: NDArray[np.uint64]
    columns: NewAddresses
    source: NDArray[np.int64]


def name_addresses(
    job: Job, codes: Codes, spends: NDArray[np.int64], outside: Outside
) -> Named:
    """Turn `codes` into address ids, told outside inputs' among them."""
    kept, arena = job.kept, job.arena
    counts = kept.count[OUTPUT] + kept.count[TOLD]
    entries = arena.below((int(counts.sum()), 2), np.uint64)
    starts = np.cumsum(counts) - counts
    n_new = _fold(job, codes, spends, entries, starts)
    ends = np.cumsum(n_new)
    for start, end, n in zip(
        starts.tolist(), ends.tolist(), n_new.tolist(), strict=True
    ):
        entries[end - n : end] = entries[start : start + n]
    entries = entries[: int(ends[-1])]
    columns = NewAddresses(
        arena.below(entries.shape[0], np.uint8),
        arena.below((entries.shape[0], 4), np.uint64),
    )
    source = arena.below(entries.shape[0], np.int64)
    address = outside.address
    if not outside.first_output.size:
        address = np.zeros(0, np.uint32)
    n_named = number_addresses(
        codes, outside.input, outside.first_output, address, source
    )
    assert n_named == source.size

    def work(_thread: int, part: int) -> None:
        mine = entries[int(ends[part] - n_new[part]) : int(ends[part])]
        place_keys(kept.written.words, mine, codes, columns)

    share(job, work)
    return Named(entries, columns, source)


def _fold(
    job: Job,
    codes: Codes,
    spends: NDArray[np.int64],
    entries: NDArray[np.uint64],
    starts: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Fold records by key, find older addresses, give codes.

    Entries of a partition's new keys come to lie from its start on; returns
    how many each has.
    """
    kept, floor = job.kept, job.arena.low
    rooms = [_room(job.arena, kept.totals.most_keys) for _ in range(WRITERS)]
    older = job.before.n_address > 0
    n_new = np.zeros(starts.size, np.int64)
    stops = np.append(starts[1:], entries.shape[0])

    def work(thread: int, part: int) -> None:
        room, mine = rooms[thread], entries[int(starts[part]) : int(stops[part])]
        n = int(fold_keys(part, kept.written, job.mix, spends, room, mine))
        sort_keys(mine, n, room, job.mix.bits, buckets_for(n))
        if n and older:
            job.old.find_addresses(mine[:n], room.found)
        n_new[part] = give_codes(part, kept.written, mine, n, room.found, codes)

    share(job, work)
    job.arena.low = floor
    return n_new


def list_long(
    job: Job, codes: Codes, source: NDArray[np.int64]
) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """List the scripts of new addresses whose key is but a hash."""
    n, arena = job.kept.totals.n_long, job.arena
    address, script = arena.below(n, np.uint32), arena.below((n, 68), np.uint8)
    found = 0
    for _, start, stop in sorted(job.kept.scripts):
        found = int(
            list_scripts(
                arena.words, (start, stop), codes, source, address, script, found
            )
        )
    return address[:found], script[:found]


def _room(arena: Arena, n: int) -> KeyRoom:
    return KeyRoom(
        arena.below(max(256, 1 << (2 * n).bit_length()), np.uint64),
        arena.below((n, 2), np.uint64),
        arena.below((1 << buckets_for(n)) + 2, np.uint32),
        arena.below(n, np.int64),
    )
