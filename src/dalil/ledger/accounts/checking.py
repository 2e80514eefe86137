"""Whether a batch has the shape it must have, before anything of it is written.

Sources check what strangers send them; this is the ledger's own door, so that a
mistake there cannot become columns that lead nowhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.chains.accounts import EventKind, TokenKind, TransferKind, TxStatus
from dalil.errors import InputError, SourceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.chains.accounts import AccountBatch
    from dalil.ledger.accounts.view import I64

__all__ = ["check_batch", "check_link"]

_MOST_NUMBER = 1 << 53
_WIDTHS = {
    "block": {"number": 0, "hash": 32, "parent": 32, "time": 0},
    "tx": {"hash": 32, "place": 0, "status": 0, "sender": 20},
    "transfer": {
        "kind": 0,
        "token_kind": 0,
        "token": 20,
        "from": 20,
        "to": 20,
        "log": 0,
        "amount": 4,
    },
    "event": {
        "kind": 0,
        "contract": 20,
        "subject": 20,
        "other": 20,
        "log": 0,
        "amount": 4,
        "ref": 0,
    },
}
_KINDS = {
    "tx_status": max(TxStatus),
    "transfer_kind": max(TransferKind),
    "transfer_token_kind": max(TokenKind),
    "event_kind": max(EventKind),
}


def check_batch(batch: AccountBatch) -> None:
    """Refuse a batch whose columns do not fit one another.

    Raises
    ------
    InputError
        With the column at fault.
    """
    counts = {
        "block": batch.block_number.size,
        "tx": batch.tx_hash.shape[0],
        "transfer": batch.transfer_kind.size,
        "event": batch.event_kind.size,
    }
    for table, columns in _WIDTHS.items():
        for name, width in columns.items():
            column: NDArray[Any] = getattr(batch, f"{table}_{name}")
            shape = (counts[table], width) if width else (counts[table],)
            if column.shape != shape:
                _refuse("a column of a batch has the wrong shape", f"{table}_{name}")
    _check_firsts("block_first_tx", batch.block_first_tx, counts["block"], counts["tx"])
    firsts = batch.tx_first_transfer, batch.tx_first_event
    for what, first in zip(("transfer", "event"), firsts, strict=True):
        _check_firsts(f"tx_first_{what}", first, counts["tx"], counts[what])
    for name, most in _KINDS.items():
        if int(getattr(batch, name).max(initial=0)) > most:
            _refuse("a column of a batch has an unknown kind", name)
    assets = batch.transfer_token_kind == TokenKind.ASSET
    if assets.any() and not batch.chain.startswith("tron:"):
        _refuse("only TRON has TRC-10 assets", batch.chain)
    number = batch.block_number
    if number.size and (np.any(np.diff(number) <= 0) or number[0] < 0):
        _refuse("blocks of a batch do not ascend", "block_number")
    if int(number.max(initial=0)) > _MOST_NUMBER:
        _refuse("no chain has this many blocks", int(number.max()))
    _check_order("transfer_log", batch.transfer_log, batch.tx_first_transfer)
    _check_order("event_log", batch.event_log, batch.tx_first_event)
    failed = batch.tx_status == TxStatus.FAILED
    if np.any(np.diff(batch.tx_first_transfer)[failed] > 0) and np.any(
        (batch.transfer_kind != TransferKind.FEE)[
            _rows_of(failed, batch.tx_first_transfer)
        ]
    ):
        _refuse("a failed transaction moves something", "tx_status")


def _rows_of(txs: NDArray[np.bool_], first: I64) -> NDArray[np.bool_]:
    return np.repeat(txs, np.diff(first))


def _refuse(what: str, value: object) -> None:
    raise InputError(what, value)


def _check_firsts(name: str, first: I64, rows: int, total: int) -> None:
    fits = first.shape == (rows + 1,) and first[0] == 0 and first[-1] == total
    if not fits or np.any(np.diff(first) < 0):
        _refuse("a batch's rows do not add up", name)


def _check_order(name: str, log: NDArray[np.int32], first: I64) -> None:
    """Rows of one transaction ascend by log; those of one block need not."""
    down = log[1:] < log[:-1]
    if down.any():
        begins = np.zeros(log.size + 1, np.bool_)
        begins[first] = True
        if np.any(down & ~begins[1 : log.size]):
            _refuse("rows of a transaction are not in order", name)


def check_link(
    batch: AccountBatch, last: tuple[int, bytes] | None
) -> NDArray[np.uint8]:
    """Refuse blocks that do not name the one before as their parent.

    Hashes of zeros are not told, and prove nothing.

    Parameters
    ----------
    batch : AccountBatch
    last : (number, hash), optional
        The block that the batch is put behind.

    Returns
    -------
    (n_blocks,) uint8
        1 where no block is missing before this one.

    Raises
    ------
    SourceError
        With the number of the block at fault.
    """
    number, parent = batch.block_number, batch.block_parent
    before = np.empty_like(number)
    before[1:] = number[:-1]
    hashes = np.zeros_like(parent)
    hashes[1:] = batch.block_hash[:-1]
    before[0] = -2 if last is None else last[0]
    if last is not None:
        hashes[0] = np.frombuffer(last[1], np.uint8)
    next_to = number == before + 1
    told = hashes.any(axis=1) & parent.any(axis=1)
    wrong = next_to & told & (hashes != parent).any(axis=1)
    if wrong.any():
        what = "the source's blocks do not follow one another; their parent differs at"
        raise SourceError(what, int(number[np.flatnonzero(wrong)[0]]))
    if last is None:
        next_to[0] = True
    follows: NDArray[np.uint8] = (next_to & batch.contiguous).astype(np.uint8)
    return follows
