"""Whole exports of ethereum-etl: logs, transactions, receipts, blocks, traces.

Tables are walked together, block by block. What one lacks another may tell;
where two tell the same thing differently, the files are refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.errors import InputError
from dalil.sources.accounts.exportblocks import ExportBlocks
from dalil.sources.accounts.grouping import grouped, unheld
from dalil.sources.accounts.report import SourceReport
from dalil.sources.accounts.shaping import NO_HASH
from dalil.sources.accounts.streams import blocks_of_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from dalil.chains.accounts import AccountBatch
    from dalil.progress import Progress
    from dalil.sources.accounts.shaping import BlockRows

__all__ = ["ExportFolder"]


class ExportFolder:
    """A folder of several tables of the public schema.

    Parameters
    ----------
    kind : str
        ``csv``, ``jsonl`` or ``parquet``.
    chain : str
        CAIP-2.
    tables : mapping
        Table to its files; see `dalil.sources.accounts.tables.table_of`.
    first, last : int, optional
        Blocks outside are passed over.
    """

    def __init__(
        self,
        kind: str,
        chain: str,
        tables: Mapping[str, Sequence[Path]],
        *,
        first: int | None = None,
        last: int | None = None,
    ) -> None:
        self.kind = kind
        self.chain = chain
        self.report = SourceReport()
        self._tables = tables
        self._first, self._last = first or 0, last
        self._made = ExportBlocks(tables, self.report)

    def batches(
        self,
        after: int | None,
        known: Callable[[int], bytes | None],
        progress: Progress,
    ) -> Iterator[AccountBatch]:
        """Give the tables' blocks, ascending; see `AccountSource`."""
        blocks = unheld(self._blocks(), after, known)
        sparse = "blocks" not in self._tables
        yield from grouped(
            self.chain, blocks, self.report, progress, after=after, sparse=sparse
        )
        if self._made.n_outside:
            said = "rewards and first grants belong to no transaction; left out"
            self.report.note("traces", f"{self._made.n_outside} {said}")

    def _blocks(self) -> Iterator[BlockRows]:
        before: BlockRows | None = None
        for number, rows in blocks_of_tables(self._tables):
            if number < self._first or (self._last is not None and number > self._last):
                continue
            try:
                block = self._made.block(number, rows)
            except InputError as error:
                message = f"block {number} of the export: {error.message}"
                raise InputError(message, error.value) from error
            if block is None:
                continue
            linked = before is not None and before.number == number - 1
            told = before is not None and NO_HASH not in (block.parent, before.hash)
            if linked and told and before and before.hash != block.parent:
                raise InputError("a block is no child of the one before it", number)
            before = block
            yield block
