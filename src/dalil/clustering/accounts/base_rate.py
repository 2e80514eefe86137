"""How often as much happens in so long a time, judged by the same address's past.

The method is a rank: cut the past before the request into windows as long as the
one asked about, and count those with as many transfers out, or more. If windows
of the past and this one are exchangeable, the rank is uniform, so p is at most
alpha with a chance of at most alpha; ties make it larger, never smaller. No
shape of traffic is assumed, so bursts within a window do no harm.

What it does not cover: habits longer than a window (nights, pay days), an address
that changed its ways before anybody asked, and that issuers ask for a freeze
because money moves. A small p is no sign of intent, and many windows looked at
give small ones by chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from dalil.errors import InputError

if TYPE_CHECKING:
    from dalil.ledger.accounts.view import I64

__all__ = ["METHOD", "BaseRate", "BaseRateRule", "History", "base_rate"]

METHOD = "rank among equal windows of the address's own past"

Verdict = Literal["tested", "no_length", "too_little_history"]


@dataclass(frozen=True, slots=True)
class BaseRateRule:
    """With fewer than `min_windows` earlier windows nothing is said.

    Nineteen are the fewest that can give a p of one in twenty.
    """

    min_windows: int = 19

    def __post_init__(self) -> None:
        if self.min_windows < 1:
            raise InputError("a rank needs windows to compare with", self)


class History(NamedTuple):
    """What one address did before the request.

    Attributes
    ----------
    out_times : (n,) int64
        When it paid, ascending, Unix seconds.
    times : (m,) int64
        When anything came or went, ascending.
    holding : (m,) bool or None
        Whether it held anything after each; None where that is not known.
    """

    out_times: I64
    times: I64
    holding: np.ndarray | None


class BaseRate(NamedTuple):
    """The rank of one window among earlier ones.

    Attributes
    ----------
    verdict : str
        ``tested``, or why nothing is said.
    n_windows : int
        Earlier windows in which the address had something to pay (or, where its
        holdings are not known, all of them).
    n_as_many, n_more, n_any : int
        Those with as many transfers out, with more, with any.
    p_value : float or None
        ``(n_as_many + n_more + 1) / (n_windows + 1)``.
    holdings_known : bool
    """

    verdict: Verdict
    n_windows: int = 0
    n_as_many: int = 0
    n_more: int = 0
    n_any: int = 0
    p_value: float | None = None
    holdings_known: bool = False


def base_rate(
    history: History,
    opened: int,
    closed: int,
    n_out: int,
    rule: BaseRateRule | None = None,
) -> BaseRate:
    """Rank `n_out` transfers between two times among earlier windows.

    Parameters
    ----------
    opened, closed : int
        Unix seconds; the past is everything before `opened`.

    Examples
    --------
    >>> daily = np.arange(100) * 86_400
    >>> past = History(daily[:99:10], daily, None)
    >>> found = base_rate(past, 99 * 86_400, 100 * 86_400, 1)
    >>> found.n_windows, found.n_as_many, found.p_value
    (99, 10, 0.11)
    """
    rule = rule or BaseRateRule()
    length = closed - opened
    if length <= 0:
        return BaseRate("no_length")
    times = history.times[history.times < opened]
    n = int((opened - times[0]) // length) if times.size else 0
    known = history.holding is not None
    if n < rule.min_windows:
        return BaseRate("too_little_history", n, holdings_known=known)
    counts = _counts(history.out_times, opened, length, n)
    if history.holding is not None:
        held = history.holding[: times.size]
        counts = counts[_could_pay(times, held, opened, length, n)]
    if counts.size < rule.min_windows:
        return BaseRate("too_little_history", counts.size, holdings_known=known)
    as_many = int(np.count_nonzero(counts == n_out))
    more = int(np.count_nonzero(counts > n_out))
    return BaseRate(
        "tested",
        counts.size,
        as_many,
        more,
        int(np.count_nonzero(counts)),
        (as_many + more + 1) / (counts.size + 1),
        known,
    )


def _counts(times: I64, opened: int, length: int, n: int) -> I64:
    """Count the times in each of n windows, the latest first."""
    windows = (opened - 1 - times[times < opened]) // length
    return np.bincount(windows[windows < n], minlength=n)


def _could_pay(
    times: I64, holding: np.ndarray, opened: int, length: int, n: int
) -> np.ndarray:
    """Tell in which windows something was held at the start, or moved."""
    starts = opened - length * np.arange(1, n + 1)
    before = np.searchsorted(times, starts, side="left") - 1
    held = np.where(before >= 0, holding[before], np.False_)
    return np.asarray(held | (_counts(times, opened, length, n) > 0))
