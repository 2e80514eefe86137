"""Reading just the accounts a trace needs, and walking over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.tracing.accounts.walk import (
    Ground,
    Rules,
    Start,
    Walked,
    walk_backward,
    walk_forward,
)
from dalil.tracing.request import Direction
from dalil.tracing.stops import StopCode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.progress import Progress
    from dalil.tracing.accounts.book import Book, Page
    from dalil.tracing.accounts.request import AccountRequest
    from dalil.tracing.columns import I64

__all__ = ["reach", "seed_codes"]


def _flags(column: I64, test: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(test, dtype=np.bool_) & np.asarray(column >= 0, dtype=np.bool_)


def _ground(page: Page, min_value: int) -> Ground:
    order = np.argsort(page.address)
    before = page.before()
    return Ground(
        address=page.address[order],
        account=order,
        pay_first=page.pay_first,
        pay_id=page.pay_id,
        pay_to=page.pay_to,
        pay_code=page.pay_code,
        pay_in_time=page.pay_in_time,
        pay_small=_flags(page.pay_value, page.pay_value < min_value),
        rest_none=_flags(page.rest, page.rest == 0),
        rest_small=_flags(page.rest, page.rest < min_value),
        before_none=_flags(before, before == 0),
        owner=page.owner(),
        in_start=page.in_start(),
        in_stop=page.in_stop,
        in_id=page.in_id,
        in_from=page.in_from,
        in_code=page.in_code,
        in_in_time=page.in_in_time,
        in_small=_flags(page.in_value, page.in_value < min_value),
    )


def seed_codes(
    book: Book, seeds: I64, *, forward: bool, summable: bool
) -> NDArray[np.uint8]:
    """Tell which seeds stop for what they are themselves."""
    if not summable:
        return np.full(seeds.size, StopCode.UNSUMMED, dtype=np.uint8)
    view = book.view
    if forward:
        return book.pay_codes(
            seeds, np.asarray(view.transfer_to)[seeds].astype(np.int64)
        )
    return book.in_codes(seeds, np.asarray(view.transfer_from)[seeds].astype(np.int64))


class _Wave(NamedTuple):
    """Accounts to read: by which transfer money came to each, after how many hops.

    Backward, the transfer by which it left.
    """

    address: I64
    transfer: I64
    depth: I64


def _wave(book: Book, transfers: I64, depth: I64, *, forward: bool) -> _Wave:
    """Find whom transfers lead to, each by the first one (backward: the last)."""
    view = book.view
    other = view.transfer_to if forward else view.transfer_from
    address = np.asarray(other)[transfers].astype(np.int64)
    order = np.lexsort((transfers if forward else -transfers, address))
    address, first = np.unique(address[order], return_index=True)
    fresh = [not book.has(a) for a in address.tolist()]
    kept = np.array(fresh, dtype=np.bool_)
    rows = order[first[kept]]
    return _Wave(address[kept], transfers[rows], depth[rows])


class _Room(NamedTuple):
    """How far to read on: so many payments, none beyond the `last` transfer."""

    most: int
    last: int


def _read_on(
    book: Book, rules: Rules, room: _Room, wave: _Wave, *, forward: bool
) -> None:
    """Read accounts, and those they lead to in time, as far as there is room.

    What is read need not be reached: an account may have had nothing left. What
    is reached and not read, the walk tells.
    """
    while wave.address.size:
        page = book.read(wave.address)
        if book.n_payments > room.most:
            return
        if forward:
            owner, rows, code = page.owner(), page.pay_id, page.pay_code
            later, other = rows > wave.transfer[owner], page.pay_to
            later &= rows <= room.last
        else:
            owner = np.repeat(np.arange(wave.address.size), np.diff(page.in_first))
            rows, code = page.in_id, page.in_code
            later, other = rows < wave.transfer[owner], page.in_from
            later &= rows >= room.last
        depth = wave.depth[owner] + 1
        goes = later & (code == StopCode.CARRIED) & (depth < rules.max_hops)
        goes[goes] = ~np.isin(other[goes], rules.marked)
        wave = _wave(book, rows[goes], depth[goes], forward=forward)


def reach(
    book: Book,
    request: AccountRequest,
    seeds: I64,
    codes: NDArray[np.uint8],
    progress: Progress,
) -> tuple[Page, Walked]:
    """Walk from the seeds, reading accounts until none is lacking.

    Notes
    -----
    Memory follows the accounts read: those reached, some that might have been,
    and none beyond the hops allowed. A walk is linear but for its heap.
    """
    forward = request.direction is Direction.FORWARD
    view, limits = book.view, request.limits
    other = np.asarray(view.transfer_to if forward else view.transfer_from)[seeds]
    small = [amount < limits.min_value for amount in view.amounts(seeds)]
    start = Start(
        transfer=seeds,
        other=other.astype(np.int64),
        code=codes,
        small=np.array(small, dtype=np.bool_),
    )
    named = {mark.address for mark in request.marks} - set(request.addresses)
    marked = np.array(sorted(named), dtype=np.int64)
    rules = Rules(marked, limits.max_hops, limits.max_transactions)
    room = _Room(2 * limits.max_transactions, np.asarray(view.transfer_to).size)
    if not forward:
        room = room._replace(last=0)
    follow = seeds[codes == StopCode.CARRIED]
    depth = np.full(follow.size, 0 if forward else 1)
    while True:
        wave = _wave(book, follow, depth, forward=forward)
        _read_on(book, rules, room, wave, forward=forward)
        page = book.pages()
        walk = walk_forward if forward else walk_backward
        walked = walk(_ground(page, limits.min_value), rules, start)
        progress("reaching", walked.payment.size, 0)
        if not walked.lacking.size:
            return page, walked
        follow, depth = walked.lacking, walked.depth
        room = room._replace(most=2 * max(room.most, book.n_payments))
        if walked.payment.size == limits.max_transactions:
            # More accounts can only fill the guard on size sooner.
            room = room._replace(last=int(page.pay_id[walked.payment[-1]]))
