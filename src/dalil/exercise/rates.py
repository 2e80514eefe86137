"""A measured rate, and how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

__all__ = ["Rate"]

_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Rate:
    """So many hits of so many tries, with Wilson's 95 % interval.

    The interval supposes independent tries of one kind. It says nothing about
    other populations than the one that was measured.

    Examples
    --------
    >>> str(Rate(10, 10))
    '10/10 = 100.0 % (72.2-100.0)'
    >>> str(Rate(0, 0))
    '0/0'
    """

    hits: int
    n: int

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper end, from 0 to 1; all of it where nothing was tried.

        References
        ----------
        Wilson (1927), "Probable Inference, the Law of Succession, and
        Statistical Inference", JASA 22.
        """
        if self.n == 0:
            return 0.0, 1.0
        share, weight = self.hits / self.n, _Z * _Z / self.n
        middle = (share + weight / 2) / (1 + weight)
        spread = share * (1 - share) / self.n + weight / (4 * self.n)
        half = _Z * sqrt(spread) / (1 + weight)
        return max(0.0, middle - half), min(1.0, middle + half)

    def to_json(self) -> dict[str, Any]:
        """Return hits, n and the interval to four places, ``null`` if untried."""
        if self.n == 0:
            return {"hits": 0, "n": 0, "rate": None, "low": None, "high": None}
        low, high = self.interval
        return {
            "hits": self.hits,
            "n": self.n,
            "rate": round(self.hits / self.n, 4),
            "low": round(low, 4),
            "high": round(high, 4),
        }

    def __str__(self) -> str:
        if self.n == 0:
            return "0/0"
        low, high = (100 * end for end in self.interval)
        share = 100 * self.hits / self.n
        return f"{self.hits:,}/{self.n:,} = {share:.1f} % ({low:.1f}-{high:.1f})"
