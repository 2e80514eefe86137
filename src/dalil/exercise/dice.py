"""Chance that falls the same on every machine: whole numbers, no floats."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Dice"]

T = TypeVar("T")
_REFILL = 256


class Dice:
    """A stream of chance named by a seed and a purpose.

    Each purpose has its own stream, so that a new actor does not change what
    befalls the others. The numbers are SHA-256 of a counter: they do not
    depend on the Python version, the platform or the hash seed.

    Examples
    --------
    >>> Dice(1, "rain").below(100) == Dice(1, "rain").below(100)
    True
    >>> Dice(1, "rain").name == Dice(1, "snow").name
    False
    """

    def __init__(self, seed: int, purpose: str) -> None:
        self.name = f"{seed}/{purpose}"
        self._counter = 0
        self._numbers: list[int] = []

    def _next(self) -> int:
        """Return 64 fresh bits."""
        if not self._numbers:
            for i in range(self._counter, self._counter + _REFILL):
                digest = sha256(f"{self.name}/{i}".encode()).digest()
                self._numbers += [
                    int.from_bytes(digest[at : at + 8], "big") for at in range(0, 32, 8)
                ]
            self._counter += _REFILL
        return self._numbers.pop()

    def below(self, n: int) -> int:
        """Return a whole number from 0 to ``n - 1``, each as likely (to 2^-32)."""
        return self._next() % n

    def between(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def chance(self, percent: int) -> bool:
        """Say yes `percent` times in a hundred."""
        return self.below(100) < percent

    def choice(self, items: Sequence[T]) -> T:
        """Return one of `items`."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return `items` in an order of chance (Fisher and Yates)."""
        pack = list(items)
        for i in range(len(pack) - 1, 0, -1):
            j = self.below(i + 1)
            pack[i], pack[j] = pack[j], pack[i]
        return pack

    def times(self, numerator: int, denominator: int) -> int:
        """Return how often something happens that happens n/d times on average.

        Never off by a whole one: 7/4 gives 1 or 2.
        """
        whole, rest = divmod(numerator, denominator)
        return whole + (self.below(denominator) < rest)

    def amount(self, quantiles: Sequence[int]) -> int:
        """Return a value spread like `quantiles`, straight lines between them.

        Quantiles are evenly spaced from the least to the greatest value, so
        the middle one is the median; a long tail is a big last step.
        """
        step = self.below(len(quantiles) - 1)
        low, high = quantiles[step], quantiles[step + 1]
        return low + (high - low) * self.below(1 << 20) // (1 << 20)
