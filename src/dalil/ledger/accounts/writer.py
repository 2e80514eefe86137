"""Adding batches to a ledger of accounts: rows, commits, and taking blocks back."""

from __future__ import annotations

import contextlib
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from dalil.ledger.accounts.checking import check_batch, check_link
from dalil.ledger.accounts.layout import TABLES
from dalil.ledger.accounts.names import BYTES_A_NAME, Names
from dalil.ledger.accounts.rows import block_rows, transfer_rows
from dalil.ledger.accounts.runfile import Spans
from dalil.ledger.accounts.runset import RunSet
from dalil.ledger.accounts.tables import Tables, rows_after
from dalil.ledger.accounts.tiers import remove_unnamed

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.chains.accounts import AccountBatch
    from dalil.ledger.accounts.commit import Commit
    from dalil.ledger.accounts.names import Ids

__all__ = ["Writer"]

BYTES_A_TRANSFER = 160
"""Of memory for each transfer that a segment's run is made of."""
_LEAST_SEGMENT, _MOST_SEGMENT = 1 << 16, 1 << 24


class Writer:
    """The one writer of a ledger; what it adds counts when it is committed.

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
        self._threads, self._pen = ThreadPoolExecutor(2), ThreadPoolExecutor(1)
        self._writing: Future[None] | None = None
        self._settled: Commit | None = None
        remove_unnamed(ledger, commit)
        self._runs = RunSet(ledger, commit.seed, memory // BYTES_A_TRANSFER)
        self._start(commit, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):
            self._wait()
        self._runs.close()
        self._pen.shutdown()
        self._threads.shutdown()
        self._tables.close()

    def _start(self, commit: Commit, keep: dict[str, int] | None) -> None:
        """Open tables behind what stays of a commit, and begin a session."""
        self._tables = Tables(self._ledger, commit, keep)
        self._kept = keep
        number = commit.number + 1
        self._runs.cut(commit.runs, keep, number, self._tables.look)
        self._begin_session()
        n_blocks = self._tables.rows("block")
        self.last: tuple[int, bytes] | None = None
        if n_blocks:
            number = int(commit.read(self._ledger, "block.number")[n_blocks - 1])
            tip = commit.read(self._ledger, "block.hash")[n_blocks - 1].tobytes()
            self.last = number, tip
        self._counts = {table: self._tables.rows(table) for table in TABLES}
        self._safe = dict(self._counts)

    def _begin_session(self) -> None:
        look = self._tables.look
        self.names = Names(
            look("address.key"),
            [run.address for run in self._runs.opened],
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
        self._writing = self._pen.submit(self._write, batch, ids, follows, counts)
        self._count(batch, ids)
        self.added += batch.block_number.size
        pending = self._counts["transfer"] - self._safe["transfer"]
        held = self.names.session_size * BYTES_A_NAME
        if pending >= self._segment or held > self._memory // 2:
            self._settle({}, None)
        if held > self._memory // 2:
            self._land()
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
        self._tables.begin_sync()

    def _wait(self) -> None:
        """Wait for the batch that is being written; its failure is ours."""
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    # -- committing ---------------------------------------------------------

    def finish(self, told: dict[str, Any], source: str) -> None:
        """Commit all that was taken, unless everything is as it was."""
        self._wait()
        self._land()
        base = self.commit_now
        same = base.number and self._counts == self._safe and not self._kept
        if not same or told != base.told or source != base.manifest["source"]:
            self._settle(told, source)
            self._land()
        remove_unnamed(self._ledger, self.commit_now)

    def _settle(self, told: dict[str, Any], source: str | None) -> None:
        """Sync and hash what was taken, and begin the run of it.

        It counts when that run has landed; meanwhile more may be taken.
        """
        self._wait()
        self._land()
        base = self.commit_now
        self._tables.settle(self._threads)
        tip = {"number": -1, "hash": ""}
        if self.last:
            tip = {"number": self.last[0], "hash": self.last[1].hex()}
        kind = base.manifest.get("source", "") if source is None else source
        facts = {"chain": self._chain, "source": kind, "tip": tip}
        self._settled = replace(
            base,
            manifest=self._tables.manifest(facts),
            editions=self._tables.editions(),
            told=told or base.told,
        )
        named = self._runs.named
        start = named[-1].spans if named else Spans(*[(0, 0)] * 5)
        pairs = start._asdict().items()
        spans = Spans(*((span[1], self._counts[table]) for table, span in pairs))
        if spans.block[0] < spans.block[1] or not named:
            self._runs.begin(spans, base.number + 1, self._tables.look)
        self._safe, self._kept = dict(self._counts), None

    def _land(self) -> None:
        """Commit what was settled, and merge runs, each merge a commit of its own."""
        settled, self._settled = self._settled, None
        if settled is None:
            return
        self._runs.land()
        self._save(settled)
        while self._runs.merge_once(self.commit_now.number + 1, self._tables.look):
            self._save(self.commit_now)

    def _save(self, commit: Commit) -> None:
        number = self.commit_now.number + 1
        commit = replace(commit, runs=self._runs.named, number=number)
        commit.save(self._ledger)
        self.commit_now = commit

    # -- taking back --------------------------------------------------------

    def _take_back(self, first: int) -> None:
        """Go back to the blocks below a number; it counts with the next commit."""
        if self._counts != self._safe or self._kept:
            self._settle({}, None)
        self._land()
        commit = self.commit_now
        held = commit.read(self._ledger, "block.number")
        n_blocks = int(np.searchsorted(held, first))
        self.rolled_back += held.size - n_blocks
        self._tables.close()
        self._start(commit, rows_after(self._ledger, commit, n_blocks))
