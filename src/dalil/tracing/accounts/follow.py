"""The trace of accounts itself: from a request to every figure, stop and name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.accounts import TokenKind
from dalil.errors import NotFoundError
from dalil.progress import Progress, silent
from dalil.tracing.accounts.book import Book
from dalil.tracing.accounts.frozen import frozen_at_end
from dalil.tracing.accounts.graph import AccountGraph, account_graph
from dalil.tracing.accounts.naming import Unit, unit_of
from dalil.tracing.accounts.reach import reach, seed_codes
from dalil.tracing.accounts.result import HELD, AccountTrace
from dalil.tracing.accounts.seeds import AccountSeeds, find_seeds
from dalil.tracing.accounts.telling import AccountTeller
from dalil.tracing.request import Direction
from dalil.tracing.stops import StopCode

if TYPE_CHECKING:
    from dalil.ledger.accounts.view import AccountView
    from dalil.tracing.accounts.request import AccountRequest

__all__ = ["trace_accounts"]


def _freeze(view: AccountView, token: int, graph: AccountGraph) -> AccountGraph:
    """Tell what is held at frozen accounts from what is merely held."""
    held = np.flatnonzero(graph.flow.code == StopCode.UNSPENT)
    frozen = np.array(sorted(frozen_at_end(view, token)), dtype=np.int64)
    code = graph.flow.code.copy()
    code[held[np.isin(graph.holder[held], frozen)]] = StopCode.FROZEN
    return AccountGraph(replace(graph.flow, code=code), graph.holder)


def _assumptions(book: Book, unit: Unit) -> list[str]:
    told = []
    if not book.view.contiguous:
        told.append("blocks may be missing, so no balance is known: lower bounds are 0")
    if not book.sums:
        told.append(
            "no balance of the chain's own coin is the sum of what a ledger shows: "
            "lower bounds are 0"
        )
    elif unit.plain is None:
        told.append(
            "nobody vouches that this token's balances are the sums of its transfers; "
            "bounds hold if they are"
        )
    if book.overdrawn:
        some = sorted(book.view.address_text(a) for a in book.overdrawn)[:5]
        told.append(
            f"{len(book.overdrawn)} accounts paid out more than came in, so nothing is "
            f"known of what they hold: {', '.join(some)}"
        )
    return told


def _graph(
    book: Book, request: AccountRequest, seeds: AccountSeeds, unit: Unit, say: Progress
) -> AccountGraph:
    forward = request.direction is Direction.FORWARD
    summable = unit.plain is not False
    codes = seed_codes(book, seeds.transfers, forward=forward, summable=summable)
    page, walked = reach(book, request, seeds.transfers, codes, say)
    graph = account_graph(book, page, walked, request.direction, seeds.transfers)
    return _freeze(book.view, request.token, graph) if forward else graph


def trace_accounts(
    ledger: AccountView, request: AccountRequest, progress: Progress = silent
) -> AccountTrace:
    """Follow seed money through accounts to where it is, or back to its sources.

    Parameters
    ----------
    ledger : AccountView
    request : AccountRequest
    progress : Progress, optional

    Returns
    -------
    AccountTrace
        Seeds that received nothing give a trace of zeros.

    Raises
    ------
    NotFoundError, InputError
        If the token or a seed is not in the ledger, or a seed is of another
        token.
    LimitError
        If amounts need more than 64 bits and there are too many of them.

    Notes
    -----
    Only the accounts reached are read. Who controlled an address, and what a
    service did behind its border, the result does not say. Bounds rest on what
    `assumptions` lists; `docs/account-tracing.md` proves them.

    Examples
    --------
    >>> from dalil.ledger.accounts.literal import HandAccounts
    >>> from dalil.tracing.accounts.request import AccountRequest
    >>> from dalil.tracing.request import Direction, Mark
    >>> ledger = HandAccounts()
    >>> _ = ledger.pay("NOBODY", "customers", 82_000_000)
    >>> _ = ledger.pay("customers", "wallet", 82_000_000)
    >>> _ = ledger.pay("wallet", "listed", 450_000)
    >>> listed, wallet = map(ledger.find_address, ("listed", "wallet"))
    >>> request = AccountRequest(
    ...     Direction.FORWARD, 0, [wallet], marks=[Mark(listed, "Listed wallet")]
    ... )
    >>> print(trace_accounts(ledger, request).targets[0].amounts.upper_sat)
    450000
    """
    progress("reaching", 0, 0)
    n_tokens = len(ledger.token_kind)
    if not 0 <= request.token < n_tokens:
        raise NotFoundError("no such token in this ledger", request.token)
    unit = unit_of(ledger, request.token)
    native = ledger.token_kind[request.token] == TokenKind.NATIVE
    book = Book(ledger, request.token, request.limits, sums=not native)
    seeds = find_seeds(ledger, request)
    graph = _graph(book, request, seeds, unit, progress)
    teller = AccountTeller(ledger, request, graph, unit)
    targets = teller.targets(progress)
    return AccountTrace(
        ledger=ledger,
        request=request,
        unit=unit,
        seeds=seeds,
        graph=graph,
        figures=teller.figures,
        met=teller.met,
        unspent=teller.amounts(teller.coded(*HELD)),
        frozen=teller.amounts(teller.coded(StopCode.FROZEN)),
        fees=teller.amounts(teller.coded(StopCode.FEE)),
        targets=targets,
        describe=teller.described,
        stop_totals=teller.stop_totals(),
        seeds_on_services=teller.seeds_on_services(),
        assumptions=_assumptions(book, unit),
        reentry=teller.reentry,
    )
