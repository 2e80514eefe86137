"""Tables of token transfers alone: tens of millions of rows, column by column.

Such a table names what took effect and nothing else. It cannot tell which
blocks lack, whether a transfer is of single pieces (ERC-721; there the value is
a number, not an amount), or what a transaction moved of the chain's own coin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.accounts import AccountBatch, TokenKind, TransferKind, TxStatus
from dalil.errors import InputError, LimitError
from dalil.sources.accounts.ordering import ordered_rows, sorted_rows
from dalil.sources.accounts.report import SourceReport
from dalil.sources.accounts.rows import Rows, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.progress import Progress

__all__ = ["TransferFiles"]

_AT_ONCE = 1 << 18
_MOST_IN_BLOCK = 1 << 22
_MIX = np.uint64(0x9E37_79B9_7F4A_7C15)


class TransferFiles:
    """Files of the table ``token_transfers``.

    Parameters
    ----------
    kind : str
        ``csv``, ``jsonl`` or ``parquet``.
    chain : str
        CAIP-2.
    paths : sequence of Path
    first, last : int, optional
        Blocks outside are passed over.
    """

    def __init__(
        self,
        kind: str,
        chain: str,
        paths: Sequence[Path],
        *,
        first: int | None = None,
        last: int | None = None,
    ) -> None:
        self.kind = kind
        self.chain = chain
        self.report = SourceReport()
        self._paths = list(paths)
        self._first = 0 if first is None else first
        self._last = np.iinfo(np.int64).max if last is None else last
        self._recent = np.zeros(0, np.uint64)

    def batches(
        self,
        after: int | None,
        known: Callable[[int], bytes | None],
        progress: Progress,
    ) -> Iterator[AccountBatch]:
        """Give batches of some 260,000 transfers, cut between blocks."""
        self._recent = self._recent[:0]
        done, begun = 0, False
        for rows in self._whole_blocks():
            done += len(rows.block)
            settled = self._settled(rows)
            if not begun and after is not None:
                settled = _news(settled, after, known)
                if not len(settled.block):
                    continue
            begun = True
            yield self._batch(settled)
            progress("transfers read", done, 0)

    def _whole_blocks(self) -> Iterator[Rows]:
        held: list[Rows] = []
        n = 0
        for rows in ordered_rows(self._paths):
            inside = (rows.block >= self._first) & (rows.block <= self._last)
            kept = rows if inside.all() else rows.at(inside)
            if not len(kept.block):
                continue
            held.append(kept)
            n += len(kept.block)
            if n < _AT_ONCE:
                continue
            every = joined(held)
            cut = int(np.searchsorted(every.block, every.block[-1]))
            if n - cut > _MOST_IN_BLOCK:
                raise LimitError("a block has too many transfers", int(every.block[-1]))
            for start, end in _pieces(every.block, cut):
                yield every.at(slice(start, end))
            held, n = [every.at(slice(cut, None))], n - cut
        if n:
            every = joined(held)
            for start, end in _pieces(every.block, n):
                yield every.at(slice(start, end))

    def _settled(self, rows: Rows) -> Rows:
        """Sort, drop what is there twice, refuse what contradicts itself."""
        rows = sorted_rows(rows)
        same = (np.diff(rows.block) == 0) & (np.diff(rows.log) == 0)
        if same.any():
            again = np.flatnonzero(same) + 1
            equal = np.ones(len(again), bool)
            for column in rows:
                equal &= ~_any(column[again] != column[again - 1])
            if not equal.all():
                at = int(again[~equal][0])
                raise InputError(
                    f"two different transfers in block {rows.block[at]} have one log "
                    f"index, {rows.log[at]}",
                    "0x" + rows.tx[at].tobytes().hex(),
                )
            self.report.n_duplicates_dropped += len(again)
            rows = rows.at(np.concatenate(([True], ~same)))
        return rows

    def _batch(self, rows: Rows) -> AccountBatch:
        n = len(rows.block)
        new_block = np.diff(rows.block) != 0
        tx_rows = _starts(new_block | _any(rows.tx[1:] != rows.tx[:-1]))
        block_rows = _starts(new_block)
        self._check(rows, tx_rows, block_rows)
        n_tx, n_blocks = len(tx_rows), len(block_rows)
        empty20 = np.zeros((0, 20), np.uint8)
        return AccountBatch(
            chain=self.chain,
            block_number=rows.block[block_rows],
            block_hash=rows.block_hash[block_rows],
            block_parent=np.zeros((n_blocks, 32), np.uint8),
            block_time=rows.time[block_rows],
            block_first_tx=np.append(np.searchsorted(tx_rows, block_rows), n_tx),
            tx_hash=rows.tx[tx_rows],
            tx_place=rows.place[tx_rows].astype(np.int32),
            tx_status=np.full(n_tx, TxStatus.UNTOLD, np.uint8),
            tx_sender=np.zeros((n_tx, 20), np.uint8),
            tx_first_transfer=np.append(tx_rows, n),
            tx_first_event=np.zeros(n_tx + 1, np.int64),
            transfer_kind=np.full(n, TransferKind.TOKEN, np.uint8),
            transfer_token_kind=np.full(n, TokenKind.CONTRACT, np.uint8),
            transfer_token=np.ascontiguousarray(rows.token),
            transfer_from=np.ascontiguousarray(rows.source),
            transfer_to=np.ascontiguousarray(rows.to),
            transfer_log=rows.log.astype(np.int32),
            transfer_amount=np.ascontiguousarray(rows.amount),
            event_kind=np.zeros(0, np.uint8),
            event_contract=empty20,
            event_subject=empty20,
            event_other=empty20,
            event_log=np.zeros(0, np.int32),
            event_amount=np.zeros((0, 4), np.uint64),
            event_ref=np.zeros(0, np.int64),
            contiguous=False,
        )

    def _check(
        self, rows: Rows, tx_rows: NDArray[np.int64], block_rows: NDArray[np.int64]
    ) -> None:
        """Hold each transaction to one run of logs, and each block to one story."""
        names = _mixed(rows.tx[tx_rows])
        seen = np.concatenate((self._recent, names))
        order = np.argsort(seen, kind="stable")
        twice = np.flatnonzero(np.diff(seen[order]) == 0)
        if twice.size:
            at = int(tx_rows[max(0, int(order[twice[0] + 1]) - len(self._recent))])
            raise InputError(
                f"a transaction's logs are torn apart at block {rows.block[at]}, or it "
                "stands in two blocks",
                "0x" + rows.tx[at].tobytes().hex(),
            )
        self._recent = names[-_AT_ONCE:]
        first = np.zeros(len(rows.block), bool)
        first[block_rows] = True
        for name in ("time", "block_hash"):
            column = getattr(rows, name)
            differs = _any(column[1:] != column[:-1])
            if (bad := np.flatnonzero(differs & ~first[1:])).size:
                raise InputError(
                    f"one block has two values of {name}", int(rows.block[bad[0]])
                )
        begins = np.zeros(len(rows.block), bool)
        begins[tx_rows] = True
        step = np.diff(rows.place)
        told = (rows.place[1:] >= 0) & (rows.place[:-1] >= 0) & ~first[1:]
        wrong = told & np.where(begins[1:], step <= 0, step != 0)
        if wrong.any():
            at = int(np.flatnonzero(wrong)[0]) + 1
            raise InputError(
                "transaction_index and log_index disagree in block "
                f"{rows.block[at]} at log {rows.log[at]}",
                int(rows.place[at]),
            )


def _starts(changes: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.concatenate(([0], np.flatnonzero(changes) + 1)).astype(np.int64)


def _any(differs: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which rows differ anywhere, of columns of one value or of many."""
    if differs.ndim == 1:
        return differs
    found: NDArray[np.bool_] = np.logical_or.reduce(differs, axis=1)
    return found


def _mixed(hashes: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Fold hashes into words; made-up ones, which differ in few bits, too."""
    mixed = np.zeros(len(hashes), np.uint64)
    for word in np.ascontiguousarray(hashes).view("<u8").T:
        mixed = (mixed ^ word) * _MIX
        mixed ^= mixed >> np.uint64(29)
    return mixed


def _pieces(block: NDArray[np.int64], end: int) -> Iterator[tuple[int, int]]:
    """Cut the first `end` rows between blocks, near every `_AT_ONCE` of them."""
    start = 0
    while start < end:
        stop = min(start + _AT_ONCE, end)
        if stop < end:
            stop = int(np.searchsorted(block, block[stop - 1], side="right"))
        yield start, min(stop, end)
        start = min(stop, end)


def _news(rows: Rows, after: int, known: Callable[[int], bytes | None]) -> Rows:
    """Leave out what is held; where a block's hash differs, all from there on."""
    held = int(np.searchsorted(rows.block, after, side="right"))
    _, firsts = np.unique(rows.block[:held], return_index=True)
    for at in firsts:
        told = rows.block_hash[at].tobytes()
        theirs = known(int(rows.block[at]))
        if any(told) and theirs is not None and any(theirs) and told != theirs:
            return rows.at(slice(int(at), None))
    return rows.at(slice(held, None))
