"""Which payments seed money can have passed through, and where it must stop.

A walk goes hop by hop. With each payment it comes to, it goes on to what that
left at the account, which is no hop, and on to whom it paid, which is one; so
every payment is come to once, by the shortest way. Accounts are read when money
comes to them, and never otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import kernel
from dalil.tracing.accounts.growing import Stack
from dalil.tracing.stops import StopCode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.tracing.accounts.book import Book
    from dalil.tracing.columns import I64

__all__ = ["NEVER", "Ground", "Guard", "Rules", "Start", "Walked", "below"]

_CARRIED = int(StopCode.CARRIED)
NEVER = 1 << 62
"""Later than every transfer."""


class Rules(NamedTuple):
    """Where to stop; `marked` are address ids, ascending."""

    marked: I64
    max_hops: int
    max_transactions: int
    min_value: int


class Start(NamedTuple):
    """The seeds: transfer ids, ascending, and what else the walk asks of each.

    `other` is the recipient, backward the payer; `code` as in `page.Page`.
    """

    transfer: I64
    other: I64
    code: NDArray[np.uint8]
    small: NDArray[np.bool_]


class Walked(NamedTuple):
    """The part reached.

    Attributes
    ----------
    payment : (n_nodes,) int64
        In the order money was followed.
    seed_code : (n_seeds,) uint8
    code : (n_coins - n_seeds,) uint8
        Forward two a payment, for what it pays and for the rest; backward one
        for what stayed from before, and one for each transfer that came in.
    """

    payment: I64
    seed_code: NDArray[np.uint8]
    code: NDArray[np.uint8]


def below(amounts: I64, least: int) -> NDArray[np.bool_]:
    """Tell which amounts are known, and less than `least`."""
    known = np.asarray(amounts >= 0, dtype=np.bool_)
    return known & np.asarray(amounts < least, dtype=np.bool_)


@kernel
def _followed(
    entries: I64,
    column: tuple[I64, NDArray[np.uint8]],
    seen: NDArray[np.bool_],
    step: int,
    last: int,
) -> I64:
    """Go from each entry along what stays, to where it stops or was gone before."""
    pay_id, stays = column
    rows = [np.int64(0)]
    rows.pop()
    for q in entries:
        while not seen[q] and step * pay_id[q] <= last:
            seen[q] = True
            rows.append(q)
            if stays[q] != _CARRIED:
                break
            q += step
    return np.array(rows)


@kernel
def _after(pay_first: I64, pay_id: I64, account: I64, transfer: I64) -> I64:
    """Find each account's first payment after a transfer, or its end."""
    found = np.empty_like(account)
    for i in range(account.size):
        first, last = pay_first[account[i]], pay_first[account[i] + 1]
        found[i] = first + np.searchsorted(pay_id[first:last], transfer[i] + 1)
    return found


class Guard:
    """The payments reached, no more than the guard on size lets in.

    Those first in the order of following stay. What is after `last` cannot be
    among them any more, whatever else is reached, nor can what it leads to.
    """

    def __init__(self, most: int) -> None:
        self.last = NEVER
        self._most = most
        self._rows, self._keys = Stack(np.int64), Stack(np.int64)

    @property
    def size(self) -> int:
        """How many payments there are."""
        return self._rows.size

    def add(self, rows: I64, keys: I64) -> None:
        """Add payments by what orders them."""
        inside = keys <= self.last
        self._rows.push(rows[inside])
        self._keys.push(keys[inside])
        # Now and then only: each time takes all payments.
        if 4 * self.size > 5 * self._most:
            self._close()

    def _close(self) -> None:
        rows, keys = self._rows.rows, self._keys.rows
        self.last = int(np.partition(keys, self._most)[self._most]) - 1
        self._rows, self._keys = Stack(np.int64), Stack(np.int64)
        self.add(rows, keys)

    def closed(self) -> I64:
        """List the payments in the order money was followed."""
        if self.size > self._most:
            self._close()
        rows: I64 = self._rows.rows[np.argsort(self._keys.rows)]
        return rows


class Ground:
    """The accounts read, and which of their payments were come to.

    Parameters
    ----------
    book : Book
    step : int
        1 forward, -1 backward: where the payment lies that takes what stays.
    """

    def __init__(self, book: Book, step: int) -> None:
        self.book, self._step = book, step
        self.stays = Stack(np.uint8)
        """`StopCode` of what a payment leaves, backward of what was there."""
        self._seen = Stack(np.bool_)

    def push(self, stays: NDArray[np.uint8]) -> None:
        """Add the payments of accounts just read."""
        self.stays.push(stays)
        self._seen.push(np.zeros(stays.size, dtype=np.bool_))

    def followed(self, entries: I64, guard: Guard) -> I64:
        """Go on from payments along their accounts; list those newly come to."""
        pay_id = self.book.column("pay_id")
        rows = _followed(
            entries,
            (pay_id, self.stays.rows),
            self._seen.rows,
            self._step,
            guard.last,
        )
        guard.add(rows, self._step * pay_id[rows])
        new: I64 = rows[self._step * pay_id[rows] <= guard.last]
        return new

    def unread(self, addresses: I64) -> I64:
        """List those of some addresses that have not been read, each once."""
        new = addresses[self.book.places.find(addresses) < 0]
        return np.unique(new)

    def after(self, addresses: I64, transfers: I64) -> tuple[I64, NDArray[np.bool_]]:
        """Find each account's first payment after a transfer; tell if it has none."""
        book = self.book
        account, first = book.places.find(addresses), book.column("pay_first")
        found = _after(first, book.column("pay_id"), account, transfers)
        return found, np.equal(found, first[account + 1])
