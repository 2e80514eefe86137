"""From a segment's columns to the file of its run.

Each part is a function of the rows alone: however a chain was cut into
segments, merging their runs gives the same bytes as building in one go.
"""

from __future__ import annotations

from concurrent.futures import wait
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from dalil.ledger.index import index_of
from dalil.ledger.runs.file import Counts
from dalil.ledger.runs.writing import RunWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from dalil.ledger.runs.file import Rows
    from dalil.ledger.runs.postings import Postings
    from dalil.ledger.runs.spent import Spent

__all__ = ["RunParts", "write_run"]


class RunParts(NamedTuple):
    """What a run holds: sorted entries (n, 2) uint64 of both indexes, and these."""

    tx_entries: NDArray[np.uint64]
    address_entries: NDArray[np.uint64]
    spent: Spent
    history: Postings
    outside: Postings


def write_run(
    path: Path, rows: Rows, parts: RunParts, threads: Executor | None = None
) -> None:
    """Write a run's file: under a temporary name, flushed, then renamed.

    Cost: one pass, hashing included; with `threads`, which the caller is none
    of, sections are hashed and written side by side. Not a byte depends on
    anything but rows and parts.

    Raises
    ------
    ValueError
        If the parts have not the sizes that the rows ask for, or these are
        2³² - 1 or more of any table.
    OSError
        If the disk is full, or fails; nothing stays behind.
    """
    spent, history, outside = parts.spent, parts.history, parts.outside
    tx = index_of(parts.tx_entries, 0)
    address = index_of(parts.address_entries, 0)
    counts = Counts(
        spent.older.shape[0],
        history.older.size,
        history.rows.size,
        outside.older.size,
        outside.rows.size,
    )
    sections: dict[str, NDArray[Any]] = {
        "tx.entries": tx.entries,
        "tx.buckets": tx.offsets,
        "tx.sieve": tx.sieve,
        "address.entries": address.entries,
        "address.buckets": address.offsets,
        "address.sieve": address.sieve,
        "spent.own": spent.own,
        "spent.older": spent.older,
    }
    for name, postings in (("history", history), ("outside", outside)):
        for field, values in postings._asdict().items():
            sections[f"{name}.{field}"] = values
    with RunWriter(path, rows, counts) as file:
        largest_first = sorted(sections, key=lambda name: -sections[name].nbytes)
        jobs = [partial(file[name].add, sections[name]) for name in largest_first]
        _do_all(jobs, threads)


def _do_all(jobs: list[Callable[[], None]], threads: Executor | None) -> None:
    if threads is None:
        for job in jobs:
            job()
        return
    begun = [threads.submit(job) for job in jobs]
    try:
        wait(begun)
    finally:
        # None may still write when the file is closed, and its number reused.
        for one in begun:
            one.cancel()
        wait(begun)
    for one in begun:
        one.result()
