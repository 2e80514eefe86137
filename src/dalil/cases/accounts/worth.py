"""What a token's target was worth on the days its transfers arrived."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from decimal import localcontext as exactly
from typing import TYPE_CHECKING

from dalil.cases.accounts.walks import time_of
from dalil.evidence.document import Money
from dalil.tracing.money import filled

if TYPE_CHECKING:
    from dalil.tracing.accounts import AccountTarget, AccountTrace
    from dalil.tracing.prices import PriceSeries

__all__ = ["days_of", "token_money"]

_EXACT = Context(prec=120)
_CENT = Decimal("0.01")


def days_of(found: AccountTrace) -> set[str]:
    """List the days on which money arrived at some target."""
    output = found.graph.flow.output
    coins = {coin for target in found.targets for coin in target.coins}
    return {time_of(found, int(output[coin]))[:10] for coin in coins}


def token_money(
    found: AccountTrace,
    target: AccountTarget,
    series: PriceSeries | None,
    currency: str,
) -> Money | None:
    """Value a target's bounds, as `dalil.tracing.money.money_of` does for coin.

    None without prices, or where nobody told the token's decimals.
    """
    decimals = found.unit.decimals
    if series is None or decimals is None:
        return None
    coins = list(target.coins)
    days = [time_of(found, int(found.graph.flow.output[c]))[:10] for c in coins]
    told = [series.price(day, currency) for day in days]
    missing = sorted({d for d, price in zip(days, told, strict=True) if price is None})
    with exactly(_EXACT):
        one = Decimal(10) ** -decimals
        worth = [None if price is None else price * one for price in told]
        price_of = dict(zip(coins, worth, strict=True))
        direct = _direct(found, target, price_of)
        if missing:
            note = f"no price for {', '.join(missing)}"
            return Money(
                currency=currency.upper(),
                direct=_cents(direct, ROUND_HALF_EVEN),
                lower=None,
                upper=None,
                note=note,
            )
        figures = found.figures
        rows = sorted(
            (price, int(figures.lower[coin]), int(figures.upper[coin]))
            for coin, price in price_of.items()
            if price is not None
        )
        least = filled(rows, target.amounts.lower_sat)
        most = filled(rows[::-1], target.amounts.upper_sat)
        return Money(
            currency=currency.upper(),
            direct=_cents(direct, ROUND_HALF_EVEN),
            lower=_cents(least, ROUND_FLOOR),
            upper=_cents(most, ROUND_CEILING),
        )


def _direct(
    found: AccountTrace, target: AccountTarget, price_of: dict[int, Decimal | None]
) -> Decimal | None:
    total = Decimal(0)
    for coin in target.direct_coins:
        price = price_of[coin]
        if price is None:
            return None
        total += price * int(found.graph.flow.value[coin])
    return total


def _cents(amount: Decimal | None, rounding: str) -> str | None:
    return None if amount is None else str(amount.quantize(_CENT, rounding=rounding))
