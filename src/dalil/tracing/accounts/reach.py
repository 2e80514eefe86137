"""Reading just the accounts a trace needs, and walking over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.tracing.accounts.backward import walk_backward
from dalil.tracing.accounts.forward import walk_forward
from dalil.tracing.accounts.walk import Rules, Start, Walked
from dalil.tracing.request import Direction
from dalil.tracing.stops import StopCode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.progress import Progress
    from dalil.tracing.accounts.book import Book
    from dalil.tracing.accounts.page import Page
    from dalil.tracing.accounts.request import AccountRequest
    from dalil.tracing.columns import I64

__all__ = ["reach", "seed_codes"]


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


def reach(
    book: Book,
    request: AccountRequest,
    seeds: I64,
    codes: NDArray[np.uint8],
    progress: Progress,
) -> tuple[Page, Walked]:
    """Walk from the seeds, reading accounts as money comes to them.

    Notes
    -----
    Memory follows the accounts read, each once and with all its transfers: those
    that money came to before the guard on size closed.
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
    rules = Rules(marked, limits.max_hops, limits.max_transactions, limits.min_value)
    walk = walk_forward if forward else walk_backward
    walked = walk(book, rules, start, progress)
    return book.page(), walked
