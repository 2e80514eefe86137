"""Amounts and times on paper. Inside Dalil amounts are integers in base units."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["SAT_PER_BTC", "format_btc", "format_utc", "utc_day"]

SAT_PER_BTC = 100_000_000


def format_btc(value_sat: int) -> str:
    """Write satoshi as BTC with all eight decimals, exactly.

    >>> format_btc(-150_000_001)
    '-1.50000001'
    """
    sign = "-" if value_sat < 0 else ""
    whole, part = divmod(abs(value_sat), SAT_PER_BTC)
    return f"{sign}{whole}.{part:08d}"


def format_utc(seconds: int) -> str:
    """Write Unix seconds as RFC 3339 in UTC.

    >>> format_utc(1231006505)
    '2009-01-03T18:15:05Z'
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def utc_day(seconds: int) -> str:
    """Name the UTC day of Unix seconds, as ``YYYY-MM-DD``."""
    return format_utc(seconds)[:10]
