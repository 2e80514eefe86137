"""Invented prices of an exercise's coin, a day apart, with one day missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.exercise.stage import DAY, DAYS, START_UTC
from dalil.units import utc_day

if TYPE_CHECKING:
    from dalil.exercise.dice import Dice

__all__ = ["MISSING_DAY", "price_table"]

MISSING_DAY = 47
_FIRST_CENTS = 6_200_000


def price_table(dice: Dice) -> str:
    """Return a CSV of one price a day in EUR and USD.

    The day numbered `MISSING_DAY` has no line: a value on it has no price.
    Price files carry no comments, so it is the folder's notice that says that
    they are invented.
    """
    lines = ["date,EUR,USD"]
    cents = _FIRST_CENTS
    for day in range(-3, DAYS + 3):
        cents += dice.between(-90_000, 95_000)
        euro = cents * 92 // 100
        if day != MISSING_DAY:
            date = utc_day(START_UTC + day * DAY)
            lines.append(f"{date},{_money(euro)},{_money(cents)}")
    return "\n".join(lines) + "\n"


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
