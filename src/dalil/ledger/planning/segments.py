"""Into which segments a build would cut a chain, and how often it would merge.

The same arithmetic as a build's, without its rows. The figures below are those
of `build`, `writer` and `taking`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from dalil.errors import InputError
from dalil.ledger.runs import Rows
from dalil.ledger.segment.arena import BLOCK
from dalil.ledger.segment.lists import PER_BLOCK
from dalil.ledger.segment.pool import Totals, bytes_needed
from dalil.ledger.store.commit import RunRows
from dalil.ledger.store.housekeeping import mergeable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dalil.ledger.planning.chains import Counts

__all__ = [
    "FIRST_SEGMENT",
    "LEAST_SEGMENT",
    "OWN_BYTES",
    "RECORD_BYTES",
    "TAKEN_ROW_BYTES",
    "TAKEN_TX_BYTES",
    "segment_bytes",
    "segments_of",
    "times_merged",
]

OWN_BYTES = 600_000_000
"""What a build keeps of its memory for itself; the rest is the segment's."""

RECORD_BYTES = 900
"""What it keeps for each block record."""

LEAST_SEGMENT = 150_000_000
"""The smallest segment a build works with."""

FIRST_SEGMENT = 256_000_000
"""A segment grows no larger while the index before it is smaller."""

TAKEN_TX_BYTES, TAKEN_ROW_BYTES = 100, 60
"""What a transaction, and an input or output, counts towards that."""


def segment_bytes(counts: Counts) -> int:
    """Memory that a segment of so many rows takes at its widest point.

    For rows as a whole chain has them: nothing told from outside, few bare
    scripts, partitions of about the same size.
    """
    rows = Totals(counts.txs, counts.inputs, counts.outputs)
    dead = 8 * BLOCK * (counts.txs + counts.inputs) // PER_BLOCK[0]
    kept = 8 * BLOCK * counts.outputs // PER_BLOCK[3]
    return bytes_needed(rows, dead, kept)


def segments_of(counts: Counts, memory: int) -> list[int]:
    """Cut the chain's transactions into the segments that builds take.

    Returns where each segment ends. Each is a commit and, until it is merged,
    a run.

    Raises
    ------
    InputError
        If the memory is too little to build in.
    """
    own = OWN_BYTES + RECORD_BYTES * counts.blocks
    room = memory - own
    if room < LEAST_SEGMENT:
        what = f"{memory:,} bytes of memory are too little for so many blocks"
        raise InputError(f"{what}; they need at least", own + LEAST_SEGMENT)
    most = max(1, counts.txs * room // segment_bytes(counts))
    rows = TAKEN_ROW_BYTES * (counts.inputs + counts.outputs) / counts.txs
    index = 16 * (1 + counts.addresses / counts.txs)
    ends = [0]
    while ends[-1] < counts.txs:
        enough = max(FIRST_SEGMENT, index * ends[-1]) / (TAKEN_TX_BYTES + rows)
        ends.append(min(counts.txs, ends[-1] + min(most, int(enough) + 1)))
    return ends[1:]


def times_merged(counts: Counts, ends: Sequence[int]) -> float:
    """Say how often a row of a run is written anew, on average.

    Plays the rule that builds merge by through, segment by segment.
    """

    def rows(start: int, stop: int) -> Rows:
        n = counts.txs
        return Rows(*((size * start // n, size * stop // n) for size in sizes))

    sizes = (*counts[:5], 0)
    runs: list[tuple[int, int]] = []
    anew = 0
    for start, stop in pairwise((0, *ends)):
        runs.append((start, stop))
        while due := mergeable([RunRows("", rows(*run)) for run in runs]):
            merged = (runs[due][0][0], runs[due][-1][1])
            runs[due] = [merged]
            anew += merged[1] - merged[0]
    return anew / counts.txs
