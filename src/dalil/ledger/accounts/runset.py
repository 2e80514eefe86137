"""A ledger's runs while it is written: made beside the build, merged, cut."""

from __future__ import annotations

import contextlib
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from dalil.ledger.accounts.commit import NamedRun
from dalil.ledger.accounts.layout import RUN_COLUMNS
from dalil.ledger.accounts.runfile import Run, Spans, make_run, open_run, write_run
from dalil.ledger.accounts.tiers import mergeable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Look = Callable[[str], NDArray[Any]]

__all__ = ["RunSet"]


class RunSet:
    """Runs in order, each with its name, and at most one that is being made.

    Parameters
    ----------
    ledger : Path
    seed : int
    most_rows : int
        No merge makes a run of more.
    """

    def __init__(self, ledger: Path, seed: int, most_rows: int) -> None:
        self._folder, self._seed, self._most = ledger / "runs", seed, most_rows
        self._held: list[tuple[NamedRun, Run]] = []
        self._parts = ThreadPoolExecutor(2)
        self._beside = ThreadPoolExecutor(1)
        self._coming: Future[tuple[NamedRun, Run]] | None = None

    @property
    def named(self) -> list[NamedRun]:
        """What a commit says of the runs."""
        return [named for named, _ in self._held]

    @property
    def opened(self) -> list[Run]:
        """The runs themselves."""
        return [run for _, run in self._held]

    def close(self) -> None:
        """Wait for what is being made, whatever becomes of it."""
        if self._coming is not None:
            with contextlib.suppress(Exception):
                self._coming.result()
        self._beside.shutdown()
        self._parts.shutdown()

    def begin(self, spans: Spans, number: int, look: Look) -> None:
        """Begin to make a run of rows that will not change any more."""
        columns = {name: look(name) for name in RUN_COLUMNS}
        self._coming = self._beside.submit(
            self._make, spans, number, columns.__getitem__
        )

    def land(self) -> None:
        """Wait for the run that is being made, and put it behind the others.

        Raises
        ------
        OSError
            If it could not be written.
        """
        coming, self._coming = self._coming, None
        if coming is not None:
            self._held.append(coming.result())

    def merge_once(self, number: int, look: Look) -> bool:
        """Merge some runs if that is due; tells whether it was."""
        due = mergeable([named.spans for named in self.named], self._most)
        if due is None:
            return False
        merged = [named.spans for named in self.named[due]]
        ends = zip(merged[0], merged[-1], strict=True)
        spans = Spans(*((first[0], last[1]) for first, last in ends))
        self._held[due] = [self._make(spans, number, look)]
        return True

    def cut(
        self,
        runs: Sequence[NamedRun],
        stops: Mapping[str, int] | None,
        number: int,
        look: Look,
    ) -> None:
        """Open the runs of what stays; one that is cut is made anew."""
        self._held = []
        for i, named in enumerate(runs):
            if stops and named.spans.block[1] > stops["block"]:
                pairs = named.spans._asdict().items()
                spans = Spans(*((a, max(a, min(b, stops[t]))) for t, (a, b) in pairs))
                if spans.block[0] < spans.block[1] or not self._held:
                    extra = 900 + i % 100
                    self._held.append(self._make(spans, number, look, extra))
                break
            path = self._folder / named.name
            self._held.append((named, open_run(path, named.spans, named.sha256)))

    def _make(
        self, spans: Spans, number: int, look: Look, extra: int = 0
    ) -> tuple[NamedRun, Run]:
        path = self._folder / f"{number:08d}{extra:03d}.run"
        path.parent.mkdir(exist_ok=True)
        run = make_run(look, spans, self._seed, self._parts)
        named = NamedRun(path.name, spans, write_run(path, run))
        return named, open_run(path, spans, named.sha256)
