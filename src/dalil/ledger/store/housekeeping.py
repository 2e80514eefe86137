"""Which runs to merge, and which files nobody needs any more.

Runs are merged in tiers: eight neighbours of one size class become one, so that
a look-up asks a few dozen runs at the most and a row is rewritten a few times
at the most, however the chain came in. The last blocks are kept apart: a reorg
trims the runs that hold them, and must not have to rewrite a big one.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dalil.ledger.store.commit import Commit, RunRows

__all__ = ["SETTLED_BLOCKS", "mergeable", "remove_unnamed"]

SETTLED_BLOCKS = 144
"""Blocks at the tip whose runs are not merged with older ones: a day's worth."""

_FAN = 8
_LEAST_ROWS = 4096
_MOST_ROWS = (1 << 32) - 2


def _tier(run: RunRows) -> int:
    start, stop = run.rows.output
    tier, size = 0, _LEAST_ROWS
    while stop - start > size:
        tier, size = tier + 1, size * _FAN
    return tier


def mergeable(runs: Sequence[RunRows]) -> slice | None:
    """Choose neighbours to merge into one run, or None.

    Eight runs of one tier, with whatever smaller ones lie between them, all on
    one side of the settled border: so a row is rewritten once a tier. Smaller
    tiers come first.
    """
    if len(runs) < _FAN:
        return None
    settled = runs[-1].rows.block[1] - SETTLED_BLOCKS
    kept = [run.rows.block[1] <= settled for run in runs]
    tiers = [_tier(run) for run in runs]
    for tier in sorted(set(tiers)):
        stop = start = len(runs)
        while start > 0:
            start -= 1
            if tiers[start] > tier or kept[start] != kept[stop - 1]:
                stop = start + (tiers[start] <= tier)
            if tiers[start:stop].count(tier) == _FAN and _fit(runs[start:stop]):
                return slice(start, stop)
    return None


def _fit(runs: Sequence[RunRows]) -> bool:
    """Tell whether one run may hold the rows of all: their places are 32 bits."""
    spans = zip(runs[0].rows, runs[-1].rows, strict=True)
    return all(last[1] - first[0] < _MOST_ROWS for first, last in spans)


def remove_unnamed(ledger: Path, commit: Commit) -> None:
    """Remove chunks and runs that the commit does not name.

    They are left over from a kill, or replaced by a reorg or a merge. Whoever
    has them mapped keeps them.
    """
    named = {ledger / "runs" / run.name for run in commit.runs}
    for name in commit.editions:
        named.update(commit.files(ledger, name))
    folders = [ledger / "runs", *(ledger / "columns").glob("*")]
    for folder in folders:
        for file in folder.glob("*"):
            if file not in named:
                with contextlib.suppress(OSError):
                    file.unlink()
