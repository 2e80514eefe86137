"""Freezes as evidence: what left an account between the request and the freeze.

What leaves in such a window may have left anyway. So it is listed, added up
exactly, and set beside what the same address did in equal times before; where
there is too little of that, the answer is that nothing can be said. Nothing
here tells who knew of the request: it is public, and so is coincidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.chains.accounts import TransferKind
from dalil.clustering.accounts.base_rate import (
    METHOD,
    BaseRate,
    BaseRateRule,
    History,
    base_rate,
)
from dalil.clustering.accounts.columns import reference, times_of
from dalil.clustering.accounts.freezes import Freeze, Pending, freezes, pending
from dalil.clustering.accounts.frozen import (
    FrozenBalance,
    frozen_balances,
    time_of_event,
)
from dalil.clustering.accounts.links import Rule
from dalil.clustering.accounts.telling import Words, window_words
from dalil.units import format_utc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.ledger.accounts.view import I64, AccountView

__all__ = [
    "FREEZE_WINDOW",
    "FreezeStatistics",
    "FreezeWindow",
    "FreezeWindows",
    "freeze_windows",
]

FREEZE_WINDOW = Rule(
    "freeze-window",
    1,
    "AMLBot (May 2025), on the two steps of USDT freezes on TRON and Ethereum; "
    "the test is ours",
)
_NOT_PAID = (TransferKind.FEE, TransferKind.DESTROY)
_ONE_IN_TWENTY = 0.05


@dataclass(frozen=True, slots=True)
class FreezeWindow:
    """One freeze, and the time between the request for it and itself.

    Attributes
    ----------
    opened, closed : int or None, int
        Unix seconds of the request and of the freeze.
    outflow : (n,) int64
        Transfers of that token out of the account in between, in chain order;
        empty where no request is known.
    amount : int or None
        Their exact sum in base units; None where no request is known.
    rate : BaseRate or None
        The test; None where no request or no token is known.
    """

    freeze: Freeze
    opened: int | None
    closed: int
    outflow: I64
    amount: int | None
    rate: BaseRate | None

    @property
    def seconds(self) -> int | None:
        """How long the window was; None where no request is known."""
        return None if self.opened is None else self.closed - self.opened

    def words(self, ledger: AccountView) -> Words:
        """Tell the window in plain words."""
        decimals = None
        if self.freeze.token is not None:
            decimals = ledger.token_decimals(self.freeze.token)
        n = int(self.outflow.size)
        return window_words(self.seconds, n, self.amount, decimals, self.rate)

    def to_json(self, ledger: AccountView) -> dict[str, Any]:
        """Write the window, its outflow and the test."""
        it = self.freeze
        words = self.words(ledger)
        rate = self.rate
        return {
            "address": ledger.address_text(it.address),
            "token": None if it.token is None else ledger.token_name(it.token),
            "txid": _txid(ledger, it.freeze),
            "submission_txid": (
                None if it.submission is None else _txid(ledger, it.submission)
            ),
            "paired_by": it.paired_by,
            "submitted_utc": None if self.opened is None else format_utc(self.opened),
            "frozen_utc": format_utc(self.closed),
            "outflow": [reference(ledger, row) for row in self.outflow.tolist()],
            "n_outflow": None if self.amount is None else int(self.outflow.size),
            "outflow_amount": None if self.amount is None else str(self.amount),
            "base_rate": None if rate is None else {"method": METHOD, **rate._asdict()},
            "words": {"en": words.en, "ar": words.ar},
        }


@dataclass(frozen=True, slots=True)
class FreezeStatistics:
    """All windows of one ledger together.

    `expected_with_outflow` adds up, over tested windows, the share of earlier
    windows of that address with any outflow: what their own habits would give.
    `expected_one_in_twenty` is what chance gives at most.
    """

    n_freezes: int
    n_windows: int
    n_with_outflow: int
    n_tested: int
    n_tested_with_outflow: int
    expected_with_outflow: float
    n_one_in_twenty: int
    expected_one_in_twenty: float
    median_window_s: int | None


@dataclass(frozen=True)
class FreezeWindows:
    """Freezes, requests that led to none, and what is frozen now."""

    rule: BaseRateRule
    windows: tuple[FreezeWindow, ...]
    pending: tuple[Pending, ...]
    frozen: tuple[FrozenBalance, ...]

    def statistics(self) -> FreezeStatistics:
        """Count over all windows: the ledger's own base rate."""
        known = [one for one in self.windows if one.opened is not None]
        tested = [
            (one, one.rate)
            for one in known
            if one.rate and one.rate.p_value is not None
        ]
        lengths = sorted(one.seconds or 0 for one in known)
        values = [rate.p_value or 1.0 for _, rate in tested]
        return FreezeStatistics(
            n_freezes=len(self.windows),
            n_windows=len(known),
            n_with_outflow=sum(one.outflow.size > 0 for one in known),
            n_tested=len(tested),
            n_tested_with_outflow=sum(one.outflow.size > 0 for one, _ in tested),
            expected_with_outflow=sum(r.n_any / r.n_windows for _, r in tested),
            n_one_in_twenty=sum(value <= _ONE_IN_TWENTY for value in values),
            expected_one_in_twenty=len(tested) * _ONE_IN_TWENTY,
            median_window_s=lengths[len(lengths) // 2] if lengths else None,
        )

    def about(self, address: int) -> tuple[FreezeWindow, ...]:
        """List the windows of one account."""
        return tuple(one for one in self.windows if one.freeze.address == address)

    def to_json(self, ledger: AccountView) -> dict[str, Any]:
        """Write all of it."""
        counted = self.statistics()
        names = FreezeStatistics.__dataclass_fields__
        return {
            "rule": FREEZE_WINDOW.name,
            "rule_version": str(FREEZE_WINDOW.version),
            "source": FREEZE_WINDOW.source,
            "parameters": {"min_windows": self.rule.min_windows},
            "windows": [one.to_json(ledger) for one in self.windows],
            "pending": [
                {
                    "address": ledger.address_text(one.address),
                    "submission_txid": _txid(ledger, one.submission),
                }
                for one in self.pending
            ],
            "frozen": [one.to_json(ledger) for one in self.frozen],
            "statistics": {name: getattr(counted, name) for name in names},
        }


def freeze_windows(
    ledger: AccountView,
    rule: BaseRateRule | None = None,
    *,
    noise: I64 | None = None,
) -> FreezeWindows:
    """Find every freeze, its window, its outflow, and how usual that is.

    Parameters
    ----------
    noise : int64 array, optional
        Transfers to pass over, such as those of `poisoning`.

    Notes
    -----
    Only the transfers of frozen accounts are read.
    """
    rule = rule or BaseRateRule()
    found = freezes(ledger)
    skipped = np.empty(0, np.int64) if noise is None else noise
    return FreezeWindows(
        rule,
        tuple(_window(ledger, one, rule, skipped) for one in found),
        tuple(pending(ledger, found)),
        tuple(frozen_balances(ledger)),
    )


def _window(
    ledger: AccountView, freeze: Freeze, rule: BaseRateRule, noise: I64
) -> FreezeWindow:
    closed = time_of_event(ledger, freeze.freeze)
    none = np.empty(0, dtype=np.int64)
    if freeze.submission is None:
        return FreezeWindow(freeze, None, closed, none, None, None)
    opened = time_of_event(ledger, freeze.submission)
    if freeze.token is None:
        return FreezeWindow(freeze, opened, closed, none, 0, None)
    paid = _paid(ledger, freeze.address, freeze.token, noise)
    before = _comes_before(ledger, paid, freeze.submission)
    outflow = paid[~before & _comes_before(ledger, paid, freeze.freeze)]
    history = _history(ledger, freeze.address, freeze.token, paid[before])
    rate = base_rate(history, opened, closed, outflow.size, rule)
    amount = sum(ledger.amounts(outflow))
    return FreezeWindow(freeze, opened, closed, outflow, amount, rate)


def _paid(ledger: AccountView, address: int, token: int, noise: I64) -> I64:
    rows = ledger.transfers_from(address, token)
    kept: NDArray[np.bool_] = ~np.isin(
        np.asarray(ledger.transfer_kind)[rows], _NOT_PAID
    )
    kept &= np.asarray(ledger.transfer_to)[rows] != address
    moved = np.asarray(ledger.transfer_amount)[rows] != 0
    moved |= np.isin(rows, np.asarray(ledger.wide_transfer))
    kept &= moved & ~np.isin(rows, noise)
    paid: I64 = rows[kept]
    return paid


def _comes_before(ledger: AccountView, rows: I64, event: int) -> NDArray[np.bool_]:
    """Tell which transfers come before an event, by transaction, then log."""
    txs = ledger.tx_of_transfer(rows)
    tx = ledger.tx_of_event(np.array([event]))[0]
    logs = np.asarray(ledger.transfer_log)[rows]
    return np.asarray((txs < tx) | ((txs == tx) & (logs < ledger.event_log[event])))


def _history(ledger: AccountView, address: int, token: int, paid: I64) -> History:
    came, went = (
        ledger.transfers_to(address, token),
        ledger.transfers_from(address, token),
    )
    rows = np.concatenate((came, went))
    order = np.argsort(rows, kind="stable")
    opening = ledger.opening_balance(address, token)
    holding = None
    if opening is not None:
        signs = [1] * came.size + [-1] * went.size
        moved = [s * a for s, a in zip(signs, ledger.amounts(rows), strict=True)]
        holding = np.empty(rows.size, dtype=np.bool_)
        for place, row in enumerate(order.tolist()):
            opening += moved[row]
            holding[place] = opening > 0
    return History(times_of(ledger, paid), times_of(ledger, rows[order]), holding)


def _txid(ledger: AccountView, event: int) -> str:
    return ledger.txid(int(ledger.tx_of_event(np.array([event]))[0]))
