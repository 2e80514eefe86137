"""The traced part of a chain of accounts, laid out as the one graph of money.

A node is a payment: the account's holdings come in, by slots, and go out by
two coins, **what is paid** and **the rest**. Its slots are what the account's
last payment left, then every transfer that came in since, in ledger order.
Backward the same node is read the other way round. So every rule for money
that is written for transactions with outputs holds here unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dalil.tracing.accounts.exact import exact_amounts, joined, widened
from dalil.tracing.exactly import suiting
from dalil.tracing.graph import LARGEST_SUM, FlowGraph, capacities
from dalil.tracing.request import Direction
from dalil.tracing.stops import StopCode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.tracing.accounts.book import Book
    from dalil.tracing.accounts.page import Page
    from dalil.tracing.accounts.walk import Walked
    from dalil.tracing.columns import I64

__all__ = ["AccountGraph", "account_graph"]


@dataclass(frozen=True, slots=True, eq=False)
class AccountGraph:
    """A graph of money, and what its coins are on the ledger.

    Attributes
    ----------
    flow : FlowGraph
        Its `tx` is the transfer id of each node's payment; its `output` the
        transfer each coin is, -1 for what stays at an account; its `input`
        the payment after which that stays, -1 for an opening balance, and for
        transfers.
    holder : (n_coins,) int64
        Address id of whoever has the coin: forward the recipient, backward the
        payer, and of a rest its account.
    """

    flow: FlowGraph
    holder: I64

    @property
    def is_rest(self) -> NDArray[np.bool_]:
        """(n_coins,) what stays, or stayed, at an account."""
        return self.flow.output < 0


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """One side of all nodes: where each one's lines begin, and the lines."""

    start: I64
    value: I64
    transfer: I64
    after: I64
    holder: I64


def _padded(column: I64) -> I64:
    """Add a row for -1 to stand for."""
    return np.append(column, -1)


def _entries(page: Page, q: I64, *, forward: bool) -> _Side:
    """Lay out what came together for each payment: the rest before, then more."""
    first, count = page.in_start()[q], page.in_stop[q] - page.in_start()[q]
    start = np.zeros(q.size + 1, dtype=np.int64)
    np.cumsum(count + 1, out=start[1:])
    # Before each node's transfers stands one line for what was there.
    rows = np.arange(start[-1]) - np.repeat(start[:-1] + 1, count + 1)
    rows += np.repeat(first, count + 1)
    owner = page.address[page.owner()[q]]
    head = start[:-1]
    rows[head] = -1
    transfer, value = _padded(page.in_id)[rows], _padded(page.in_value)[rows]
    payer = _padded(page.in_from)[rows]
    holder = np.repeat(owner, count + 1) if forward else payer
    after = np.full(rows.size, -1, dtype=np.int64)
    value = joined([value, page.before()[q]])
    value, value[head] = value[: rows.size], value[rows.size :]
    transfer[head], holder[head] = -1, owner
    is_first = q == page.pay_first[page.owner()[q]]
    after[head] = np.where(is_first, -1, np.roll(page.pay_id, 1)[q])
    return _Side(start, value, transfer, after, holder)


def _exits(page: Page, q: I64) -> _Side:
    """Lay out what each payment made: what is paid, and the rest."""
    both = joined([page.pay_value[q], page.rest[q]])
    value = np.empty(2 * q.size, dtype=both.dtype)
    value[0::2], value[1::2] = both[: q.size], both[q.size :]
    transfer = np.full(2 * q.size, -1, dtype=np.int64)
    transfer[0::2] = page.pay_id[q]
    after = np.full(2 * q.size, -1, dtype=np.int64)
    after[1::2] = page.pay_id[q]
    holder = np.empty(2 * q.size, dtype=np.int64)
    holder[0::2], holder[1::2] = page.pay_to[q], page.address[page.owner()[q]]
    return _Side(2 * np.arange(q.size + 1), value, transfer, after, holder)


def _placed(keys: I64, wanted: I64) -> I64:
    """Find where each of `wanted` stands in `keys`, or -1; keys are unique."""
    order = np.argsort(keys)
    at = np.searchsorted(keys, wanted, sorter=order)
    place = np.full(wanted.size, -1, dtype=np.int64)
    inside = at < keys.size
    found = order[at[inside]]
    place[inside] = np.where(keys[found] == wanted[inside], found, -1)
    return place


def _met(side: _Side, transfer: I64, after: I64, code: NDArray[np.uint8]) -> I64:
    """Find the coin that comes in by each of one side's lines; -1 other money."""
    carried = np.flatnonzero(code == StopCode.CARRIED)
    coin = np.full(side.value.size, -1, dtype=np.int64)
    for own, theirs in ((side.transfer, transfer), (side.after, after)):
        coins = carried[theirs[carried] >= 0]
        lines = np.flatnonzero(own >= 0)
        at = _placed(theirs[coins], own[lines])
        coin[lines[at >= 0]] = coins[at[at >= 0]]
    return coin


def account_graph(
    book: Book, page: Page, walked: Walked, direction: Direction, seeds: I64
) -> AccountGraph:
    """Lay out what was reached as a graph."""
    view, q = book.view, walked.payment
    forward = direction is Direction.FORWARD
    entries, exits = _entries(page, q, forward=forward), _exits(page, q)
    entering, leaving = (entries, exits) if forward else (exits, entries)
    code = np.concatenate([walked.seed_code, walked.code])
    none = np.full(seeds.size, -1, dtype=np.int64)
    transfer = np.concatenate([seeds, leaving.transfer])
    after = np.concatenate([none, leaving.after])
    slot_coin = _met(entering, transfer, after, code)
    slots = np.flatnonzero(slot_coin >= 0)
    into = np.full(code.size, -1, dtype=np.int64)
    node = np.repeat(np.arange(q.size), np.diff(entering.start))
    into[slot_coin[slots]] = node[slots]
    code[(code == StopCode.CARRIED) & (into < 0)] = StopCode.SIZE
    value = joined([exact_amounts(view, seeds), leaving.value])
    slot_value, total = entering.value, joined([page.rest[q], page.pay_value[q]])
    rest, paid = total[: q.size], total[q.size :]
    total = np.where(rest < 0, -1, rest + paid)
    if _wide(value, slot_value, total, seeds.size):
        value, slot_value, total = widened(value), widened(slot_value), widened(total)
    coin_start = leaving.start + seeds.size
    other = np.asarray(view.transfer_to if forward else view.transfer_from)[seeds]
    flow = FlowGraph(
        direction=direction,
        tx=page.pay_id[q],
        slot_start=entering.start,
        slot_value=slot_value,
        slot_coin=slot_coin,
        coin_start=coin_start,
        value=value,
        capacity=suiting(capacities, value)(
            entering.start, slot_coin, coin_start, value
        ),
        into=into,
        code=code,
        output=transfer,
        input=after,
        total=total,
    )
    holder = np.concatenate([other.astype(np.int64), leaving.holder])
    return AccountGraph(flow, holder)


def _wide(value: I64, slot_value: I64, total: I64, n_seeds: int) -> bool:
    """Tell whether some sum over a part of the graph may not fit."""
    columns = (value, slot_value, total)
    if any(column.dtype == object for column in columns):
        return True
    seeds = float(value[:n_seeds].astype(np.float64).sum())
    # Where a total is unknown, capacities add up what came in.
    unknown = (total < 0).any()
    came = float(slot_value.astype(np.float64).sum()) if unknown else 0.0
    return max(seeds, came, float(total.max(initial=0))) > LARGEST_SUM
