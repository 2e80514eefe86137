"""Batches on their way in: loaded ahead of their use, and what a block row says."""

from __future__ import annotations

from collections import deque
from queue import SimpleQueue
from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.network import Form
from dalil.ledger.building.batch import Arena, batches, load_batch
from dalil.ledger.building.taking import BlockRows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future, ThreadPoolExecutor

    from numpy.typing import NDArray

    from dalil.chains.bitcoin.network import Network
    from dalil.ledger.building.batch import Batch
    from dalil.sources.blockfiles import Record
    from dalil.sources.blockfolder import BlockFolder

__all__ = ["block_rows", "load_ahead", "may_not_spend"]

_ARENAS, _AHEAD = 4, 2


def load_ahead(
    threads: ThreadPoolExecutor, folder: BlockFolder, records: Sequence[Record]
) -> Iterator[tuple[Batch, Callable[[object], None]]]:
    """Load batches ahead of their use, in order, into a few arenas in turn.

    Gives each batch with what to call when its arena may be used again.
    """
    arenas: SimpleQueue[Arena] = SimpleQueue()
    for _ in range(_ARENAS):
        arenas.put(Arena())
    parts = deque(batches(records))
    coming: deque[tuple[Arena, Future[Batch]]] = deque()
    form = int(folder.network.form)
    while parts or coming:
        while parts and len(coming) < _AHEAD:
            arena = arenas.get()
            mine = records[parts.popleft()]
            future = threads.submit(load_batch, mine, folder.files, arena, form=form)
            coming.append((arena, future))
        arena, future = coming.popleft()
        yield future.result(), _giving_back(arena, arenas)


def _giving_back(arena: Arena, arenas: SimpleQueue[Arena]) -> Callable[[object], None]:
    return lambda _: arenas.put(arena)


def may_not_spend(batch: Batch, network: Network) -> NDArray[np.int64] | None:
    """Say which transactions of the batch each one may not spend: None, later ones.

    Bitcoin Cash sorts a block's transactions by id, so one may spend any other
    of its block.
    """
    if network.form is not Form.BITCOIN_CASH:
        return None
    ends = batch.first[1:, 0]
    return np.repeat(ends, np.diff(batch.first[:, 0]))


def block_rows(batch: Batch, height: int) -> BlockRows:
    """Give the block columns of a batch whose first block has this height."""
    headers = [record.header for record in batch.records]
    raw = b"".join(header.raw for header in headers)
    hashes = b"".join(header.hash for header in headers)
    return BlockRows(
        np.arange(height, height + len(headers), dtype=np.int32),
        np.array([header.time for header in headers], np.uint32),
        np.frombuffer(hashes, np.uint8).reshape(-1, 32),
        np.frombuffer(raw, np.uint8).reshape(-1, 80),
        batch.first[1:, 0],
    )
