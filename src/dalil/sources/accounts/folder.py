"""Whole exports of ethereum-etl: logs, transactions, receipts, blocks, traces.

Tables are walked together, block by block. What one lacks another may tell;
where two tell the same thing differently, the files are refused.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from dalil.chains.accounts import (
    BEHIND_LOGS,
    NO_LOG,
    TransferKind,
    TxStatus,
)
from dalil.chains.evm.events import Log
from dalil.errors import InputError
from dalil.sources.accounts.exporttx import ExportTx, coin
from dalil.sources.accounts.grouping import grouped, unheld
from dalil.sources.accounts.numbers import (
    clip,
    data_of,
    decimal_of,
    fixed_of,
    hash_of,
    second_of,
)
from dalil.sources.accounts.report import SourceReport
from dalil.sources.accounts.shaping import NO_HASH, BlockRows
from dalil.sources.accounts.streams import blocks_of_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from dalil.chains.accounts import AccountBatch
    from dalil.progress import Progress

__all__ = ["ExportFolder"]

Row = dict[str, Any]
_Txs = dict[bytes, ExportTx]
_INDEX = 1 << 30
_MOVERS = frozenset({"call", "create", "create2", "suicide", "selfdestruct", ""})


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
        self._n_outside = 0
        self.n_strays = 0

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
        if self._n_outside:
            said = "rewards and first grants belong to no transaction; left out"
            self.report.note("traces", f"{self._n_outside} {said}")

    def _blocks(self) -> Iterator[BlockRows]:
        before: BlockRows | None = None
        for number, rows in blocks_of_tables(self._tables):
            if number < self._first or (self._last is not None and number > self._last):
                continue
            try:
                block = self._block(number, rows)
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

    def _block(self, number: int, rows: dict[str, list[Row]]) -> BlockRows | None:
        block = BlockRows(number)
        listed = self._once(rows.get("blocks", []), lambda _: ())
        for row in listed:
            block.hash = hash_of(row.get("hash") or row.get("block_hash"))
            block.parent = hash_of(row.get("parent_hash"))
            block.time = second_of(row.get("timestamp"))
        rows = self._agreeing(block, rows)
        txs = self._transactions(rows)
        self._add_receipts(txs, rows)
        failed = self._add_traces(txs, rows)
        for name in failed:
            txs[name].status = TxStatus.FAILED
        self._add_logs(txs, rows)
        self._settle(block, txs, listed, len(rows.get("transactions", [])))
        if "blocks" in self._tables and not listed:
            if block.txs:
                self.report.note(f"block {number}", "not in the table of blocks")
            else:
                return None
        return block

    def _once(
        self, rows: list[Row], key: Callable[[Row], tuple[Any, ...]]
    ) -> list[Row]:
        """Drop rows repeated in everything; refuse those that share a key only."""
        found: dict[tuple[Any, ...], Row] = {}
        for row in rows:
            held = found.setdefault(key(row), row)
            if held is row:
                continue
            if held != row:
                raise InputError("two different rows of one key", clip(key(row)))
            self.report.n_duplicates_dropped += 1
        return list(found.values())

    def _agreeing(
        self, block: BlockRows, rows: dict[str, list[Row]]
    ) -> dict[str, list[Row]]:
        """Leave out what says to be of another block of this height, by name.

        Where there is no table of blocks to say which is right, two hashes of
        one height are refused.
        """
        listed = block.hash != NO_HASH
        strays: set[str] = set()
        for table, held in rows.items():
            for row in held if table != "blocks" else ():
                told = hash_of(row["block_hash"]) if row.get("block_hash") else None
                if told is not None and block.hash == NO_HASH:
                    block.hash = told
                if told in (None, block.hash):
                    self._take_time(block, table, row)
                    continue
                if not listed:
                    raise InputError(f"{table} are of another block", told.hex())
                strays.add(_name(row))
        for name in sorted(strays):
            self.report.note(
                f"transaction {name}",
                f"its row names block {block.number} and another's hash; left out",
            )
        self.n_strays += len(strays)
        return {
            table: [
                row for row in held if table == "blocks" or _name(row) not in strays
            ]
            for table, held in rows.items()
        }

    @staticmethod
    def _take_time(block: BlockRows, table: str, row: Row) -> None:
        if row.get("block_timestamp"):
            second = second_of(row["block_timestamp"])
            if block.time not in (0, second):
                raise InputError(f"{table} have another time", second)
            block.time = second

    def _transactions(self, rows: dict[str, list[Row]]) -> _Txs:
        txs: _Txs = {}
        for row in self._once(
            rows.get("transactions", []),
            lambda r: (r.get("hash") or r.get("transaction_hash"),),
        ):
            tx = ExportTx(hash_of(row.get("hash") or row.get("transaction_hash")))
            tx.place = decimal_of(row.get("transaction_index"), _INDEX)
            tx.sender = fixed_of(row.get("from_address"), 20)
            tx.told = row
            tx.take_receipt(row, "receipt_")
            txs[tx.hash] = tx
        return txs

    def _add_receipts(self, txs: _Txs, rows: dict[str, list[Row]]) -> None:
        key = "transaction_hash"
        for row in self._once(rows.get("receipts", []), lambda r: (r.get(key),)):
            name = hash_of(row.get(key))
            tx = txs.setdefault(name, ExportTx(name))
            tx.place = decimal_of(row.get("transaction_index"), _INDEX)
            tx.take_receipt(row, "")

    def _add_traces(self, txs: _Txs, rows: dict[str, list[Row]]) -> list[bytes]:
        """Add internal transfers; give the transactions that traces call failed."""
        failed = []
        place: dict[bytes, int] = {}
        for row in self._once(rows.get("traces", []), _trace_key):
            if not row.get("transaction_hash"):
                self._n_outside += 1
                continue
            name = hash_of(row["transaction_hash"])
            tx = txs.setdefault(name, ExportTx(name))
            place[name] = place.get(name, -1) + 1
            whole = _is_first(row)
            if row.get("status") == "0":
                if whole:
                    failed.append(name)
                continue
            if whole and tx.told is None:
                tx.sender = fixed_of(row.get("from_address"), 20)
            if whole and tx.told is not None:
                continue
            kind = str(row.get("call_type") or "")
            amount = decimal_of(row.get("value") or "0")
            if kind in _MOVERS and amount and row.get("to_address"):
                tx.transfers.append(
                    coin(
                        TransferKind.NATIVE if whole else TransferKind.INTERNAL,
                        fixed_of(row.get("from_address"), 20),
                        fixed_of(row["to_address"], 20),
                        amount,
                        NO_LOG if whole else BEHIND_LOGS + place[name],
                    )
                )
        return failed

    def _add_logs(self, txs: _Txs, rows: dict[str, list[Row]]) -> None:
        held = self._once(rows.get("logs", []), lambda r: (int(r["log_index"]),))
        held.sort(key=lambda row: decimal_of(row.get("log_index"), _INDEX))
        for row in held:
            name = hash_of(row.get("transaction_hash"))
            tx = txs.setdefault(name, ExportTx(name))
            if row.get("transaction_index") is not None:
                at = decimal_of(row["transaction_index"], _INDEX)
                if tx.place not in (-1, at):
                    raise InputError("a log says another place of its transaction", at)
                tx.place = at
            topics = [data_of(topic, 64) for topic in _topics(row.get("topics"))]
            log = Log(
                fixed_of(row.get("address"), 20),
                topics,
                data_of(row.get("data") or "0x"),
            )
            tx.logs.append((decimal_of(row["log_index"], _INDEX), log))

    def _settle(
        self,
        block: BlockRows,
        txs: _Txs,
        listed: list[Row],
        n_told: int,
    ) -> None:
        """Put transactions in their order, and into each what it did."""
        count = listed[0].get("transaction_count") if listed else None
        if count is not None and "transactions" in self._tables:
            stated = decimal_of(count, _INDEX)
            if stated != n_told:
                said = f"{n_told} of its {stated} transactions are here"
                self.report.note(f"block {block.number}", said)
        order = sorted(txs.values(), key=ExportTx.order)
        places = [tx.place for tx in order if tx.place >= 0]
        if len(places) != len(set(places)):
            raise InputError("two transactions have one place", block.number)
        ends = [(tx.logs[0][0], tx.logs[-1][0]) for tx in order if tx.logs]
        if any(a[1] >= b[0] for a, b in pairwise(ends)):
            raise InputError("logs and transactions disagree in order", block.number)
        for tx in order:
            tx.finish(self.report)
            block.txs.append(tx)


def _name(row: Row) -> str:
    """Give a row's transaction, as it is written."""
    return str(row.get("transaction_hash") or row.get("hash"))


def _trace_key(row: Row) -> tuple[Any, ...]:
    names = ("transaction_hash", "trace_id", "trace_index", "trace_address")
    return tuple(row.get(name) for name in names)


def _is_first(row: Row) -> bool:
    """Whether a trace is the transaction itself: it has no place within."""
    if row.get("trace_id"):
        return str(row["trace_id"]).endswith("_")
    return not row.get("trace_address")


def _topics(value: object) -> list[str]:
    """Read topics: joined by commas, or as a list was printed."""
    if isinstance(value, list | tuple):
        return [str(topic) for topic in value]
    text = str(value or "").strip("[] ")
    return [part.strip(" '\"") for part in text.split(",")] if text else []
