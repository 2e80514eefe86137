"""A target in money: what its bounds were worth on the days money arrived."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.tracing.columns import reach_columns
from dalil.tracing.groups import node_times
from dalil.tracing.prices import Valued
from dalil.units import utc_day

if TYPE_CHECKING:
    from dalil.tracing.prices import PriceSeries
    from dalil.tracing.result import Target, Trace

__all__ = ["Money", "filled", "money_of"]

_EXACT = Context(prec=120)
"""Digits enough for any price times any sum of satoshi: nothing is rounded."""


@dataclass(frozen=True, slots=True)
class Money:
    """Bounds in a currency, sound for every case that conserves value.

    None where a day of arrival has no price; `missing_days` lists those.
    `direct` is exact.
    """

    currency: str
    direct: Decimal | None
    lower: Decimal | None
    upper: Decimal | None
    missing_days: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Lay the bounds out as decimal strings, the lower one rounded down."""

        def told(amount: Decimal | None) -> Valued | None:
            return None if amount is None else Valued(amount, self.currency, "", amount)

        low, high, direct = told(self.lower), told(self.upper), told(self.direct)
        return {
            "currency": self.currency,
            "direct": direct.rounded() if direct else None,
            "lower": low.floor() if low else None,
            "upper": high.ceiling() if high else None,
            "missing_days": list(self.missing_days),
        }


def money_of(trace: Trace, target: Target, prices: PriceSeries, currency: str) -> Money:
    """Value a target's bounds at the prices of the days money arrived.

    Every output's amount lies between its local bounds, and all together
    between the set bounds. The least is worth what the cheapest days allow,
    the most what the dearest do: wider than any one convention, never wrong.
    """
    graph, coins = trace.graph, np.array(target.coins)
    times = node_times(reach_columns(trace.ledger), graph)
    days = times[graph.node_of_coin()[coins]].tolist()
    worth = [prices.value(1, time, currency) for time in days]
    missing = {utc_day(t) for t, v in zip(days, worth, strict=True) if v is None}
    name = currency.upper()
    with localcontext(_EXACT):
        direct = _direct(trace, target, prices, name)
        if missing:
            return Money(name, direct, None, None, tuple(sorted(missing)))
        lower = trace.figures.lower[coins].tolist()
        upper = trace.figures.upper[coins].tolist()
        rows = sorted(
            (value.amount, low, high)
            for value, low, high in zip(worth, lower, upper, strict=True)
            if value is not None
        )
        least = filled(rows, target.amounts.lower_sat)
        most = filled(rows[::-1], target.amounts.upper_sat)
    return Money(name, direct, least, most, ())


def _direct(
    trace: Trace, target: Target, prices: PriceSeries, currency: str
) -> Decimal | None:
    """Value the direct amount, exactly; None where a day has no price."""
    graph, coins = trace.graph, np.array(target.direct_coins, dtype=np.int64)
    # Backward these are seeds, which arrived in the transaction they go into.
    node = np.where(
        coins < graph.n_seeds, graph.into[coins], graph.node_of_coin()[coins]
    )
    times = node_times(reach_columns(trace.ledger), graph)[node].tolist()
    total = Decimal(0)
    for sat, time in zip(graph.value[coins].tolist(), times, strict=True):
        value = prices.value(sat, time, currency)
        if value is None:
            return None
        total += value.amount
    return total


def filled(rows: list[tuple[Decimal, int, int]], total: int) -> Decimal:
    """Lay `total` base units into rows in turn, each between its own bounds.

    Rows are (price of one, least, most); what all together is worth.
    """
    left = total - sum(low for _, low, _ in rows)
    amount = sum((price * low for price, low, _ in rows), Decimal(0))
    for price, low, high in rows:
        more = max(0, min(left, high - low))
        amount += price * more
        left -= more
    return amount
