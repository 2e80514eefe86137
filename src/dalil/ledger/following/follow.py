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
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.family.headers import proves_work, read_header
from dalil.errors import NodeError, StoreError
from dalil.ids import format_txid
from dalil.ledger.following.branch import (
    Branch,
    better_branch,
    check_same_chain,
    first_branch,
)
from dalil.ledger.following.group import RefusedError, take_group
from dalil.ledger.reader import Ledger
from dalil.ledger.store.commit import has_ledger
from dalil.progress import silent
from dalil.settings import DEFAULT_MEMORY
from dalil.sources.node.fetch import Fetcher, GroupLimits
from dalil.sources.node.headers import HEADERS_AT_ONCE, headers_from
from dalil.sources.node.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dalil.chains.bitcoin.header import Header
    from dalil.ledger.following.group import Taken
    from dalil.progress import Progress
    from dalil.sources.node.client import Node

__all__ = ["Follower"]

_TURNS = 5
"""So often in a row the node's chain may turn under us without any commit."""


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
    memory : int, optional
        Bytes a build may take.
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
        memory: int = DEFAULT_MEMORY,
        progress: Progress = silent,
    ) -> None:
        self.path, self.node = path, node
        self._memory = memory
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
        if empty and not has_ledger(self.path):
            shutil.rmtree(self.path, ignore_errors=True)

    # -- the way to the node's tip --------------------------------------------

    def catch_up(self) -> Iterator[Taken]:
        """Commit group by group until there is nothing new, or a stop.

        Yields
        ------
        Taken
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
            except RefusedError as refused:
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
        if self._spool is None or self._undo or not has_ledger(self.path):
            return
        last = Ledger.open(self.path).block_hash[-1].tobytes()
        for block in blocks:
            if len(block) > 80 and block[4:36] == last:
                header, _ = read_header(self.node.network, block)
                if header.hash not in self._spool and proves_work(
                    header, self.node.network
                ):
                    self._spool.append(block, unsure=True)
                    last = header.hash

    def _branch(self) -> Branch | None:
        """Find what the node has and the ledger has not; None if nothing better."""
        if not has_ledger(self.path):
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
            more = headers_from(self.node, more[-1].hash)[1:] if full else []

    def _take(self, branch: Branch) -> Iterator[Taken]:
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
                    commit, refusal = take_group(
                        self.path, self._spool, group, self._memory, self._progress
                    )
                    if commit:
                        yield commit
                    if refusal:
                        raise refusal
            finally:
                gone.set()
                with suppress(Exception):
                    coming.result()
                groups.close()

    def _forget(self, refused: RefusedError) -> None:
        """Forget a block that the build refused; blame the node that sent it."""
        assert self._spool is not None
        if not self._spool.forget(refused.block):
            problem = f"the node's block is refused: {refused.problem}"
            raise NodeError("bad_answer", problem, format_txid(refused.block))
