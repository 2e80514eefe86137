"""A ledger's runs as files: opened, merged where due, cut for a reorg."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from dalil.errors import StoreError
from dalil.ledger.runs import Rows, Run, Runs, merge_runs, trim_run
from dalil.ledger.runs.file import encode_header
from dalil.ledger.store.commit import Commit, RunRows
from dalil.ledger.store.housekeeping import mergeable

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["merge_where_due", "named_run", "open_runs", "run_file", "runs_up_to"]


def open_runs(ledger: Path, commit: Commit) -> Runs:
    """Map a commit's runs."""
    return Runs([_open(ledger, run) for run in commit.runs], commit.seed)


def _open(ledger: Path, run: RunRows) -> Run:
    """Map a run, and refuse one that has only the name and the rows of it.

    Raises
    ------
    StoreError
        If it is not the run that the commit names, or damaged.
    """
    opened = Run.open(ledger / "runs" / run.name, run.rows)
    if _header_sha256(opened) != run.sha256:
        raise StoreError("a run is another than the ledger's commit names", opened.path)
    return opened


def _header_sha256(run: Run) -> str:
    return sha256(encode_header(run.rows, run.counts, run.hashes)).hexdigest()


def named_run(path: Path, rows: Rows) -> RunRows:
    """Describe a run that was just written, for a commit to name it."""
    return RunRows(path.name, rows, _header_sha256(Run.open(path, rows)))


def run_file(ledger: Path, commit: Commit, extra: int = 0) -> Path:
    """Name a file for a new run: one that no commit has named yet."""
    folder = ledger / "runs"
    folder.mkdir(exist_ok=True)
    return folder / f"{commit.number + 1:08d}{extra:03d}.run"


def merge_where_due(ledger: Path, commit: Commit) -> Commit:
    """Merge runs until none are due, each merge a commit of its own."""
    while due := mergeable(commit.runs):
        merged = commit.runs[due]
        target = run_file(ledger, commit)
        rows = merge_runs([_open(ledger, run) for run in merged], target)
        runs = list(commit.runs)
        runs[due] = [named_run(target, rows)]
        commit = replace(commit, runs=runs, number=commit.number + 1)
        commit.save(ledger)
    return commit


def runs_up_to(ledger: Path, commit: Commit, stops: dict[str, int]) -> list[RunRows]:
    """Cut a commit's runs to the rows that stay; the cut one is written anew.

    Nothing counts of it until a commit names it.
    """
    kept: list[RunRows] = []
    for i, run in enumerate(commit.runs):
        if run.rows.block[0] >= stops["block"]:
            break
        if run.rows.block[1] > stops["block"]:
            spans = run.rows._asdict().items()
            rows = Rows(*((a, min(b, stops[table])) for table, (a, b) in spans))
            target = run_file(ledger, commit, 900 + i % 100)
            trim_run(_open(ledger, run), rows, target)
            run = named_run(target, rows)
        kept.append(run)
    return kept
