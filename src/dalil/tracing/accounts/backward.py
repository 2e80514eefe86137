"""Walking backward: from seeds to all that their money can have come through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.tracing.accounts.exact import among
from dalil.tracing.accounts.growing import Stack
from dalil.tracing.accounts.walk import Ground, Guard, Walked, below
from dalil.tracing.stops import StopCode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.progress import Progress
    from dalil.tracing.accounts.book import Book
    from dalil.tracing.accounts.page import Page
    from dalil.tracing.accounts.walk import Rules, Start
    from dalil.tracing.columns import I64

    Codes = NDArray[np.uint8]

__all__ = ["walk_backward"]


def _stayed(page: Page, min_value: int) -> Codes:
    """Judge what was at the account when the payment before each was made."""
    code = np.full(page.pay_id.size, StopCode.CARRIED, dtype=np.uint8)
    code[1:][below(page.rest, min_value)[:-1]] = StopCode.VALUE
    code[1:][~page.pay_in_time[:-1]] = StopCode.TIME
    code[page.pay_first[:-1][np.diff(page.pay_first) > 0]] = StopCode.BORDER
    code[np.equal(page.before(), 0)] = StopCode.EMPTY
    return code


def _came(page: Page, rules: Rules, seeds: I64) -> Codes:
    """Judge each transfer that came in by all but where it came from."""
    code = page.in_code.copy()
    free = np.flatnonzero(code == StopCode.CARRIED)
    code[free[below(page.in_value, rules.min_value)[free]]] = StopCode.VALUE
    code[free[~page.in_in_time[free]]] = StopCode.TIME
    code[free[among(rules.marked, page.in_from[free])]] = StopCode.MARKED
    code[among(seeds, page.in_id)] = StopCode.SEED
    return code


def _spread(start: I64, stop: I64) -> I64:
    """List the rows of ranges one after another."""
    count = stop - start
    shift = start - np.cumsum(count) + count
    rows: I64 = np.arange(int(count.sum())) + np.repeat(shift, count)
    return rows


class _Backward:
    def __init__(self, book: Book, rules: Rules, seeds: I64) -> None:
        self.book, self.rules, self.seeds = book, rules, seeds
        self.ground = Ground(book, -1)
        self.came, self._in_start = Stack(np.uint8), Stack(np.int64)

    def _read(self, addresses: I64) -> None:
        n_in = self.book.column("in_id").size
        page = self.book.read(addresses)
        self.ground.push(_stayed(page, self.rules.min_value))
        self.came.push(_came(page, self.rules, self.seeds))
        self._in_start.push(page.in_start() + n_in)

    def leave(self, payer: I64, transfer: I64, depth: int) -> tuple[Codes, I64]:
        """Judge what left accounts; list the payments by which it did."""
        if depth >= self.rules.max_hops:
            return np.full(payer.size, StopCode.HOPS, np.uint8), np.zeros(0, np.int64)
        self._read(self.ground.unread(payer))
        into, _ = self.ground.after(payer, transfer - 1)
        return np.full(payer.size, StopCode.CARRIED, np.uint8), into

    def inputs(self, rows: I64) -> I64:
        """List what came in before payments, since the one before each."""
        stop = self.book.column("in_stop")
        return _spread(self._in_start.rows[rows], stop[rows])

    def came_from(self, rows: I64, depth: int) -> I64:
        """Follow what came in before payments back; list the payments it left by."""
        came = self.inputs(rows)
        goes = came[self.came.rows[came] == StopCode.CARRIED]
        payer, transfer = self.book.column("in_from"), self.book.column("in_id")
        code, into = self.leave(payer[goes], transfer[goes], depth)
        self.came.rows[goes] = code
        return into

    def codes(self, payment: I64) -> Codes:
        """Lay out what stayed and what came in, payment by payment."""
        came = self.inputs(payment)
        stop = self.book.column("in_stop")[payment]
        count = stop - self._in_start.rows[payment]
        code = np.empty(payment.size + came.size, dtype=np.uint8)
        is_rest = np.zeros(code.size, dtype=np.bool_)
        is_rest[np.cumsum(count + 1) - count - 1] = True
        code[is_rest] = self.ground.stays.rows[payment]
        code[~is_rest] = self.came.rows[came]
        return code


def walk_backward(book: Book, rules: Rules, start: Start, progress: Progress) -> Walked:
    """Walk from seeds to every payment their money can have come through."""
    walk, guard = _Backward(book, rules, start.transfer), Guard(rules.max_transactions)
    guard.last = 0
    seed_code, depth = start.code.copy(), 1
    free = np.flatnonzero(seed_code == StopCode.CARRIED)
    seed_code[free[start.small[free]]] = StopCode.VALUE
    seed_code[free[among(rules.marked, start.other[free])]] = StopCode.MARKED
    asked = np.flatnonzero(seed_code == StopCode.CARRIED)
    seed_code[asked], entries = walk.leave(
        start.other[asked], start.transfer[asked], depth
    )
    while entries.size:
        rows, depth = walk.ground.followed(entries, guard), depth + 1
        entries = walk.came_from(rows, depth)
        progress("reaching", guard.size, 0)
    payment = guard.closed()
    return Walked(payment, seed_code, walk.codes(payment))
