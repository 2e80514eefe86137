"""Following a node: the ledger is brought to its main chain, commit by commit.

What the node says is taken as an offer. Headers must link and prove their
work, blocks must be what their headers say, and the ledger changes branches
only for more work: a node that was told to leave its best branch is followed
when the one it holds instead has outgrown the ledger's.
"""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.header import Header
from dalil.errors import InputError, NodeError, StoreError
from dalil.ids import format_txid
from dalil.ledger.branch import Branch, better_branch, check_same_chain, first_branch
from dalil.ledger.build import build_from_blocks
from dalil.ledger.reader import Ledger
from dalil.progress import silent
from dalil.sources.blockfolder import proves_work
from dalil.sources.node.client import HEADERS_AT_ONCE
from dalil.sources.node.fetch import Fetcher, GroupLimits
from dalil.sources.node.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dalil.progress import Progress
    from dalil.sources.blockfiles import Note
    from dalil.sources.blockfolder import BlockFolder
    from dalil.sources.node.client import Node

__all__ = ["Commit", "Follower"]

_TURNS = 5
"""So often in a row the node's chain may turn under us without any commit."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit: the tip it reached, blocks added and taken back before."""

    height: int | None
    hash: str
    added: int
    rolled_back: int
    notes: tuple[Note, ...] = ()


class _RefusedError(Exception):
    """The build refused a block: its hash, and why."""

    def __init__(self, block: bytes, problem: str) -> None:
        super().__init__(problem)
        self.block, self.problem = block, problem


class Follower:
    """Brings one ledger to one node's main chain, as often as asked.

    Parameters
    ----------
    path : Path
        The ledger; made by the first commit if absent. Blocks fetched are kept
        in its folder ``spool``.
    node : Node
        Whom to follow. Its `patience` holds the event that stops everything.
    from_height : int, optional
        Where a new ledger starts; a ledger that is there must start so.
    limits : GroupLimits, optional
        How much is taken in one commit while catching up.
    progress : Progress, optional
        Told what goes on inside a commit.

    Examples
    --------
    ::

        with Follower(path, node) as follower:
            for commit in follower.catch_up():
                print(commit.height)
    """

    def __init__(
        self,
        path: Path,
        node: Node,
        *,
        from_height: int | None = None,
        limits: GroupLimits | None = None,
        progress: Progress = silent,
    ) -> None:
        self.path, self.node = path, node
        self._from_height = from_height
        self._limits = limits or GroupLimits()
        self._progress = progress
        self._stop = node.patience.stop
        self._spool: Spool | None = None
        self._undo = False

    def __enter__(self) -> Follower:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of node and spool; leave no trace of a ledger never made."""
        self.node.close()
        if self._spool is None:
            return
        empty = not len(self._spool)
        self._spool.close()
        self._spool = None
        if empty and not _is_ledger(self.path):
            shutil.rmtree(self.path, ignore_errors=True)

    # -- the way to the node's tip --------------------------------------------

    def catch_up(self) -> Iterator[Commit]:
        """Commit group by group until there is nothing new, or a stop.

        Yields
        ------
        Commit
            After each commit; the ledger can be opened at once.

        Raises
        ------
        NodeError
            By kind: the node does not serve (any more), is of another
            network, or has no block of the ledger on its main chain.
        InputError, StoreError
            If the ledger does not take the blocks, or is no such ledger.
        """
        turns = 0
        while not self._stop.is_set():
            try:
                branch = self._branch()
                if branch is None:
                    return
                for commit in self._take(branch):
                    turns = 0
                    yield commit
            except _RefusedError as refused:
                self._forget(refused)
            except NodeError as error:
                if self._stop.is_set():
                    return
                if error.kind == "bad_answer" and self._spool is not None:
                    self._spool.forget_fresh()
                if error.kind != "unknown_block" or turns == _TURNS:
                    raise
                turns += 1  # the node's chain turned between two questions

    def offer(self, blocks: list[bytes]) -> None:
        """Take blocks that came unasked, if they are the very next; else nothing.

        They save one question each; whether they count is decided as ever.
        """
        if self._spool is None or self._undo or not _is_ledger(self.path):
            return
        last = Ledger.open(self.path).block_hash[-1].tobytes()
        for block in blocks:
            if len(block) > 80 and block[4:36] == last:
                header = Header.parse(block[:80])
                if header.hash not in self._spool and proves_work(
                    header, self.node.network
                ):
                    self._spool.append(block, unsure=True)
                    last = header.hash

    def _branch(self) -> Branch | None:
        """Find what the node has and the ledger has not; None if nothing better."""
        if not _is_ledger(self.path):
            height = self._from_height or 0
            first = first_branch(self.node, height)
            self._open_spool(partial=height > 0)
            return first
        ledger = Ledger.open(self.path)
        check_same_chain(ledger, self.node, self._from_height)
        branch = better_branch(ledger, self.node)
        start = format_txid(ledger.block_hash[0].tobytes())
        self._open_spool(partial=start != self.node.network.genesis)
        return branch

    def _open_spool(self, *, partial: bool) -> None:
        if self._spool is not None:
            return
        lock = self.path / "lock"
        if self.path.exists() and not self.path.is_dir():
            raise StoreError("a ledger is a folder; this is a file", self.path)
        if self.path.is_dir() and any(self.path.iterdir()) and not lock.exists():
            raise StoreError("this folder is not empty and holds no ledger", self.path)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock.touch()
            self._undo = partial
            self._spool = Spool(self.path / "spool", self.node.network, undo=partial)
        except OSError as error:
            why = f"cannot make the ledger ({error.strerror})"
            raise StoreError(why, self.path) from None

    # -- taking it --------------------------------------------------------------

    def _headers(self, known: list[Header]) -> Iterator[Header]:
        """Give headers up to the node's tip as it is when they run out."""
        more = known
        while more:
            yield from more
            full = len(more) >= HEADERS_AT_ONCE - 1
            more = self.node.headers_from(more[-1].hash)[1:] if full else []

    def _take(self, branch: Branch) -> Iterator[Commit]:
        """Fetch the next group while the one before is being built."""
        assert self._spool is not None
        fetcher = Fetcher(self.node, self._spool, undo=self._undo, limits=self._limits)
        if len(branch.headers) > 1:
            self._spool.start_group()
        gone = threading.Event()
        groups = fetcher.groups(self._headers(branch.headers), branch.least, gone)
        with ThreadPoolExecutor(1) as thread:
            coming = thread.submit(next, groups, None)
            try:
                while (group := coming.result()) and not self._stop.is_set():
                    coming = thread.submit(next, groups, None)
                    commit, refusal = self._build(group)
                    if commit:
                        yield commit
                    if refusal:
                        raise refusal
            finally:
                gone.set()
                with suppress(Exception):
                    coming.result()
                groups.close()

    def _build(self, group: list[Header]) -> tuple[Commit | None, Exception | None]:
        """Build a group; what was committed, and what the build did not take."""
        assert self._spool is not None
        hashes = [header.hash for header in group]
        self._spool.sync(hashes)
        folder = self._spool.blocks(hashes)
        added = rolled_back = 0
        try:
            report = build_from_blocks(self.path, folder, self._progress)
            added, rolled_back = report.added, report.rolled_back
        except InputError:
            if not folder.notes:
                raise
        if not _is_ledger(self.path):
            return None, _refusal(group, folder)
        ledger = Ledger.open(self.path)
        recent = {row.tobytes() for row in ledger.block_hash[-max(added, len(group)) :]}
        refusal = None if hashes[-1] in recent else _refusal(group, folder)
        if not added:
            return None, refusal
        self._spool.trust(recent)
        height = int(ledger.block_height[-1]) if ledger.heights_known else None
        tip = format_txid(ledger.block_hash[-1].tobytes())
        notes = () if refusal else tuple(folder.notes)
        return Commit(height, tip, added, rolled_back, notes), refusal

    def _forget(self, refused: _RefusedError) -> None:
        """Forget a block that the build refused; blame the node that sent it."""
        assert self._spool is not None
        if not self._spool.forget(refused.block):
            problem = f"the node's block is refused: {refused.problem}"
            raise NodeError("bad_answer", problem, format_txid(refused.block))


def _refusal(group: list[Header], folder: BlockFolder) -> Exception:
    """Find which block of a group was refused, by the build's notes."""
    wanted = {header.hash for header in group}
    told = {(note.file, note.offset): note.problem for note in folder.notes}
    for record in folder.records:
        at = folder.files[record.file].path.name, record.at - 8
        if at in told and record.header.hash in wanted:
            return _RefusedError(record.header.hash, told[at])
    notes = "; ".join(told.values()) or "no reason given"
    return InputError(
        f"the ledger does not take the node's chain ({notes})",
        format_txid(group[-1].hash),
    )


def _is_ledger(path: Path) -> bool:
    """Tell whether a first commit was made here."""
    return (path / "current").exists() or (path / "commit.json").exists()
