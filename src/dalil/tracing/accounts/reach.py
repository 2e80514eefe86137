"""Reading just the accounts a trace needs, and walking over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

_FAR = 64
"""Where more hops than this are allowed, accounts are read ahead of need, since
each walk over them anew brings the trace one hop further."""


def _flags(column: I64, test: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(test, dtype=np.bool_) & np.asarray(column >= 0, dtype=np.bool_)


def _ground(page: Page, min_value: int) -> Ground:
    order = np.argsort(page.address)
    by_rank = np.argsort(page.pay_id)
    rank = np.empty_like(by_rank)
    rank[by_rank] = np.arange(by_rank.size)
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
        pay_rank=rank,
        by_rank=by_rank,
        id_by_rank=page.pay_id[by_rank],
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


def _ahead(book: Book, marked: I64, budget: int, *, forward: bool) -> None:
    """Read the neighbours of what was read last, and theirs, up to a number."""
    left = budget
    while left > 0:
        page = book.last_page()
        others = (
            page.pay_to[page.pay_code == StopCode.CARRIED]
            if forward
            else page.in_from[page.in_code == StopCode.CARRIED]
        )
        others = np.setdiff1d(others, marked)
        fresh = [a for a in others.tolist() if not book.has(a)][:left]
        if not fresh:
            return
        book.read(np.array(fresh, dtype=np.int64))
        left -= len(fresh)


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
    Memory follows the accounts read: those reached, and where many hops are
    allowed at most as many more. Each walk is linear but for its sorting.
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
    book.read(start.other)
    budget = 256
    while True:
        page = book.pages()
        walk = walk_forward if forward else walk_backward
        walked = walk(_ground(page, limits.min_value), rules, start)
        progress("reaching", walked.payment.size, 0)
        if not walked.lacking.size:
            return page, walked
        book.read(walked.lacking)
        if limits.max_hops > _FAR:
            _ahead(book, marked, budget, forward=forward)
            budget *= 2
