"""A run without its last rows: what a reorganisation leaves of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.ledger.runs.rewrite import rewrite

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.ledger.runs.file import Rows
    from dalil.ledger.runs.run import Run

__all__ = ["trim_run"]


def trim_run(run: Run, rows: Rows, path: Path) -> None:
    """Write the run of `rows`, which begin where `run` does and end earlier.

    What later rows did is undone: outputs spent from there are unspent, and
    addresses lose what they were paid there. The file is, byte for byte, the
    one that building only so far gives. Cost: as for a merge.

    Raises
    ------
    ValueError
        If the run does not cover these rows from its first.
    StoreError
        If a run is damaged so that this cannot be done. Not every damage shows
        here: hashes are compared by `Run.verify` only.
    OSError
        If the disk is full, or fails; nothing stays behind.
    """
    for (start, stop), (first, last) in zip(rows, run.rows, strict=True):
        if start != first or not start <= stop <= last:
            raise ValueError(f"{run.path} does not begin with {rows}")
    rewrite([run], rows, path)
