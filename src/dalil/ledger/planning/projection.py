"""What a ledger of a whole chain would take, projected from smaller builds.

A projection adds up terms, each with the number it rests on; it is arithmetic
over what was measured on one machine with made-up chains, not a promise. Times
are added as though nothing overlapped, and what the model leaves out is said
(`NOT_IN_THE_MODEL`).
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.errors import InputError
from dalil.ledger.layout import COLUMNS
from dalil.ledger.planning.segments import RECORD_BYTES, segments_of, times_merged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dalil.ledger.planning.chains import Counts

__all__ = [
    "NOT_IN_THE_MODEL",
    "Machine",
    "Projection",
    "Sample",
    "Slopes",
    "Term",
    "fit_slopes",
    "primary_bytes",
    "project",
    "run_bytes",
]


NOT_IN_THE_MODEL = (
    "a disk slower when it is full, shared or written to at the same time",
    "undo data (rev*.dat), which only a chain that starts in the middle needs",
    "the system's page cache: mapped files may stay resident beside the peak "
    "stated here, and the system takes them back when memory is short",
    "a second build because a block near the tip breaks a rule",
    "made-up scripts and signatures being more alike than real ones",
    "older runs being compared more slowly than the disk reads them",
)


class Sample(NamedTuple):
    """One build that was measured."""

    what: str
    counts: Counts
    seconds: float
    disk_bytes: int


class Machine(NamedTuple):
    """What the machine was measured to do."""

    read_rate: float
    """Bytes a second, read in sequence from `read_from`, cache dropped."""
    read_from: str
    write_rate: float
    """Bytes a second, written and synced."""
    record_bytes: float
    """Memory a block record takes as Python objects."""
    record_seconds: float


class Slopes(NamedTuple):
    """Seconds for each thing in a build; 0 where it could not be told apart."""

    fixed: float
    tx: float
    input: float
    output: float
    raw_byte: float
    worst: float
    """Largest deviation of a sample from the fit, as a share of its time."""

    def seconds(self, counts: Counts) -> float:
        """Return what a build of so many takes, in memory."""
        each = (1, counts.txs, counts.inputs, counts.outputs, counts.raw_bytes)
        return sum(slope * n for slope, n in zip(self[:5], each, strict=True))


class Term(NamedTuple):
    """One part of the projected time, and what it rests on."""

    what: str
    seconds: float
    rests_on: str


class Projection(NamedTuple):
    """What a chain would take; every field is projected, none measured."""

    terms: tuple[Term, ...]
    segments: int
    times_merged: float
    """How often a row of a run is written anew, on average."""
    older_bytes_read: int
    primary_bytes: int
    run_bytes: int
    peak_disk_bytes: int
    """While the last runs are merged, old and new lie side by side."""
    peak_memory_bytes: int
    """The setting, and what block records take beyond what is kept for them."""

    @property
    def seconds(self) -> float:
        """Return the sum of all terms."""
        return sum(term.seconds for term in self.terms)


def fit_slopes(samples: Sequence[Sample]) -> Slopes:
    """Fit non-negative slopes by least squares of relative deviations.

    Every subset of the five unknowns is solved and the best one kept whose
    values are all positive: with so few unknowns that is exact.

    Raises
    ------
    InputError
        If there is no sample.
    """
    if not samples:
        raise InputError("no build was measured", len(samples))
    rows = [
        [1, c.txs, c.inputs, c.outputs, c.raw_bytes]
        for c in (sample.counts for sample in samples)
    ]
    times = np.array([sample.seconds for sample in samples])
    scaled = np.array(rows, np.float64) / times[:, None]
    best, found = np.inf, np.zeros(5)
    for size in range(1, 6):
        for chosen in combinations(range(5), size):
            part = scaled[:, chosen]
            unit = part.max(axis=0)
            solved = np.linalg.lstsq(part / unit, np.ones(times.size), rcond=None)[0]
            residual = float(np.sum((part / unit @ solved - 1) ** 2))
            if np.all(solved >= 0) and residual < best * (1 - 1e-9):
                best, found = residual, np.zeros(5)
                found[list(chosen)] = solved / unit
    worst = float(np.abs(scaled @ found - 1).max())
    fixed, tx, input_, output, raw = (float(slope) for slope in found)
    return Slopes(fixed, tx, input_, output, raw, worst)


def primary_bytes(counts: Counts) -> int:
    """Bytes of the primary columns, from the layout; no outside inputs."""
    rows = {
        "block": counts.blocks,
        "tx": counts.txs,
        "input": counts.inputs,
        "output": counts.outputs,
        "address": counts.addresses,
    }
    return sum(
        column.row_bytes * rows.get(name.partition(".")[0], 0)
        for name, column in COLUMNS.items()
    )


def run_bytes(counts: Counts) -> int:
    """Bytes of the derived runs once merged: indexes, spenders, histories."""
    return (37 * counts.txs + 45 * counts.addresses) // 2 + 12 * counts.outputs


def project(
    counts: Counts, slopes: Slopes, machine: Machine, memory: int
) -> Projection:
    """Project a build of a whole chain in one go.

    Parameters
    ----------
    counts : Counts
        The chain.
    slopes : Slopes
        Of builds on this machine.
    machine : Machine
        Its disk and its Python objects.
    memory : int
        The build's memory setting, bytes.
    """
    ends = segments_of(counts, memory)
    merged = times_merged(counts, ends)
    primary, runs = primary_bytes(counts), run_bytes(counts)
    indexes = 18 * (counts.txs + counts.addresses)
    touched = 8 * (counts.txs + counts.outputs)
    older = (indexes + touched) * sum(ends[:-1]) // counts.txs
    read, write = machine.read_rate, machine.write_rate
    terms = (
        Term(
            "parsing, hashing, linking, interning, committing",
            slopes.seconds(counts),
            "slopes of the builds measured",
        ),
        Term(
            "reading the blocks",
            counts.raw_bytes / read,
            f"raw bytes at {read / 1e6:,.0f} MB/s from {machine.read_from}",
        ),
        Term(
            "finding block records",
            counts.blocks * machine.record_seconds,
            f"{machine.record_seconds * 1e6:.1f} us a record",
        ),
        Term(
            "reading older runs, once a segment",
            older / read,
            "for each of the segments, of what came before: at most 18 bytes a "
            "transaction and an address, and 8 a transaction and an output; at the "
            "blocks' reading speed",
        ),
        Term(
            "writing",
            (primary + runs) / write,
            f"columns and runs at {write / 1e6:,.0f} MB/s",
        ),
        Term(
            "merging runs",
            merged * runs * (1 / read + 1 / write),
            f"each row {merged:.2f} times, by the rule builds follow",
        ),
    )
    return Projection(
        terms,
        len(ends),
        merged,
        older,
        primary,
        runs,
        primary + runs + (runs if merged else 0),
        memory + counts.blocks * max(0, int(machine.record_bytes) - RECORD_BYTES),
    )
