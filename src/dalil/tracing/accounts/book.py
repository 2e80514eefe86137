"""The accounts a trace has come to: their transfers, and what each left behind.

A **payment** is a transfer out of one of them; what the account holds after it
is its **rest**. Transfers of nothing, and of an account to itself, move
nothing and are not here. Only accounts that were asked for are read.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dalil.chains.accounts import TransferKind
from dalil.ledger.accounts.view import BulkPostings
from dalil.tracing.accounts.exact import column, exact_amounts, joined, rests
from dalil.tracing.stops import StopCode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.ledger.accounts.view import AccountView
    from dalil.tracing.columns import I64
    from dalil.tracing.request import Limits

__all__ = ["Book", "Page", "known_balances"]


class Page(NamedTuple):
    """Accounts in the order they were asked for, and their transfers.

    Attributes
    ----------
    address : (n_accounts,) int64
        Address ids.
    opening : (n_accounts,) int64 or int
        What each held before the ledger; -1 where nothing is known of what it
        holds, here or after any payment.
    pay_first : (n_accounts + 1,) int64
        Payments of account a are ``pay_first[a] : pay_first[a + 1]``.
    pay_id, pay_to : (n_payments,) int64
        Transfer and recipient.
    pay_value, rest : (n_payments,) int64 or int
        What is paid, and what stays; a rest of -1 is not known.
    pay_code : (n_payments,) uint8
        `StopCode` where its kind alone ends a trace, else CARRIED.
    pay_in_time : (n_payments,) bool
    in_stop : (n_payments,) int64
        Transfers that came in before each payment end here, those of earlier
        accounts counted.
    in_first : (n_accounts + 1,) int64
    in_id, in_from : (n_in,) int64
    in_value : (n_in,) int64 or int
    in_code : (n_in,) uint8
        Backward: `StopCode` of what came into being here, else CARRIED.
    in_in_time : (n_in,) bool
    """

    address: I64
    opening: I64
    pay_first: I64
    pay_id: I64
    pay_to: I64
    pay_value: I64
    rest: I64
    pay_code: NDArray[np.uint8]
    pay_in_time: NDArray[np.bool_]
    in_stop: I64
    in_first: I64
    in_id: I64
    in_from: I64
    in_value: I64
    in_code: NDArray[np.uint8]
    in_in_time: NDArray[np.bool_]

    def in_start(self) -> I64:
        """(n_payments,) where the transfers that came in since the last begin."""
        start = np.concatenate([np.zeros(1, np.int64), self.in_stop[:-1]])
        has = np.diff(self.pay_first) > 0
        start[self.pay_first[:-1][has]] = self.in_first[:-1][has]
        return start[: self.in_stop.size]

    def before(self) -> I64:
        """(n_payments,) what stayed from the payment before, or the opening."""
        if not self.rest.size:
            return self.rest
        before = np.concatenate([self.rest[:1], self.rest[:-1]])
        has = np.diff(self.pay_first) > 0
        before[self.pay_first[:-1][has]] = self.opening[has]
        return before

    def owner(self) -> I64:
        """(n_payments,) the account of each payment."""
        return np.repeat(np.arange(self.address.size), np.diff(self.pay_first))


def _one_by_one(parts: list[I64]) -> tuple[I64, I64]:
    first = np.zeros(len(parts) + 1, dtype=np.int64)
    np.cumsum([part.size for part in parts], out=first[1:])
    return first, np.concatenate([np.zeros(0, np.int64), *parts]).astype(np.int64)


def _kept(first: I64, rows: I64, keep: NDArray[np.bool_]) -> tuple[I64, I64]:
    """Leave rows out of a list of lists."""
    counted = np.concatenate([np.zeros(1, np.int64), np.cumsum(keep)])
    return counted[first], rows[keep]


def known_balances(view: AccountView, address: int, token: int) -> int:
    """Tell what an account held before the ledger; -1 where that is not known.

    Nothing is known where blocks are missing, since transfers are.
    """
    told = view.opening_balance(address, token) if view.contiguous else None
    return -1 if told is None else told


class Book:
    """Accounts read so far; see the module's description.

    Parameters
    ----------
    view : AccountView
    token : int
    limits : Limits
        For its times.
    sums : bool
        Whether balances are the sums of transfers. False: nothing is known of
        any (the chain's own coin, which moves in ways no ledger shows).
    """

    def __init__(
        self, view: AccountView, token: int, limits: Limits, *, sums: bool = True
    ) -> None:
        self.view, self.token, self.limits, self.sums = view, token, limits, sums
        self.overdrawn: list[int] = []
        """Accounts that paid out more than they can have held."""
        self.n_payments = 0
        """How many payments have been read."""
        self._pages: list[Page] = []
        self._known: set[int] = set()

    def has(self, address: int) -> bool:
        """Whether an account has been read."""
        return address in self._known

    def read(self, addresses: I64) -> Page:
        """Read accounts, each of which must be new."""
        self._known.update(addresses.tolist())
        page = self._page(addresses)
        self._pages.append(page)
        self.n_payments += page.pay_id.size
        return page

    def pages(self) -> Page:
        """Lay all accounts out as one page."""
        if not self._pages:
            self.read(np.zeros(0, dtype=np.int64))
        if len(self._pages) == 1:
            return self._pages[0]
        n_pay = np.cumsum([0, *(p.pay_id.size for p in self._pages)])
        n_in = np.cumsum([0, *(p.in_id.size for p in self._pages)])
        columns: dict[str, list[Any]] = {name: [] for name in Page._fields}
        for page, pays, ins in zip(self._pages, n_pay, n_in, strict=False):
            shifted = page._replace(
                pay_first=page.pay_first[:-1] + pays,
                in_first=page.in_first[:-1] + ins,
                in_stop=page.in_stop + ins,
            )
            for name, rows in zip(Page._fields, shifted, strict=True):
                columns[name].append(rows)
        columns["pay_first"].append(n_pay[-1:])
        columns["in_first"].append(n_in[-1:])
        laid: list[Any] = [joined(columns[name]) for name in Page._fields]
        merged = Page(*laid)
        self._pages = [merged]
        return merged

    def _listed(self, addresses: I64, *, out: bool) -> tuple[I64, I64]:
        view, token = self.view, self.token
        if isinstance(view, BulkPostings):
            many = view.transfers_from_many if out else view.transfers_to_many
            first, rows = many(addresses, token)
        else:
            one = view.transfers_from if out else view.transfers_to
            first, rows = _one_by_one([one(a, token) for a in addresses.tolist()])
        moves = np.asarray(view.transfer_amount)[rows] > 0
        moves[~moves] = np.isin(rows[~moves], view.wide_transfer)
        source, to = np.asarray(view.transfer_from), np.asarray(view.transfer_to)
        moves &= source[rows] != to[rows]
        return _kept(first, rows, moves)

    @cached_property
    def _span(self) -> tuple[int, int] | None:
        """Tell the first and the last transfer in time; None if others lie between."""
        view, limits = self.view, self.limits
        time = np.asarray(view.block_time)
        inside = (time >= limits.not_before) & (time <= limits.not_after)
        blocks = np.flatnonzero(inside)
        if not blocks.size:
            return 0, -1
        if not inside[blocks[0] : blocks[-1] + 1].all():
            return None
        tx = np.asarray(view.block_first_tx)[[blocks[0], blocks[-1] + 1]]
        first, end = np.asarray(view.tx_first_transfer)[tx].tolist()
        return first, end - 1

    def _in_time(self, rows: I64) -> NDArray[np.bool_]:
        inside: NDArray[np.bool_]
        if self._span is not None:
            inside = (rows >= self._span[0]) & (rows <= self._span[1])
            return inside
        view, limits = self.view, self.limits
        block = view.block_of_tx(view.tx_of_transfer(rows))
        time = np.asarray(view.block_time)[block]
        inside = (time >= limits.not_before) & (time <= limits.not_after)
        return inside

    def nobody(self, addresses: I64) -> NDArray[np.bool_]:
        """Tell which addresses are the zero address."""
        keys: NDArray[np.uint8] = np.asarray(self.view.address_key)[addresses]
        told: NDArray[np.bool_] = np.asarray(keys.any(axis=1))
        return ~told

    def pay_codes(self, rows: I64, to: I64) -> NDArray[np.uint8]:
        """Tell which payments end a trace by what they are."""
        kind = np.asarray(self.view.transfer_kind)[rows]
        code = np.where(self.nobody(to), StopCode.BURNED, StopCode.CARRIED)
        code[kind == TransferKind.BURN] = StopCode.BURNED
        code[kind == TransferKind.DESTROY] = StopCode.DESTROYED
        code[kind == TransferKind.FEE] = StopCode.FEE
        return code.astype(np.uint8)

    def in_codes(self, rows: I64, source: I64) -> NDArray[np.uint8]:
        """Tell which transfers brought what was not there before."""
        minted = np.asarray(self.view.transfer_kind)[rows] == TransferKind.MINT
        minted |= self.nobody(source)
        return np.where(minted, StopCode.MINTED, StopCode.CARRIED).astype(np.uint8)

    def _page(self, addresses: I64) -> Page:
        view = self.view
        pay_first, pays = self._listed(addresses, out=True)
        in_first, ins = self._listed(addresses, out=False)
        pay_value, in_value = exact_amounts(view, pays), exact_amounts(view, ins)
        told = [known_balances(view, a, self.token) for a in addresses.tolist()]
        opening = column(told if self.sums else [-1] * len(told))
        rest, in_stop, short = rests(
            opening, (pay_first, pays, pay_value), (in_first, ins, in_value)
        )
        self.overdrawn += addresses[short].tolist()
        opening[short] = -1
        pay_to = np.asarray(view.transfer_to)[pays].astype(np.int64)
        in_from = np.asarray(view.transfer_from)[ins].astype(np.int64)
        return Page(
            address=addresses,
            opening=opening,
            pay_first=pay_first,
            pay_id=pays,
            pay_to=pay_to,
            pay_value=pay_value,
            rest=rest,
            pay_code=self.pay_codes(pays, pay_to),
            pay_in_time=self._in_time(pays),
            in_stop=in_stop,
            in_first=in_first,
            in_id=ins,
            in_from=in_from,
            in_value=in_value,
            in_code=self.in_codes(ins, in_from),
            in_in_time=self._in_time(ins),
        )
