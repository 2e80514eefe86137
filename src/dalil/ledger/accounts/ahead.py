"""A source's next batch, read while the ledger takes the one before."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dalil.chains.accounts import AccountBatch
    from dalil.ledger.accounts.writer import Writer
    from dalil.progress import Progress
    from dalil.sources.accounts.report import AccountSource

__all__ = ["batches_ahead"]


def batches_ahead(
    source: AccountSource, writer: Writer, progress: Progress
) -> Iterator[AccountBatch]:
    """Give a source's batches, one of them read ahead in a thread of its own.

    Where the source asks which hash is held, the answer waits until all that it
    gave has been taken: it is then as though nothing were read ahead.
    """
    taken = Event()
    taken.set()
    after = writer.last[0] if writer.last else None
    coming = source.batches(after, _once(taken, writer.known), progress)
    with ThreadPoolExecutor(1) as thread:
        try:
            future = thread.submit(next, coming, None)
            while (batch := future.result()) is not None:
                taken.clear()
                future = thread.submit(next, coming, None)
                yield batch
                taken.set()
        finally:
            taken.set()


def _once(
    taken: Event, known: Callable[[int], bytes | None]
) -> Callable[[int], bytes | None]:
    def ask(number: int) -> bytes | None:
        taken.wait()
        return known(number)

    return ask
