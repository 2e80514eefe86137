"""Merging beside a build: what it may do while others write, and when it ends."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from dalil.ledger.runs import merge_runs
from dalil.ledger.store import merging
from dalil.ledger.store.commit import Commit
from dalil.ledger.store.merging import Merging, open_runs
from tests.ledger import breaking

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A ledger of ten runs, none of them merged."""
    with breaking.small_pieces(fan=99):
        breaking.scenes(tmp_path)
    return tmp_path / "trunk"


def test_a_merge_under_way_changes_nothing_until_it_is_done(ledger: Path) -> None:
    commit, going = Commit.load(ledger), threading.Event()
    real = merge_runs

    def slow(*args: object) -> object:
        going.wait(30)
        return real(*args)  # type: ignore[arg-type]

    with breaking.small_pieces(), patch.object(merging, "merge_runs", slow):
        joined = Merging(ledger)
        assert joined.begin(commit)
        assert joined.begin(commit), "one at a time"
        with patch.object(merging, "mergeable", lambda _: None):
            assert joined.replaced(commit.runs) == commit.runs
        going.set()
        runs = joined.replaced(commit.runs, wait=True)
        joined.close()
    assert len(runs) < len(commit.runs)
    commit.runs = runs
    whole = open_runs(ledger, commit)
    assert whole.n_outputs == commit.n_rows("output.value")


def test_a_build_that_ends_leaves_no_half_of_a_merge(ledger: Path) -> None:
    commit, begun = Commit.load(ledger), threading.Event()
    before = sorted((ledger / "runs").iterdir())
    real = merge_runs

    def stopped(runs: object, path: object, go_on: object) -> object:
        begun.set()
        joined._stop.wait(30)
        return real(runs, path, go_on)  # type: ignore[arg-type]

    with breaking.small_pieces(), patch.object(merging, "merge_runs", stopped):
        joined = Merging(ledger)
        assert joined.begin(commit)
        begun.wait(30)
        joined.close()
    assert sorted((ledger / "runs").iterdir()) == before


def test_a_merge_that_fails_is_told_to_the_writer(ledger: Path) -> None:
    commit = Commit.load(ledger)

    def full(*_: object) -> object:
        raise OSError(28, "No space left on device")

    with breaking.small_pieces(), patch.object(merging, "merge_runs", full):
        joined = Merging(ledger)
        joined.begin(commit)
        with pytest.raises(OSError, match="No space"):
            joined.replaced(commit.runs, wait=True)
        joined.close()
