"""A transaction while its parts come together from several tables of an export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dalil.chains.accounts import NO_LOG, NOBODY, TokenKind, TransferKind, TxStatus
from dalil.errors import InputError
from dalil.sources.accounts.numbers import data_of, decimal_of, fixed_of
from dalil.sources.accounts.shaping import TransferRow, TxRows
from dalil.sources.accounts.telling import add_logs

if TYPE_CHECKING:
    from dalil.chains.evm.events import Log
    from dalil.sources.accounts.report import SourceReport

__all__ = ["ExportTx", "coin"]

Row = dict[str, Any]
_INDEX = 1 << 30


class ExportTx(TxRows):
    """Rows of one transaction, and what they are made of."""

    __slots__ = ("fee", "logs", "made", "told")

    def __init__(self, name: bytes) -> None:
        super().__init__(name)
        self.logs: list[tuple[int, Log]] = []
        self.told: Row | None = None
        self.made = b""
        self.fee = 0

    def order(self) -> tuple[int, int]:
        """Where it stands: by its place, else by its first log."""
        return self.place, self.logs[0][0] if self.logs else _INDEX

    def take_receipt(self, row: Row, prefix: str) -> None:
        """Take status, contract made and gas paid."""
        if row.get(f"{prefix}status") not in (None, ""):
            done = decimal_of(row[f"{prefix}status"], 1)
            said = TxStatus.DONE if done else TxStatus.FAILED
            if self.status not in (TxStatus.UNTOLD, said):
                raise InputError("two tables differ on its status", self.hash.hex())
            self.status = said
        if row.get(f"{prefix}contract_address"):
            self.made = fixed_of(row[f"{prefix}contract_address"], 20)
        used = row.get(f"{prefix}gas_used")
        price = row.get(f"{prefix}effective_gas_price")
        if used and price:
            self.fee = decimal_of(used) * decimal_of(price)

    def finish(self, report: SourceReport) -> None:
        """Turn what was told into rows; nothing where it failed."""
        if self.status == TxStatus.FAILED:
            if self.logs:
                raise InputError("a failed transaction with logs", self.hash.hex())
            self.transfers.clear()
            report.n_failed += 1
            return
        told = self.told or {}
        to = fixed_of(told["to_address"], 20) if told.get("to_address") else self.made
        amount = decimal_of(told.get("value") or "0")
        if amount and to:
            row = coin(TransferKind.NATIVE, self.sender, to, amount, NO_LOG)
            self.transfers.append(row)
        elif amount:
            report.note(f"transaction {self.hash.hex()}", "pays nobody that is named")
        if 0 < self.fee < 1 << 256:
            row = coin(TransferKind.FEE, self.sender, NOBODY, self.fee, NO_LOG)
            self.transfers.append(row)
        data = data_of(told.get("input") or "0x")
        add_logs(self, self.logs, report, to=to, data=data)


def coin(
    kind: TransferKind, source: bytes, to: bytes, amount: int, log: int
) -> TransferRow:
    """Give a movement of the chain's own coin."""
    return TransferRow(kind, TokenKind.NATIVE, NOBODY, source, to, log, amount)
