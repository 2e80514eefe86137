"""Linking all inputs of a segment, and listing those from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.ledger.segment.job import Job, share
from dalil.ledger.segment.lists import TX
from dalil.ledger.segment.order import buckets_for, sort_marks
from dalil.ledger.segment.outside import NONE_WRONG, fill_told, number_outside
from dalil.ledger.segment.pool import WRITERS
from dalil.ledger.segment.rows import NO_ADDRESS
from dalil.ledger.segment.spends import (
    Links,
    SpendRoom,
    add_spends,
    keep_found,
    place_outpoints,
    sort_txs,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.ledger.segment.arena import Arena

__all__ = ["Outside", "link_inputs", "list_outside"]

_PLACED = 1 << 61
"""Above every output: where `spends` holds an outside input's place."""


class Outside(NamedTuple):
    """Columns of outside inputs; `first_output` is empty where nothing is told.

    It says before which output of the segment the input comes.
    """

    input: NDArray[np.int64]
    outpoint: NDArray[np.uint8]
    value: NDArray[np.int64]
    address: NDArray[np.uint32]
    type: NDArray[np.uint8]
    first_output: NDArray[np.uint32]


def link_inputs(
    job: Job, spends: NDArray[np.int64], tx_entries: NDArray[np.uint64]
) -> tuple[bool, int]:
    """Link inputs inside the segment; note what older runs have.

    Returns whether an output was spent twice, and the first input that names
    an output its transaction lacks, or `NONE_WRONG`.
    """
    kept, mix, floor = job.kept, job.mix, job.arena.low
    seen = job.arena.below(kept.totals.n_out, np.uint8)
    seen[:] = 0
    wrong = np.tile(np.array([NONE_WRONG, 0], np.int64), (WRITERS, 1))
    links = [Links(spends, seen, job.before.n_output, mine) for mine in wrong]
    most = kept.totals.most_txs, kept.totals.most_spends
    rooms = [_room(job.arena, *most) for _ in range(WRITERS)]
    ends = np.cumsum(kept.count[TX])
    older = job.before.n_tx > 0

    def work(thread: int, part: int) -> None:
        room, n_tx = rooms[thread], int(kept.count[TX, part])
        entries = tx_entries[int(ends[part]) - n_tx : int(ends[part])]
        bits = buckets_for(n_tx)
        sort_txs(part, kept.written, mix, bits, room, entries)
        n = int(add_spends(part, kept.written, mix, bits, room, links[thread]))
        if n and older:
            bits, missed = buckets_for(n), room.ordered
            sort_marks(room.missed, n, missed, room.starts, mix.bits, bits)
            room.found[:n] = -1
            job.old.find_txs(missed[:n], room.found)
            keep_found(kept.written.words, missed, n, room.found, spends)

    share(job, work)
    job.arena.low = floor
    return bool(wrong[:, 1].any()), int(wrong[:, 0].min())


def list_outside(job: Job, n: int, spends: NDArray[np.int64]) -> Outside:
    """List the `n` outside inputs in order, with what is known of them."""
    kept, arena = job.kept, job.arena
    inputs, outpoint = arena.above(n, np.int64), arena.above((n, 36), np.uint8)
    number_outside(spends, _PLACED, inputs)

    def work(_thread: int, part: int) -> None:
        place_outpoints(part, kept.written, spends, _PLACED, outpoint.view(np.uint32))

    if n:
        share(job, work)
    if not kept.totals.n_told:
        return Outside(
            inputs,
            outpoint,
            np.broadcast_to(np.int64(-1), n),
            np.broadcast_to(np.uint32(NO_ADDRESS), n),
            np.broadcast_to(np.uint8(255), n),
            np.zeros(0, np.uint32),
        )
    value, address = arena.above(n, np.int64), arena.above(n, np.uint32)
    kind, first = arena.above(n, np.uint8), arena.above(n, np.uint32)
    pieces = np.array(sorted(kept.told), np.int64).reshape(-1, 3)
    fill_told(kept.written.words, pieces, inputs, value, kind, first)
    return Outside(inputs, outpoint, value, address, kind, first)


def _room(arena: Arena, n_tx: int, n_spends: int) -> SpendRoom:
    return SpendRoom(
        arena.below((n_tx, 2), np.uint64),
        arena.below((n_tx, 2), np.uint64),
        arena.below((1 << buckets_for(max(n_tx, n_spends))) + 2, np.uint32),
        arena.below((n_spends, 2), np.uint64),
        arena.below((n_spends, 2), np.uint64),
        arena.below(n_spends, np.int64),
    )
