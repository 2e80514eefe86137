"""Walking forward: from seeds to all that their money can have paid."""

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

__all__ = ["walk_forward"]


def _paid(page: Page, rules: Rules, seeds: I64) -> Codes:
    """Judge what each payment pays by all but where it arrives."""
    code = page.pay_code.copy()
    free = np.flatnonzero(code == StopCode.CARRIED)
    code[free[among(rules.marked, page.pay_to[free])]] = StopCode.MARKED
    code[free[among(seeds, page.pay_id[free])]] = StopCode.SEED
    return code


def _left(page: Page, min_value: int) -> Codes:
    """Judge what each payment leaves at its account."""
    code = np.full(page.pay_id.size, StopCode.CARRIED, dtype=np.uint8)
    code[below(page.rest, min_value)] = StopCode.VALUE
    code[:-1][~page.pay_in_time[1:]] = StopCode.TIME
    last = page.pay_first[1:][np.diff(page.pay_first) > 0] - 1
    code[last] = StopCode.UNSPENT
    code[np.equal(page.rest, 0)] = StopCode.EMPTY
    return code


class _Forward:
    def __init__(self, book: Book, rules: Rules, seeds: I64) -> None:
        self.book, self.rules, self.seeds = book, rules, seeds
        self.ground = Ground(book, 1)
        self.paid, self._small = Stack(np.uint8), Stack(np.bool_)

    def _read(self, addresses: I64) -> None:
        page = self.book.read(addresses)
        self.ground.push(_left(page, self.rules.min_value))
        self.paid.push(_paid(page, self.rules, self.seeds))
        self._small.push(below(page.pay_value, self.rules.min_value))

    def arrive(
        self, to: I64, transfer: I64, small: NDArray[np.bool_], depth: int
    ) -> tuple[Codes, I64]:
        """Judge what comes to accounts; list the payments it goes into."""
        if depth >= self.rules.max_hops:
            return np.full(to.size, StopCode.HOPS, np.uint8), np.zeros(0, np.int64)
        self._read(self.ground.unread(to))
        into, held = self.ground.after(to, transfer)
        code = np.full(to.size, StopCode.CARRIED, dtype=np.uint8)
        code[small] = StopCode.VALUE
        moved = np.flatnonzero(~held)
        in_time = self.book.column("pay_in_time")[into[moved]]
        code[moved[~in_time]] = StopCode.TIME
        code[held] = StopCode.UNSPENT
        return code, into[code == StopCode.CARRIED]

    def paid_on(self, rows: I64, depth: int) -> I64:
        """Follow what payments pay; list the payments it goes into."""
        goes = rows[self.paid.rows[rows] == StopCode.CARRIED]
        to, transfer = self.book.column("pay_to"), self.book.column("pay_id")
        small = self._small.rows[goes]
        code, into = self.arrive(to[goes], transfer[goes], small, depth)
        self.paid.rows[goes] = code
        return into


def walk_forward(book: Book, rules: Rules, start: Start, progress: Progress) -> Walked:
    """Walk from seeds to every payment their money can have passed through."""
    walk, guard = _Forward(book, rules, start.transfer), Guard(rules.max_transactions)
    seed_code, depth = start.code.copy(), 0
    asked = np.flatnonzero(seed_code == StopCode.CARRIED)
    seed_code[asked], entries = walk.arrive(
        start.other[asked], start.transfer[asked], start.small[asked], depth
    )
    while entries.size:
        rows, depth = walk.ground.followed(entries, guard), depth + 1
        entries = walk.paid_on(rows, depth)
        progress("reaching", guard.size, 0)
    payment = guard.closed()
    code = np.empty(2 * payment.size, dtype=np.uint8)
    code[0::2], code[1::2] = walk.paid.rows[payment], walk.ground.stays.rows[payment]
    return Walked(payment, seed_code, code)
