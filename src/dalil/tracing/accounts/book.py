"""The accounts a trace has come to: their transfers, and what each left behind.

A **payment** is a transfer out of one of them; what the account holds after it
is its **rest**. Transfers of nothing, and of an account to itself, move
nothing and are not here. Only accounts that were asked for are read.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.chains.accounts import TransferKind
from dalil.kernels import lean
from dalil.ledger.accounts.view import BulkPostings
from dalil.tracing.accounts.exact import among, column, exact_amounts, joined, rests
from dalil.tracing.accounts.growing import Places, Stack
from dalil.tracing.accounts.opening import opening_balances
from dalil.tracing.accounts.page import Page
from dalil.tracing.stops import StopCode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.ledger.accounts.view import AccountView
    from dalil.tracing.columns import I64
    from dalil.tracing.request import Limits

__all__ = ["Book"]

_AMOUNTS = ("opening", "pay_value", "rest", "in_value")
_FIRSTS = ("pay_first", "in_first")
_FLAGS = {"pay_in_time": np.bool_, "in_in_time": np.bool_}
_CODES = {"pay_code": np.uint8, "in_code": np.uint8}
_OTHERS: dict[str, Any] = {**_FLAGS, **_CODES}
_KINDS = {n: _OTHERS.get(n, np.int64) for n in Page._fields if n not in _AMOUNTS}


def _one_by_one(parts: list[I64]) -> tuple[I64, I64]:
    first = np.zeros(len(parts) + 1, dtype=np.int64)
    np.cumsum([part.size for part in parts], out=first[1:])
    return first, np.concatenate([np.zeros(0, np.int64), *parts]).astype(np.int64)


def _kept(first: I64, rows: I64, keep: NDArray[np.bool_]) -> tuple[I64, I64]:
    """Leave rows out of a list of lists."""
    counted = np.concatenate([np.zeros(1, np.int64), np.cumsum(keep)])
    return counted[first], rows[keep]


@lean
def _mark_zero(
    keys: NDArray[np.uint8], addresses: I64, told: NDArray[np.bool_]
) -> None:
    for i in range(addresses.size):
        at = 0
        while at < keys.shape[1] and keys[addresses[i], at] == 0:
            at += 1
        told[i] = at == keys.shape[1]


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
        self.places = Places()
        """Which account of the page an address is."""
        self._columns = {name: Stack(kind) for name, kind in _KINDS.items()}
        self._amounts: dict[str, list[I64]] = {name: [] for name in _AMOUNTS}
        for name in _FIRSTS:
            self._columns[name].push(np.zeros(1, dtype=np.int64))
        self.read(np.zeros(0, dtype=np.int64))

    def read(self, addresses: I64) -> Page:
        """Read accounts, each of which must be new."""
        self.places.add(addresses)
        page = self._page(addresses)
        shifted = page._replace(
            pay_first=page.pay_first[1:] + self._columns["pay_id"].size,
            in_first=page.in_first[1:] + self._columns["in_id"].size,
            in_stop=page.in_stop + self._columns["in_id"].size,
        )
        added: dict[str, NDArray[Any]] = shifted._asdict()
        for name, parts in self._amounts.items():
            parts.append(added[name])
        for name, stack in self._columns.items():
            stack.push(added[name])
        return page

    def column(self, name: str) -> NDArray[Any]:
        """Read one of `Page`'s columns over all accounts; amounts apart."""
        return self._columns[name].rows

    def page(self) -> Page:
        """Lay all accounts out as one page, in the order they were read."""
        amounts = {name: joined(parts) for name, parts in self._amounts.items()}
        self._amounts = {name: [rows] for name, rows in amounts.items()}
        columns = {name: stack.rows for name, stack in self._columns.items()}
        laid: dict[str, Any] = {**columns, **amounts}
        return Page(**laid)

    def _listed(self, addresses: I64, *, out: bool) -> tuple[I64, I64]:
        view, token = self.view, self.token
        if isinstance(view, BulkPostings):
            many = view.transfers_from_many if out else view.transfers_to_many
            first, rows = many(addresses, token)
        else:
            one = view.transfers_from if out else view.transfers_to
            first, rows = _one_by_one([one(a, token) for a in addresses.tolist()])
        moves = np.asarray(view.transfer_amount)[rows] > 0
        moves[~moves] = among(self._wide, rows[~moves])
        source, to = np.asarray(view.transfer_from), np.asarray(view.transfer_to)
        moves &= source[rows] != to[rows]
        return _kept(first, rows, moves)

    @cached_property
    def _wide(self) -> I64:
        """List the token's transfers of 2**64 base units and more, ascending."""
        wide = np.asarray(self.view.wide_transfer)
        ours: I64 = wide[np.asarray(self.view.transfer_token)[wide] == self.token]
        return ours

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
        told = np.empty(addresses.size, dtype=np.bool_)
        _mark_zero(np.asarray(self.view.address_key), addresses, told)
        return told

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
        pay_value = exact_amounts(view, pays, self._wide)
        in_value = exact_amounts(view, ins, self._wide)
        unknown = [-1] * addresses.size
        told = opening_balances(view, addresses, self.token) if self.sums else unknown
        opening = column(told)
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
