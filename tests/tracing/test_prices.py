"""Prices: exact, by UTC day, never made up; and bounds in money that stay bounds."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.errors import InputError, LimitError, NotFoundError
from dalil.tracing import prices as prices_module
from dalil.tracing.follow import trace
from dalil.tracing.literal import HandLedger
from dalil.tracing.money import money_of
from dalil.tracing.prices import PriceSeries
from dalil.tracing.request import Direction, Mark, TraceRequest

if TYPE_CHECKING:
    from pathlib import Path

NOON = 1_600_000_000 - 1_600_000_000 % 86_400 + 43_200
DAY = "2020-09-13"


def written(folder: Path, text: str) -> PriceSeries:
    file = folder / "prices.csv"
    file.write_text(text, encoding="utf-8")
    return PriceSeries.load(file)


def test_values_exactly_on_its_utc_day(tmp_path: Path) -> None:
    series = written(tmp_path, f"date,EUR,USD\n{DAY},8730.5,10344.67\n")
    value = series.value(123_456_789, NOON, "usd")
    assert value is not None
    assert value.amount == Decimal("12771.1974146463")
    assert (value.day, value.currency, value.rounded()) == (DAY, "USD", "12771.20")
    assert (value.floor(), value.ceiling()) == ("12771.19", "12771.20")


@pytest.mark.parametrize(
    ("seconds", "priced"),
    [
        (NOON - 43_200, True),
        (NOON + 43_199, True),
        (NOON + 43_200, False),
        (NOON - 43_201, False),
    ],
    ids=["first second", "last second", "the day after", "the day before"],
)
def test_a_day_is_a_utc_day(tmp_path: Path, seconds: int, *, priced: bool) -> None:
    series = written(tmp_path, f"date,close_usd\n{DAY},1\n")
    assert (series.value(1, seconds, "USD") is not None) is priced


def test_a_missing_day_has_no_price_even_between_two(tmp_path: Path) -> None:
    series = written(tmp_path, "date,USD\n2020-09-12,1\n2020-09-14,1\n")
    assert series.value(1, NOON, "USD") is None


def test_an_empty_cell_is_a_missing_price(tmp_path: Path) -> None:
    series = written(tmp_path, f"date,EUR,USD\n{DAY},,2\n")
    assert series.value(1, NOON, "EUR") is None
    assert series.value(1, NOON, "USD") is not None


def test_an_unknown_currency_is_an_error_and_not_a_missing_price(
    tmp_path: Path,
) -> None:
    with pytest.raises(NotFoundError, match="USD"):
        written(tmp_path, f"date,USD\n{DAY},1\n").value(1, NOON, "EUR")


BAD = {
    "no header": "",
    "no date column": "day,USD\n",
    "a column that is no currency": "date,US Dollar\n",
    "a currency twice": "date,USD,close_usd\n",
    "no day": "date,USD\n13.09.2020,1\n",
    "a day that is none": "date,USD\n2020-02-30,1\n",
    "a day twice": f"date,USD\n{DAY},1\n{DAY},1\n",
    "a negative price": f"date,USD\n{DAY},-1\n",
    "a price in words": f"date,USD\n{DAY},NaN\n",
    "a price of a thousand digits": f"date,USD\n{DAY},{'9' * 1000}\n",
    "an exponent": f"date,USD\n{DAY},1e9\n",
    "too many columns": f"date,USD\n{DAY},1,2\n",
    "too few": f"date,EUR,USD\n{DAY},1\n",
    "a quote that never ends": f'date,USD\n{DAY},"1\n',
    "a field without end": f"date,USD\n{DAY},{'1' * 200_000}\n",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_refuses(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"price|line|currency"):
        written(tmp_path, text)


def test_names_the_line_of_a_bad_row(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 3"):
        written(tmp_path, f"date,USD\n{DAY},1\nyesterday,1\n")


def test_refuses_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_bytes(b"date,USD\n\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        PriceSeries.load(tmp_path / "prices.csv")


def test_refuses_a_file_past_its_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prices_module, "MAX_PRICE_BYTES", 20)
    with pytest.raises(LimitError, match="too large"):
        written(tmp_path, f"date,USD\n{DAY},1000000\n")


def test_says_when_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        PriceSeries.load(tmp_path / "none.csv")


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_never_fails_otherwise(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    file = tmp_path_factory.mktemp("any") / "prices.csv"
    file.write_bytes(b"date,USD\n" + raw)
    with suppress(InputError):
        assert PriceSeries.load(file).currencies == ("USD",)


def test_reads_the_published_series(real_data: Path) -> None:
    series = PriceSeries.load(real_data / "prices" / "graphsense_btc_eur_usd_daily.csv")
    assert series.days == ("2010-10-17", "2022-07-06")
    assert series.currencies == ("EUR", "USD")
    value = series.value(100_000_000, 1_548_374_400, "USD")
    assert value is not None
    assert 3000 < value.amount < 4000


class TestMoney:
    """A target's bounds in money."""

    def traced(self) -> tuple[HandLedger, int]:
        ledger = HandLedger()
        seeds = ledger.mine(("seed", 100), ("seed", 100), time=NOON)
        other = ledger.mine(("other", 100), time=NOON)
        ledger.pay([seeds[0], *other], ("p", 100), ("x", 100), time=NOON)
        ledger.pay([seeds[1]], ("p", 100), time=NOON + 86_400)
        return ledger, ledger.find_address("p") or 0

    def test_holds_the_cheapest_and_the_dearest_case(self, tmp_path: Path) -> None:
        ledger, p = self.traced()
        request = TraceRequest(Direction.FORWARD, addresses=[0], marks=[Mark(p, "P")])
        result = trace(ledger, request)
        (target,) = result.targets
        assert (target.amounts.lower_sat, target.amounts.upper_sat) == (100, 200)
        text = f"date,USD\n{DAY},2000000\n2020-09-14,1000000\n"
        money = money_of(result, target, written(tmp_path, text), "USD")
        assert (money.lower, money.upper) == (Decimal(1), Decimal(3))
        # Only the second payment was made with seed money alone.
        assert money.direct == Decimal(1)
        assert money.to_json()["upper"] == "3.00"

    def test_takes_the_dearest_days_for_the_most(self, tmp_path: Path) -> None:
        ledger = HandLedger()
        coins = ledger.mine(("seed", 100), ("other", 100), time=NOON)
        paid = ledger.pay(coins, ("p", 100), ("x", 100), time=NOON)
        ledger.pay([paid[1]], ("p", 100), time=NOON + 86_400)
        coins = ledger.mine(("seed", 50), ("other", 950), time=NOON)
        ledger.pay(coins, ("x", 900), ("p", 100), time=NOON + 86_400)
        p = ledger.find_address("p") or 0
        request = TraceRequest(Direction.FORWARD, addresses=[0], marks=[Mark(p, "P")])
        result = trace(ledger, request)
        (target,) = result.targets
        assert (target.amounts.lower_sat, target.amounts.upper_sat) == (100, 150)
        for first, second, low, high in ((2, 1, 1, 2.5), (1, 2, 1, 3)):
            text = f"date,USD\n{DAY},{first}000000\n2020-09-14,{second}000000\n"
            money = money_of(result, target, written(tmp_path, text), "USD")
            assert (money.lower, money.upper) == (Decimal(low), Decimal(high))

    def test_rounds_nothing_however_long_the_price(self, tmp_path: Path) -> None:
        ledger, p = self.traced()
        request = TraceRequest(Direction.FORWARD, addresses=[0], marks=[Mark(p, "P")])
        result = trace(ledger, request)
        price = "999999999999.999999999999999999"
        text = f"date,USD\n{DAY},{price}\n2020-09-14,{price}\n"
        money = money_of(result, result.targets[0], written(tmp_path, text), "USD")
        assert money.direct == money.lower == Decimal("999999.999999999999999999999999")

    def test_backward_values_what_was_paid_on_the_day_it_was(
        self, tmp_path: Path
    ) -> None:
        ledger, p = self.traced()
        request = TraceRequest(Direction.BACKWARD, addresses=[p], marks=[Mark(0, "S")])
        result = trace(ledger, request)
        text = f"date,USD\n{DAY},2000000\n2020-09-14,1000000\n"
        money = money_of(result, result.targets[0], written(tmp_path, text), "USD")
        figures = (money.direct, money.lower, money.upper)
        assert figures == (Decimal(1), Decimal(1), Decimal(3))

    def test_a_missing_day_makes_no_price_and_is_named(self, tmp_path: Path) -> None:
        ledger, p = self.traced()
        request = TraceRequest(Direction.FORWARD, addresses=[0], marks=[Mark(p, "P")])
        result = trace(ledger, request)
        series = written(tmp_path, f"date,USD\n{DAY},1\n")
        assert money_of(result, result.targets[0], series, "usd").to_json() == {
            "currency": "USD",
            "direct": None,
            "lower": None,
            "upper": None,
            "missing_days": ["2020-09-14"],
        }
