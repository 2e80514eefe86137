"""What a transaction's logs say, put into rows; what they say wrongly, counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.chains.accounts import TokenKind
from dalil.chains.evm.calls import with_call
from dalil.chains.evm.events import Log, LogProblem, read_logs
from dalil.sources.accounts.shaping import EventRow, TransferRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dalil.sources.accounts.report import SourceReport
    from dalil.sources.accounts.shaping import TxRows

__all__ = ["add_logs"]


def add_logs(
    tx: TxRows,
    logs: Sequence[tuple[int, Log]],
    report: SourceReport,
    *,
    to: bytes = b"",
    data: bytes = b"",
    tron: bool = False,
) -> None:
    """Read a transaction's logs and add what they tell.

    Parameters
    ----------
    tx : TxRows
        Grows.
    logs : sequence of (int, Log)
        Each with its number in the block, ascending.
    to, data : bytes
        The transaction's own call, where it is known.
    tron : bool
        Whether it is TRON's call data.
    """
    sender = tx.sender if any(tx.sender) else b""
    reads = read_logs([log for _, log in logs], sender, to)
    for (number, _), read in zip(logs, reads, strict=True):
        if read is None:
            continue
        if isinstance(read, LogProblem):
            if read is LogProblem.NOT_FUNGIBLE:
                report.n_not_fungible += 1
            else:
                report.n_wrong_logs += 1
                where = f"transaction {tx.hash.hex()}, log {number}"
                report.note(where, f"{read.value}; left out")
            continue
        if read.transfer is not None:
            kind, token, source, target, amount = read.transfer
            row = TransferRow(
                kind, TokenKind.CONTRACT, token, source, target, number, amount
            )
            tx.transfers.append(row)
        if read.event is not None:
            event = with_call(read.event, to, data, tron=tron)
            tx.events.append(
                EventRow(
                    event.kind,
                    event.contract,
                    event.subject,
                    event.other,
                    number,
                    event.amount,
                    event.ref,
                )
            )
