"""Adding batches to a ledger of accounts: rows, commits, and taking blocks back."""

from __future__ import annotations

import contextlib
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from dalil.ledger.accounts.checking import check_batch, check_link
from dalil.ledger.accounts.commit import Commit, NamedRun
from dalil.ledger.accounts.layout import TABLES
from dalil.ledger.accounts.names import BYTES_A_NAME, Names
from dalil.ledger.accounts.rows import block_rows, transfer_rows
from dalil.ledger.accounts.runfile import Run, Spans, make_run, open_run, write_run
from dalil.ledger.accounts.tables import Tables, rows_after
from dalil.ledger.accounts.tiers import mergeable, remove_unnamed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.chains.accounts import AccountBatch
    from dalil.ledger.accounts.names import Ids

__all__ = ["Writer"]

BYTES_A_TRANSFER = 160
"""Of memory for each transfer that a segment's run is made of."""
_LEAST_SEGMENT, _MOST_SEGMENT = 1 << 16, 1 << 24


class Writer:
    """The one writer of a ledger; what it adds counts from `commit` on.

    Parameters
    ----------
    ledger : Path
    commit : Commit
        What counts so far.
    chain : str
        CAIP-2.
    memory : int
        Bytes; a segment is committed when half of it is used.
    """

    def __init__(self, ledger: Path, commit: Commit, chain: str, memory: int) -> None:
        self.commit_now, self.rolled_back, self.added = commit, 0, 0
        self._ledger, self._chain, self._memory = ledger, chain, memory
        room = memory // 2 // BYTES_A_TRANSFER
        self._segment = min(_MOST_SEGMENT, max(_LEAST_SEGMENT, room))
        self._threads = ThreadPoolExecutor(2)
        self._writing: Future[None] | None = None
        remove_unnamed(ledger, commit)
        self._runs: list[tuple[NamedRun, Run]] = []
        self._start(commit, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):
            self._wait()
        self._threads.shutdown()
        self._tables.close()

    def _start(self, commit: Commit, keep: dict[str, int] | None) -> None:
        """Open tables behind what stays of a commit, and begin a session."""
        self._tables = Tables(self._ledger, commit, keep)
        self._kept = keep
        self._runs = self._runs_up_to(commit.runs)
        self._begin_session()
        n_blocks = self._tables.rows("block")
        self.last: tuple[int, bytes] | None = None
        if n_blocks:
            number = int(commit.read(self._ledger, "block.number")[n_blocks - 1])
            tip = commit.read(self._ledger, "block.hash")[n_blocks - 1].tobytes()
            self.last = number, tip
        self._wide = self._tables.rows("wide")
        self._counts = {table: self._tables.rows(table) for table in TABLES}

    def _begin_session(self) -> None:
        look = self._tables.look
        self.names = Names(
            look("address.key"),
            [run.address for _, run in self._runs],
            look("token.kind"),
            look("token.key"),
            self.commit_now.seed,
        )

    # -- adding -------------------------------------------------------------

    def take(self, batch: AccountBatch) -> None:
        """Add a batch; where it begins at or before the tip, that is taken back.

        Raises
        ------
        InputError, SourceError
            If its columns do not fit, or its blocks do not follow. What was
            committed stays.
        """
        check_batch(batch)
        if not batch.block_number.size:
            return
        first = int(batch.block_number[0])
        if self.last is not None and first <= self.last[0]:
            self._take_back(first)
        follows = check_link(batch, self.last)
        ids = self.names.name(batch)
        self._wait()
        self.last = int(batch.block_number[-1]), batch.block_hash[-1].tobytes()
        counts = dict(self._counts)
        self._writing = self._threads.submit(self._write, batch, ids, follows, counts)
        self._count(batch, ids)
        self.added += batch.block_number.size
        pending = self._counts["transfer"] - self._committed("transfer")
        held = self.names.session_size * BYTES_A_NAME
        if pending >= self._segment or held > self._memory // 2:
            self.commit({})
            if held > self._memory // 2:
                self._begin_session()

    def known(self, number: int) -> bytes | None:
        """Tell the hash held at a height; None where there is none, or none told."""
        self._wait()
        held = self._tables.look("block.number")
        row = int(np.searchsorted(held, number))
        if row == held.size or int(held[row]) != number:
            return None
        raw = self._tables.look("block.hash")[row].tobytes()
        return raw if any(raw) else None

    def name_anchors(self, batch: AccountBatch) -> None:
        """Give ids to what anchors name, which come before all blocks."""
        ids = self.names.name(batch)
        for name, values in (
            ("address.key", ids.new_addresses),
            ("token.kind", ids.new_token_kinds),
            ("token.key", ids.new_tokens),
            ("anchor.address", ids.named.source),
            ("anchor.token", ids.named.token),
            ("anchor.amount", batch.transfer_amount),
        ):
            self._tables.append(name, values)
        self._counts["anchor"] += batch.transfer_kind.size
        self._counts["address"] = self.names.n_addresses
        self._counts["token"] += ids.new_token_kinds.size

    def _committed(self, table: str) -> int:
        return self._runs[-1][0].spans._asdict()[table][1] if self._runs else 0

    def _count(self, batch: AccountBatch, ids: Ids) -> None:
        wide = int(batch.transfer_amount[:, 1:].any(axis=1).sum())
        for table, n in (
            ("block", batch.block_number.size),
            ("tx", batch.tx_status.size),
            ("transfer", batch.transfer_kind.size),
            ("event", batch.event_kind.size),
            ("wide", wide),
            ("address", ids.new_addresses.shape[0]),
            ("token", ids.new_token_kinds.size),
        ):
            self._counts[table] += n

    def _write(
        self,
        batch: AccountBatch,
        ids: Ids,
        follows: NDArray[np.uint8],
        counts: dict[str, int],
    ) -> None:
        for name, values in transfer_rows(batch, ids, counts):
            self._tables.append(name, values)
        for name, values in block_rows(batch, ids, follows, counts):
            self._tables.append(name, values)

    def _wait(self) -> None:
        """Wait for the batch that is being written; its failure is ours."""
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    # -- committing ---------------------------------------------------------

    def finish(self, told: dict[str, Any], source: str) -> None:
        """Commit, unless everything is as it was."""
        base, number = self.commit_now, self._counts["block"]
        same = base.number and number == self._committed("block") and not self._kept
        if not same or told != base.told or source != base.manifest["source"]:
            self.commit(told, source)

    def commit(self, told: dict[str, Any], source: str | None = None) -> None:
        """Make all that was taken count."""
        self._wait()
        base = self.commit_now
        self._tables.settle(self._threads)
        number = base.number + 1
        runs = [named for named, _ in self._runs]
        start = runs[-1].spans if runs else Spans(*[(0, 0)] * 5)
        spans = Spans(
            *((span[1], self._counts[t]) for t, span in start._asdict().items())
        )
        if spans.block[0] < spans.block[1] or not runs:
            self._add_run(spans, number, 0, self._tables.look)
        tip = {"number": -1, "hash": ""}
        if self.last:
            tip = {"number": self.last[0], "hash": self.last[1].hex()}
        kind = source or base.manifest.get("source", "")
        facts = {"chain": self._chain, "source": kind, "tip": tip}
        self._save(
            replace(
                base,
                manifest=self._tables.manifest(facts),
                editions=self._tables.editions(),
                told=told or base.told,
            )
        )
        self._kept = None
        self._merge()
        remove_unnamed(self._ledger, self.commit_now)

    def _save(self, commit: Commit) -> None:
        runs = [named for named, _ in self._runs]
        commit = replace(commit, runs=runs, number=self.commit_now.number + 1)
        commit.save(self._ledger)
        self.commit_now = commit

    def _add_run(
        self,
        spans: Spans,
        number: int,
        extra: int,
        look: Callable[[str], NDArray[Any]],
    ) -> None:
        made = self._new_run(spans, number, extra, look)
        self._runs.append(made)

    def _new_run(
        self,
        spans: Spans,
        number: int,
        extra: int,
        look: Callable[[str], NDArray[Any]],
    ) -> tuple[NamedRun, Run]:
        path = self._ledger / "runs" / f"{number:08d}{extra:03d}.run"
        path.parent.mkdir(exist_ok=True)
        run = make_run(look, spans, self.commit_now.seed, self._threads)
        named = NamedRun(path.name, spans, write_run(path, run))
        return named, open_run(path, spans, named.sha256)

    def _merge(self) -> None:
        """Merge runs until none are due, each merge a commit of its own."""
        most = self._memory // BYTES_A_TRANSFER
        while due := mergeable([named.spans for named, _ in self._runs], most):
            merged = [named.spans for named, _ in self._runs[due]]
            spans = Spans(
                *((a[0], b[1]) for a, b in zip(merged[0], merged[-1], strict=True))
            )
            number = self.commit_now.number + 1
            self._runs[due] = [self._new_run(spans, number, 0, self._tables.look)]
            self._save(self.commit_now)

    # -- taking back --------------------------------------------------------

    def _take_back(self, first: int) -> None:
        """Go back to the blocks below a number; it counts with the next commit."""
        if self._counts["block"] > self._committed("block") or self._kept:
            self.commit({})
        commit = self.commit_now
        held = commit.read(self._ledger, "block.number")
        n_blocks = int(np.searchsorted(held, first))
        self.rolled_back += held.size - n_blocks
        self._tables.close()
        self._start(commit, rows_after(self._ledger, commit, n_blocks))

    def _runs_up_to(self, runs: list[NamedRun]) -> list[tuple[NamedRun, Run]]:
        """Open the runs of what stays; one that is cut is made anew."""
        kept: list[tuple[NamedRun, Run]] = []
        stops = self._kept
        for i, named in enumerate(runs):
            if stops and named.spans.block[1] > stops["block"]:
                pairs = named.spans._asdict().items()
                spans = Spans(*((a, max(a, min(b, stops[t]))) for t, (a, b) in pairs))
                if spans.block[0] < spans.block[1] or not kept:
                    number = self.commit_now.number + 1
                    look = self._tables.look
                    kept.append(self._new_run(spans, number, 900 + i % 100, look))
                break
            path = self._ledger / "runs" / named.name
            kept.append((named, open_run(path, named.spans, named.sha256)))
        return kept
