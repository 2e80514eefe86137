"""Several adjacent runs into one."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from dalil.ledger.runs.file import Counts, Rows, possible
from dalil.ledger.runs.rewrite import rewrite

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from dalil.ledger.runs.run import Run

__all__ = ["merge_runs"]


def merge_runs(
    runs: Sequence[Run], path: Path, go_on: Callable[[], None] | None = None
) -> Rows:
    """Write the run that covers all of `runs`, oldest first, and give its rows.

    The file is, byte for byte, the one that building over these rows in one
    go gives. Cost: each run is read once, and the new one written once; memory
    is bounded by buffers of some MB, and mapped pages are let go of. Other
    threads run meanwhile. `go_on`, if given, is called every few MB: what it
    raises ends the merge, and nothing stays behind.

    Raises
    ------
    ValueError
        If there are none, a run does not follow the one before, or there are
        more than 2³² - 2 rows of any table.
    StoreError
        If a run is damaged so that this cannot be done. Not every damage shows
        here: hashes are compared by `Run.verify` only.
    OSError
        If the disk is full, or fails; nothing stays behind.
    """
    if not runs:
        raise ValueError("nothing to merge")
    for older, newer in pairwise(runs):
        for before, after in zip(older.rows, newer.rows, strict=True):
            if before[1] != after[0]:
                raise ValueError(f"{newer.path} does not follow {older.path}")
    first, last = runs[0].rows, runs[-1].rows
    rows = Rows(*((a[0], b[1]) for a, b in zip(first, last, strict=True)))
    if not possible(rows, Counts(0, 0, 0, 0, 0)):
        raise ValueError(f"no run can cover {rows}")
    rewrite(runs, rows, path, go_on)
    return rows
