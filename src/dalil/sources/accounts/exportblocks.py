"""One block of an export, put together from what several tables tell of it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from dalil.chains.accounts import BEHIND_LOGS, NO_LOG, TransferKind, TxStatus
from dalil.chains.evm.events import Log
from dalil.errors import InputError
from dalil.sources.accounts.exportrows import agreeing, once
from dalil.sources.accounts.exporttx import ExportTx, coin
from dalil.sources.accounts.numbers import (
    data_of,
    decimal_of,
    fixed_of,
    hash_of,
    second_of,
)
from dalil.sources.accounts.shaping import BlockRows

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from dalil.sources.accounts.report import SourceReport

__all__ = ["ExportBlocks"]

Row = dict[str, Any]
_Txs = dict[bytes, ExportTx]
_INDEX = 1 << 30
_MOVERS = frozenset({"call", "create", "create2", "suicide", "selfdestruct", ""})


class ExportBlocks:
    """Makes blocks of rows; what is dropped or doubted goes into the report.

    Parameters
    ----------
    tables : container of str
        The tables that are there; a block may still have no row in one.
    report : SourceReport

    Attributes
    ----------
    n_outside : int
        Traces that belong to no transaction, left out.
    """

    def __init__(self, tables: Container[str], report: SourceReport) -> None:
        self.n_outside = 0
        self._tables = tables
        self._report = report

    def block(self, number: int, rows: dict[str, list[Row]]) -> BlockRows | None:
        """Make a block; None if the table of blocks lacks it and nothing is told.

        Parameters
        ----------
        rows : dict
            Table to its rows of this block.

        Raises
        ------
        InputError
            If a row is malformed, or two tables contradict each other.
        """
        block = BlockRows(number)
        listed = self._once(rows.get("blocks", []), lambda _: ())
        for row in listed:
            block.hash = hash_of(row.get("hash") or row.get("block_hash"))
            block.parent = hash_of(row.get("parent_hash"))
            block.time = second_of(row.get("timestamp"))
        rows = agreeing(block, rows, self._report)
        txs = self._transactions(rows)
        self._add_receipts(txs, rows)
        failed = self._add_traces(txs, rows)
        for name in failed:
            txs[name].status = TxStatus.FAILED
        self._add_logs(txs, rows)
        self._settle(block, txs, listed, len(rows.get("transactions", [])))
        if "blocks" in self._tables and not listed:
            if block.txs:
                self._report.note(f"block {number}", "not in the table of blocks")
            else:
                return None
        return block

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
                self.n_outside += 1
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
                self._report.note(f"block {block.number}", said)
        order = sorted(txs.values(), key=ExportTx.order)
        places = [tx.place for tx in order if tx.place >= 0]
        if len(places) != len(set(places)):
            raise InputError("two transactions have one place", block.number)
        ends = [(tx.logs[0][0], tx.logs[-1][0]) for tx in order if tx.logs]
        if any(a[1] >= b[0] for a, b in pairwise(ends)):
            raise InputError("logs and transactions disagree in order", block.number)
        for tx in order:
            tx.finish(self._report)
            block.txs.append(tx)

    def _once(
        self, rows: list[Row], key: Callable[[Row], tuple[Any, ...]]
    ) -> list[Row]:
        return once(rows, key, self._report)


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
