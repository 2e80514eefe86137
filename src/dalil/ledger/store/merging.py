"""A ledger's runs as files: opened, merged beside a build, cut for a reorg."""

from __future__ import annotations

import contextlib
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from threading import Event
from typing import TYPE_CHECKING

from dalil.errors import StoreError
from dalil.ledger.runs import Rows, Run, Runs, merge_runs, trim_run
from dalil.ledger.runs.file import encode_header
from dalil.ledger.store.commit import Commit, RunRows
from dalil.ledger.store.housekeeping import mergeable

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Merging", "named_run", "open_runs", "run_file", "runs_up_to"]

_MERGED = 500
"""What tells a merged run's file from that of a segment committed meanwhile."""


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


class _StoppedError(Exception):
    """The build that a merge is for has ended."""


@dataclass(frozen=True, slots=True)
class _Merge:
    """A merge on its way: of which runs, and the one that it makes of them."""

    sources: list[RunRows]
    merged: Future[RunRows]

    def replaced(self, runs: list[RunRows], merged: RunRows) -> list[RunRows]:
        """Put the merged run where its sources are."""
        at = runs.index(self.sources[0])
        return [*runs[:at], merged, *runs[at + len(self.sources) :]]


class Merging:
    """Merges runs beside the writer that goes on, one merge at a time.

    Runs are never changed, so that a merge needs nothing of what is committed
    meanwhile; what it made counts with the commit that names it. Which runs are
    merged does not depend on how fast: before a second merge is due, the first
    one is waited for.
    """

    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger
        self._thread = ThreadPoolExecutor(1, "merging")
        self._stop = Event()
        self._open: _Merge | None = None

    def begin(self, commit: Commit) -> bool:
        """Begin the merge that is due, if none is on its way; tells whether one is."""
        due = mergeable(commit.runs)
        if self._open is None and due is not None:
            sources = commit.runs[due]
            target = run_file(self._ledger, commit, _MERGED)
            merged = self._thread.submit(self._merge, sources, target)
            self._open = _Merge(sources, merged)
        return self._open is not None

    def _merge(self, sources: list[RunRows], target: Path) -> RunRows:
        runs = [_open(self._ledger, run) for run in sources]
        return named_run(target, merge_runs(runs, target, self._go_on))

    def _go_on(self) -> None:
        if self._stop.is_set():
            raise _StoppedError

    def replaced(self, runs: list[RunRows], *, wait: bool = False) -> list[RunRows]:
        """Put a merged run in place of those it was made of, if it is done.

        Waits for it if told to, or if another merge will be due behind it.

        Raises
        ------
        StoreError
            If a run is damaged so that it cannot be merged.
        OSError
            If the disk is full, or fails.
        """
        merge = self._open
        if merge is None:
            return runs
        if not wait and not merge.merged.done():
            first, last = merge.sources[0].rows, merge.sources[-1].rows
            spans = zip(first, last, strict=True)
            coming = RunRows("", Rows(*((a[0], b[1]) for a, b in spans)))
            if mergeable(merge.replaced(runs, coming)) is None:
                return runs
        self._open = None
        return merge.replaced(runs, merge.merged.result())

    def clear(self, gone: list[RunRows]) -> None:
        """Remove the files of runs that no commit names any more."""
        for run in gone:
            self._thread.submit(_unlink, self._ledger / "runs" / run.name)

    def close(self) -> None:
        """End the merge on its way, if any; what it wrote is removed."""
        self._stop.set()
        self._thread.shutdown(wait=True)


def _unlink(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


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
