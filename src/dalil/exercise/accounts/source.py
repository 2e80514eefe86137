"""Batches in memory, taken for a source: what a ledger is built from in tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.sources.accounts.report import SourceReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dalil.chains.accounts import AccountBatch
    from dalil.progress import Progress

__all__ = ["AccountBatches"]


class AccountBatches:
    """An `AccountSource` of batches that are already made.

    Batches are handed on as they come; those wholly at or below the block that
    is held are left out where that block's hash is the one that is held, so a
    chain with another history is given from its beginning.

    Parameters
    ----------
    make : callable
        Gives the batches, anew at each call.
    """

    kind = "exercise"

    def __init__(self, chain: str, make: Callable[[], Iterable[AccountBatch]]) -> None:
        self.chain = chain
        self.report = SourceReport()
        self._make = make

    def batches(
        self,
        after: int | None,
        known: Callable[[int], bytes | None],
        progress: Progress,
    ) -> Iterator[AccountBatch]:
        """Give what follows block `after`; see `AccountSource.batches`."""
        n_done = 0
        for batch in self._make():
            last = int(batch.block_number[-1])
            held = known(last) if after is not None and last <= after else None
            if held == batch.block_hash[-1].tobytes():
                continue
            n_done += int(np.asarray(batch.transfer_kind).size)
            progress("making transfers", n_done, 0)
            yield batch
