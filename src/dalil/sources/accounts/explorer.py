"""CSV files of block explorers: what people export from Tronscan and Etherscan.

They are made for reading. Columns vary, amounts are in whole tokens with commas,
times are of some zone, rows come twice where exports overlap, and spam stands
between the rest. None of it is in any hash.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from dalil.chains.accounts import NO_LOG, TransferKind, TxStatus
from dalil.errors import InputError, LimitError
from dalil.sources.accounts.explorercolumns import explorer_chain
from dalil.sources.accounts.explorerrows import ExplorerRows
from dalil.sources.accounts.grouping import grouped, unheld
from dalil.sources.accounts.report import SourceReport
from dalil.sources.accounts.shaping import BlockRows, TransferRow, TxRows
from dalil.sources.accounts.tables import files_under

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from dalil.chains.accounts import AccountBatch
    from dalil.progress import Progress
    from dalil.sources.accounts.explorerrows import ExplorerRow

__all__ = ["ExplorerFiles"]

_MOST_ROWS = 2_000_000


class ExplorerFiles:
    """Exports of one chain.

    Parameters
    ----------
    paths : sequence of Path
        Files, or folders of ``.csv`` files.
    chain : str, optional
        CAIP-2; by default TRON where addresses begin with T, else Ethereum.
    first, last : int, optional
        Blocks outside are passed over.

    Notes
    -----
    Without a column of block numbers, each second stands for a block and is its
    number. Rows of a transaction keep the order of the file that told them.
    """

    kind = "tronscan"

    def __init__(
        self,
        paths: Sequence[Path],
        chain: str | None = None,
        *,
        first: int | None = None,
        last: int | None = None,
    ) -> None:
        self.report = SourceReport()
        self._paths = files_under(paths, "csv")
        self._first, self._last = first or 0, last
        self._told = chain

    @cached_property
    def chain(self) -> str:
        """CAIP-2."""
        return explorer_chain(self._paths) if self._told is None else self._told

    @cached_property
    def _rows(self) -> ExplorerRows:
        return ExplorerRows(self.chain, self.report)

    def batches(
        self,
        after: int | None,
        known: Callable[[int], bytes | None],
        progress: Progress,
    ) -> Iterator[AccountBatch]:
        """Give the rows in the order of the chain; see `AccountSource`."""
        blocks = unheld(self._blocks(), after, known)
        yield from grouped(
            self.chain, blocks, self.report, progress, after=after, sparse=True
        )

    def _blocks(self) -> Iterator[BlockRows]:
        """Sort rows; drop those a second export tells again.

        One file may well tell two equal transfers of one transaction, which
        are two. So a row is dropped only beyond the most that one file has.
        """
        merged: dict[ExplorerRow, int] = {}
        total = 0
        for path in self._paths:
            once: dict[ExplorerRow, int] = {}
            whole: set[bytes] = set()
            for digest, row in self._rows.read(path):
                if digest in whole:
                    self.report.n_duplicates_dropped += 1
                    continue
                whole.add(digest)
                once[row] = once.get(row, 0) + 1
                total += 1
                if total > _MOST_ROWS:
                    raise LimitError("too many rows for an export", _MOST_ROWS)
            for row, n in once.items():
                held = merged.get(row, 0)
                self.report.n_duplicates_dropped += min(held, n)
                merged[row] = max(held, n)
        yield from self._grouped([r for r, n in merged.items() for _ in range(n)])

    def _grouped(self, rows: list[ExplorerRow]) -> Iterator[BlockRows]:
        at: dict[int, BlockRows] = {}
        txs: dict[bytes, tuple[int, TxRows]] = {}
        for row in rows:
            if row.block < self._first or (
                self._last is not None and row.block > self._last
            ):
                continue
            block = at.setdefault(row.block, BlockRows(row.block, time=row.second))
            if block.time != row.second:
                raise InputError("one block has two times", row.block)
            if row.tx not in txs:
                txs[row.tx] = (row.block, TxRows(row.tx, status=TxStatus.UNTOLD))
                block.txs.append(txs[row.tx][1])
            number, tx = txs[row.tx]
            if number != row.block:
                raise InputError("a transaction stands in two blocks", row.tx.hex())
            tx.transfers.append(
                TransferRow(
                    TransferKind.TOKEN if row.kind else TransferKind.NATIVE,
                    row.kind,
                    row.token,
                    row.source,
                    row.to,
                    len(tx.transfers) if row.kind else NO_LOG,
                    row.amount,
                )
            )
        for number in sorted(at):
            at[number].txs.sort(key=lambda tx: tx.hash)
            yield at[number]
