"""Fetching blocks ahead: a few at a time, in order, into the spool, by groups."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from dalil.settings import MAX_BLOCK_BYTES

if TYPE_CHECKING:
    import threading
    from collections.abc import Generator, Iterable, Iterator
    from concurrent.futures import Future

    from dalil.chains.bitcoin.header import Header
    from dalil.sources.node.client import Node
    from dalil.sources.node.spool import Spool

__all__ = ["Fetcher", "GroupLimits"]

_AT_ONCE = 3


class GroupLimits(NamedTuple):
    """How many blocks, and bytes of them, are taken in one commit at most."""

    n_blocks: int = 500
    n_bytes: int = 1 << 28


class Fetcher:
    """Brings blocks from a node into a spool.

    Parameters
    ----------
    node, spool : Node, Spool
        From where, and to where.
    undo : bool
        Whether to fetch what each block spent, too.
    limits : GroupLimits
        Where a group ends.

    Notes
    -----
    Three blocks are on their way at a time, so memory is a few times the
    largest block, at most 32 MB each with its undo data.
    """

    def __init__(
        self, node: Node, spool: Spool, *, undo: bool, limits: GroupLimits
    ) -> None:
        self._node, self._spool = node, spool
        self._undo, self._limits = undo, limits

    def groups(
        self, headers: Iterable[Header], least: int, gone: threading.Event
    ) -> Generator[list[Header], None, None]:
        """Give headers in groups, the blocks of each in the spool.

        Parameters
        ----------
        headers : iterable of Header
            In chain order.
        least : int
            The first group has no fewer blocks, whatever their bytes: a branch
            is only taken when it has the more work.
        gone : threading.Event
            Set by whoever no longer waits for a group; the one begun is left.
        """
        group: list[Header] = []
        size = 0
        for header, fetched in self._in_order(headers):
            if gone.is_set() or self._node.patience.stop.is_set():
                return
            if fetched is not None:
                self._spool.append(*fetched.result())
            group.append(header)
            size += self._spool.size_of(header.hash)
            full = (
                len(group) >= self._limits.n_blocks
                or size + MAX_BLOCK_BYTES // 8 > self._limits.n_bytes
            )
            if full and len(group) >= least:
                yield group
                group, size, least = [], 0, 1
                self._spool.start_group()
        if group and len(group) >= least:
            yield group

    def _in_order(
        self, headers: Iterable[Header]
    ) -> Iterator[tuple[Header, Future[tuple[bytes, bytes]] | None]]:
        waiting: deque[tuple[Header, Future[tuple[bytes, bytes]] | None]] = deque()
        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            for header in headers:
                here = header.hash in self._spool
                waiting.append(
                    (header, None if here else pool.submit(self._one, header))
                )
                if len(waiting) > _AT_ONCE:
                    yield waiting.popleft()
            while waiting:
                yield waiting.popleft()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _one(self, header: Header) -> tuple[bytes, bytes]:
        block = self._node.block(header)
        return block, self._node.undo(block) if self._undo else b""
