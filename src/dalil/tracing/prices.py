"""What an amount was worth on its day, from a daily price file, exactly.

A file is CSV with a ``date`` column (``YYYY-MM-DD``) and one column a
currency: ``date,EUR,USD`` or ``date,close_usd``. A price holds for its UTC
day. A day the file lacks has no price: nothing is interpolated, because a
made-up price is a made-up amount.
"""

from __future__ import annotations

import csv
import hashlib
import re
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING

from dalil.errors import InputError, LimitError, NotFoundError
from dalil.units import SAT_PER_BTC, utc_day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["MAX_PRICE_BYTES", "PriceSeries", "Valued"]

MAX_PRICE_BYTES = 20_000_000
"""A larger price file is refused; a century of days is some 2,000,000."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PRICE = re.compile(r"[0-9]{1,12}(\.[0-9]{1,18})?")
_CURRENCY = re.compile(r"(?:close_)?([A-Za-z]{3,5})")
_EXACT = Context(prec=80)
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Valued:
    """An amount in money of its day.

    `amount` is exact; round it only to show it.
    """

    amount: Decimal
    currency: str
    day: str
    price: Decimal

    def rounded(self, rounding: str = ROUND_HALF_EVEN) -> str:
        """Write the amount with two decimals, ties to the even cent.

        >>> Valued(Decimal("1.005"), "USD", "2020-01-01", Decimal(1)).rounded()
        '1.00'
        """
        return str(self.amount.quantize(_CENT, rounding=rounding, context=_EXACT))

    def floor(self) -> str:
        """Write the amount with two decimals, never more than it is."""
        return self.rounded(ROUND_FLOOR)

    def ceiling(self) -> str:
        """Write the amount with two decimals, never less than it is."""
        return self.rounded(ROUND_CEILING)


def _day(text: str, line: int) -> str:
    try:
        sane = _DAY.fullmatch(text) and date.fromisoformat(text)
    except ValueError:
        sane = None
    if not sane:
        raise InputError(
            f"line {line} of the price file has no day (YYYY-MM-DD)", text[:80]
        )
    return text


def _currencies(header: list[str]) -> list[str]:
    """Read the currencies off a header, its first column being the date."""
    if len(header) < 2 or header[0].strip().lower() != "date":
        raise InputError(
            "a price file begins with a line such as `date,EUR,USD`",
            ",".join(header)[:80],
        )
    names = []
    for cell in header[1:]:
        match = _CURRENCY.fullmatch(cell.strip())
        if match is None:
            raise InputError("a column of the price file names no currency", cell[:80])
        names.append(match[1].upper())
    if len(set(names)) < len(names):
        raise InputError("the price file has a currency twice", ",".join(names)[:80])
    return names


@dataclass(frozen=True, slots=True)
class PriceSeries:
    """Daily prices of one whole coin, with the hash of their file.

    Attributes
    ----------
    prices : mapping of (day, currency) to Decimal
    currencies : tuple of str
        Upper case.
    sha256 : str
        Of the file's bytes, so that a result can say what it rests on.
    source : str
        The file's name.
    """

    prices: Mapping[tuple[str, str], Decimal]
    currencies: tuple[str, ...]
    sha256: str
    source: str

    @classmethod
    def load(cls, path: Path) -> PriceSeries:
        """Read a price file.

        Empty cells are missing prices; anything else that is no plain decimal
        is refused.

        Raises
        ------
        InputError
            If the file is not there, not text, or a line is malformed or
            repeats a day; the message names the line.
        LimitError
            If the file exceeds `MAX_PRICE_BYTES`.
        """
        try:
            with path.open("rb") as file:
                raw = file.read(MAX_PRICE_BYTES + 1)
        except OSError as error:
            raise InputError(
                f"the price file cannot be read ({error.strerror})", path
            ) from None
        if len(raw) > MAX_PRICE_BYTES:
            raise LimitError(
                "the price file is too large (bytes allowed)", MAX_PRICE_BYTES
            )
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise InputError("the price file is not UTF-8 text", path) from None
        prices, names = _rows(text)
        return cls(prices, tuple(names), hashlib.sha256(raw).hexdigest(), path.name)

    @property
    def days(self) -> tuple[str, str] | None:
        """The first and last day with a price; None if there are none."""
        days = [day for day, _ in self.prices]
        return (min(days), max(days)) if days else None

    def price(self, day: str, currency: str) -> Decimal | None:
        """Look up a day's price; None where the file has none.

        Raises
        ------
        NotFoundError
            If the file has no such currency at all.
        """
        if currency.upper() not in self.currencies:
            have = ", ".join(self.currencies)
            raise NotFoundError(
                f"the price file has no such currency ({have})", currency
            )
        return self.prices.get((day, currency.upper()))

    def value(self, sat: int, unix_s: int, currency: str) -> Valued | None:
        """Value satoshi on the UTC day of a moment.

        Returns
        -------
        Valued or None
            None says "no price": the file lacks that day.

        Notes
        -----
        The price of a day, not of the moment: within a day prices move, and
        what anyone was paid in money the ledger does not tell.

        Examples
        --------
        >>> day = {("2020-09-13", "USD"): Decimal("10344.67")}
        >>> series = PriceSeries(day, ("USD",), "", "example")
        >>> series.value(150_000_000, 1_600_000_000, "USD").rounded()
        '15517.00'
        >>> series.value(150_000_000, 1_600_100_000, "USD") is None
        True
        """
        day = utc_day(unix_s)
        price = self.price(day, currency)
        if price is None:
            return None
        amount = _EXACT.divide(
            _EXACT.multiply(Decimal(sat), price), Decimal(SAT_PER_BTC)
        )
        return Valued(amount, currency.upper(), day, price)


def _rows(text: str) -> tuple[dict[tuple[str, str], Decimal], list[str]]:
    reader = csv.reader(text.splitlines(), strict=True)
    prices: dict[tuple[str, str], Decimal] = {}
    seen: set[str] = set()
    try:
        names = _currencies(next(reader, []))
        for row in reader:
            if not row:
                continue
            line = reader.line_num
            day = _day(row[0].strip(), line)
            if day in seen:
                raise InputError(f"line {line} of the price file repeats a day", day)
            seen.add(day)
            if len(row) != len(names) + 1:
                raise InputError(
                    f"line {line} of the price file has not {len(names) + 1} columns",
                    ",".join(row)[:80],
                )
            for name, cell in zip(names, row[1:], strict=True):
                told = cell.strip()
                if told and not _PRICE.fullmatch(told):
                    raise InputError(f"line {line} holds no plain price", told[:80])
                if told:
                    prices[day, name] = Decimal(told)
    except csv.Error as error:
        raise InputError(
            f"line {reader.line_num} of the price file is malformed", error
        ) from None
    return prices, names
