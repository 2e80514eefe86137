"""The blocks a ledger already has, looked up by hash, with the work behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.header import work_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from dalil.sources.blockfiles import Record

__all__ = ["KnownBlocks"]


class KnownBlocks:
    """A ledger's chain of blocks.

    Parameters
    ----------
    hashes : (n, 32) uint8
        Block hashes, lowest block first.
    headers : (n, 80) uint8
        Their headers.
    """

    def __init__(self, hashes: NDArray[np.uint8], headers: NDArray[np.uint8]) -> None:
        self.n = hashes.shape[0]
        self._hashes, self._headers = hashes, headers
        self._short = np.array(hashes[:, :8]).view(np.uint64).reshape(-1)
        self._order = np.argsort(self._short, kind="stable")
        self._sorted = self._short[self._order]

    def row(self, block: bytes) -> int | None:
        """Find a block's row by hash; cost: a binary search."""
        short = np.frombuffer(block[:8], np.uint64)[0]
        at = int(np.searchsorted(self._sorted, short))
        while at < self.n and self._sorted[at] == short:
            row = int(self._order[at])
            if self._hashes[row].tobytes() == block:
                return row
            at += 1
        return None

    def roots(self, fresh: Iterable[Record]) -> tuple[dict[bytes, int], int]:
        """Find where new blocks start on known ones.

        Returns
        -------
        (work, tip) : dict, int
            For each known block that a new one builds on, the work behind it;
            and the work behind the ledger's last block. Both count from the
            lowest of those blocks on, since only differences matter.
        """
        rows = {}
        for previous in {record.header.previous for record in fresh}:
            row = self.row(previous)
            if row is not None:
                rows[previous] = row
        lowest = min(rows.values(), default=self.n - 1)
        total, behind = 0, {lowest: 0}
        wanted = set(rows.values())
        for row in range(lowest + 1, self.n):
            bits = int.from_bytes(self._headers[row, 72:76].tobytes(), "little")
            total += work_of(bits)
            if row in wanted:
                behind[row] = total
        return {block: behind[row] for block, row in rows.items()}, total
