"""Variants of the scripts of reorganisations: cut small, joined often, and long.

`test_reorgs.play` shows a tree of blocks to the builder bit by bit. The same
scripts are played here with segments of a few blocks and runs that are joined
soon, so that one reorg cuts runs of runs; and long ones take back more blocks
than are kept apart from what is settled.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest

from dalil.ledger import Ledger
from dalil.ledger.build import build_from_blocks
from dalil.ledger.runs import merge_runs, trim_run
from dalil.ledger.store import housekeeping, merging
from dalil.sources.blockfolder import open_blocks
from tests.ledger.breaking import small_pieces
from tests.ledger.core_files import framed
from tests.ledger.naive_ledger import Block, grow
from tests.ledger.test_reorgs import SCRIPTS, agree, memory_folder, play

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["memory_folder", "play_any"]

_SETTLED = housekeeping.SETTLED_BLOCKS


def play_any(seed: int, folder: Path) -> Counter[str]:
    """Play script `seed` in the variant that its number chooses; what happened."""
    counts: Counter[str] = Counter()

    def counted(what: str, real: Any) -> Any:
        def call(*args: Any) -> Any:
            counts[what] += 1
            return real(*args)

        return call

    with (
        patch.object(merging, "merge_runs", counted("runs joined", merge_runs)),
        patch.object(merging, "trim_run", counted("runs cut", trim_run)),
    ):
        if seed % 50 == 49:
            counts["reorgs deeper than 144 blocks"] += play_deep(seed, folder)
        elif seed % 2:
            rng = random.Random(seed)
            with small_pieces(rng.choice([1, 2, 4]), rng.choice([2, 3, 5]), seed % 9):
                play(seed, folder)
        else:
            play(seed, folder)
    return counts


def play_deep(seed: int, folder: Path) -> int:
    """Leave a branch of more blocks than are kept unsettled; how often.

    The border is where it is in real ledgers; segments and runs are small, so
    that what is cut was joined before.
    """
    rng = random.Random(seed)
    chain = [grow(None, rng)]
    deep = 0
    with small_pieces(rng.choice([7, 40]), 3, _SETTLED):
        for step in range(3):
            depth = (0, _SETTLED + rng.randrange(1, 60), rng.randrange(1, 250))[step]
            kept = chain[: max(1, len(chain) - depth)]
            fork: list[Block] = list(kept)
            more = len(chain) - len(kept) + rng.randrange(1, 40) + 220 * (not step)
            for _ in range(more):
                fork.append(grow(fork[-1], rng))
            name = folder / f"blk{step:05d}.dat"
            name.write_bytes(
                framed(block.raw for block in fork[len(kept) * bool(step) :])
            )
            reader = Ledger.open(folder / "ledger") if step else None
            report = build_from_blocks(folder / "ledger", open_blocks(folder))
            assert report.rolled_back == (len(chain) - len(kept) if step else 0)
            agree(Ledger.open(folder / "ledger"), fork)
            if reader:
                agree(reader, chain)
            deep += report.rolled_back > _SETTLED
            chain = fork
    return deep


def test_segments_of_some_blocks_and_runs_of_runs_leave_what_the_model_says(
    memory_folder: Path,
) -> None:
    happened: Counter[str] = Counter()
    for seed in range(1, 2 * SCRIPTS // 3, 2):
        (memory_folder / str(seed)).mkdir()
        happened += play_any(seed, memory_folder / str(seed))
    assert happened["runs joined"] > 10
    assert happened["runs cut"] > 2


@pytest.mark.parametrize("seed", [49, 149])
def test_more_blocks_are_taken_back_than_are_kept_apart(
    seed: int, memory_folder: Path
) -> None:
    assert play_any(seed, memory_folder)["reorgs deeper than 144 blocks"]


def test_a_branch_that_breaks_before_it_has_more_work_changes_nothing(
    memory_folder: Path,
) -> None:
    rng = random.Random(12)
    trunk = [grow(None, rng)]
    while len(trunk) < 30:
        trunk.append(grow(trunk[-1], rng))
    branch = trunk[:10]
    while len(branch) < 40:
        tip = branch[-1]
        if len(branch) == 24:  # from here on what is spent is spent once more
            tip = replace(tip, unspent=branch[4].unspent)
        branch.append(grow(tip, rng))
    ledger, (one, other) = memory_folder / "ledger", (memory_folder / n for n in "ab")
    one.write_bytes(framed(block.raw for block in trunk))
    other.write_bytes(framed(block.raw for block in branch[10:]))
    with small_pieces(3):
        build_from_blocks(ledger, open_blocks(one))
        before = Ledger.open(ledger).manifest_sha256
        report = build_from_blocks(ledger, open_blocks(other))
    assert any("not there to spend" in note.problem for note in report.notes)
    assert (report.added, report.rolled_back) == (0, 0)
    assert Ledger.open(ledger).manifest_sha256 == before
    agree(Ledger.open(ledger), trunk)
