"""Amounts, times and sizes on paper. Inside Dalil amounts are integers."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from dalil.errors import UsageError

__all__ = [
    "SAT_PER_BTC",
    "format_btc",
    "format_utc",
    "parse_bytes",
    "utc_day",
]

SAT_PER_BTC = 100_000_000


_BYTES = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def parse_bytes(text: str) -> int:
    """Read a size such as ``4GB``, ``1.5G``, ``512MiB`` or a number of bytes.

    >>> parse_bytes("4GB"), parse_bytes("1.5 GiB")
    (4000000000, 1610612736)

    Raises
    ------
    UsageError
        If it is no size.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B?\s*", text, re.I | re.A)
    if not found or len(text) > 40:
        raise UsageError("a size is a number with MB, GB or GiB, such as 4GB", text)
    number, unit, binary = found.groups()
    scale = _BYTES[unit.upper()]
    if binary:
        scale = 1 << 10 * "KMGT".index(unit.upper()) + 10 if unit else 1
    return int(float(number) * scale)


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
