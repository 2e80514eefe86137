"""Accounts laid out one after another: their transfers, and what each left."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.tracing.columns import I64

__all__ = ["Page"]


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
