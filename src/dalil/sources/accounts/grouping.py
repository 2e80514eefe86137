"""Blocks one after another into batches; gaps between them are named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.errors import SourceError
from dalil.sources.accounts.shaping import NO_HASH, batch_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dalil.chains.accounts import AccountBatch
    from dalil.progress import Progress
    from dalil.sources.accounts.report import SourceReport
    from dalil.sources.accounts.shaping import BlockRows

__all__ = ["grouped", "unheld"]

_ROWS = 1 << 16
_BLOCKS = 1 << 12


def grouped(
    chain: str,
    blocks: Iterable[BlockRows],
    report: SourceReport,
    progress: Progress,
    *,
    after: int | None = None,
    sparse: bool = False,
) -> Iterator[AccountBatch]:
    """Put blocks into batches of some 65,000 rows.

    A block that is not above the one before begins a batch of its own, which
    replaces what was there. Where a server fails, what was fetched is given
    before the failure is raised, so that a build goes on from there.

    Parameters
    ----------
    after : int, optional
        The last block held already.
    sparse : bool
        Blocks without anything to tell are left out: no gap can be known.
    """
    held: list[BlockRows] = []
    n_rows = 0
    last = after

    def batch() -> AccountBatch:
        steps = held[-1].number - held[0].number + 1
        whole = not sparse and steps == len(held)
        progress("blocks read", held[-1].number, 0)
        return batch_of(chain, held, contiguous=whole)

    try:
        for block in blocks:
            back = last is not None and block.number <= last
            if held and (back or n_rows > _ROWS or len(held) >= _BLOCKS):
                yield batch()
                held, n_rows = [], 0
            if last is not None and block.number > last + 1 and not sparse:
                report.gap(last + 1, block.number - 1)
            last = block.number
            held.append(block)
            n_rows += sum(1 + len(tx.transfers) + len(tx.events) for tx in block.txs)
    except SourceError:
        if held:
            yield batch()
        raise
    if held:
        yield batch()


def unheld(
    blocks: Iterable[BlockRows],
    after: int | None,
    known: Callable[[int], bytes | None],
) -> Iterator[BlockRows]:
    """Pass over blocks that are held; where one differs, give all from it on."""
    forked = after is None
    for block in blocks:
        if not forked and after is not None and block.number <= after:
            theirs = known(block.number)
            told = block.hash != NO_HASH and theirs is not None and any(theirs)
            if not told or theirs == block.hash:
                continue
            forked = True
        yield block
