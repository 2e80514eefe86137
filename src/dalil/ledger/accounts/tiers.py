"""Which runs to merge, and which files nobody needs any more.

Eight neighbours of one size class become one, so that a look-up asks a few
dozen runs at the most and a row is rewritten a few times at the most, however
the chain came in. The last blocks are kept apart: a reorg makes the run anew
that holds them, and must not have to make a big one.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dalil.ledger.accounts.commit import Commit
    from dalil.ledger.accounts.runfile import Spans

__all__ = ["SETTLED_BLOCKS", "mergeable", "remove_unnamed"]

SETTLED_BLOCKS = 144
"""Blocks at the tip whose runs are not merged with older ones."""

_FAN = 8
_LEAST_ROWS = 4096


def _rows(spans: Spans) -> int:
    return max(stop - start for start, stop in spans)


def _tier(spans: Spans) -> int:
    tier, size = 0, _LEAST_ROWS
    while _rows(spans) >= size:
        tier, size = tier + 1, size * _FAN
    return tier


def mergeable(runs: Sequence[Spans], most: int) -> slice | None:
    """Choose neighbours to merge into one run, or None.

    Eight of one tier, with whatever smaller ones lie between them, all on one
    side of the settled border, and together no more than `most` rows.
    """
    if len(runs) < _FAN:
        return None
    settled = runs[-1].block[1] - SETTLED_BLOCKS
    kept = [spans.block[1] <= settled for spans in runs]
    tiers = [_tier(spans) for spans in runs]
    for tier in sorted(set(tiers)):
        stop = start = len(runs)
        while start > 0:
            start -= 1
            if tiers[start] > tier or kept[start] != kept[stop - 1]:
                stop = start + (tiers[start] <= tier)
            due = runs[start:stop]
            if tiers[start:stop].count(tier) == _FAN and sum(map(_rows, due)) <= most:
                return slice(start, stop)
    return None


def remove_unnamed(ledger: Path, commit: Commit) -> None:
    """Remove chunks and runs that the commit does not name.

    They are left over from a kill, or replaced by a reorg or a merge. Whoever
    has them mapped keeps them.
    """
    named = {ledger / "runs" / run.name for run in commit.runs}
    for name in commit.editions:
        named.update(commit.files(ledger, name))
    for folder in [ledger / "runs", *(ledger / "columns").glob("*")]:
        for file in folder.glob("*"):
            if file not in named:
                with contextlib.suppress(OSError):
                    file.unlink()
