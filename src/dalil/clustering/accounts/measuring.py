"""How often a rule was right: what it found beside what is known to be true.

Counts first, shares after: a share without its denominator misleads, and one of
a handful more so, which is what the interval says. Truth is known where a world
was made up; on a real ledger nobody knows it, and no share carries over.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

__all__ = ["Measured", "Share", "measure"]

_Z = 1.959963984540054


class Share(NamedTuple):
    """A part of a whole with Wilson's 95 % interval; unknown of nothing."""

    part: int
    whole: int

    def to_json(self) -> dict[str, Any]:
        """Write counts, share and interval."""
        told: dict[str, Any] = {"part": self.part, "whole": self.whole}
        if not self.whole:
            return told | {"share": None, "low": None, "high": None}
        low, high = self.interval()
        return told | {"share": self.part / self.whole, "low": low, "high": high}

    def interval(self) -> tuple[float, float]:
        """Give Wilson's interval (1927); (0, 1) of nothing.

        >>> [round(end, 3) for end in Share(0, 10).interval()]
        [0.0, 0.278]
        """
        if not self.whole:
            return 0.0, 1.0
        n, p = self.whole, self.part / self.whole
        middle = p + _Z * _Z / (2 * n)
        spread = _Z * sqrt(p * (1 - p) / n + _Z * _Z / (4 * n * n))
        scale = 1 + _Z * _Z / n
        return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


class Measured(NamedTuple):
    """What a rule found against the truth.

    Attributes
    ----------
    right, wrong, missed : frozenset
        Found and true; found and not true; true and not found.
    """

    right: frozenset[Hashable]
    wrong: frozenset[Hashable]
    missed: frozenset[Hashable]

    @property
    def false_share(self) -> Share:
        """Of what was found, what is not true."""
        return Share(len(self.wrong), len(self.right) + len(self.wrong))

    @property
    def missed_share(self) -> Share:
        """Of what is true, what was not found."""
        return Share(len(self.missed), len(self.right) + len(self.missed))

    def to_json(self) -> dict[str, Any]:
        """Write counts and shares; not the items."""
        return {
            "n_found": len(self.right) + len(self.wrong),
            "n_true": len(self.right) + len(self.missed),
            "n_right": len(self.right),
            "false": self.false_share.to_json(),
            "missed": self.missed_share.to_json(),
        }


def measure(found: Iterable[Hashable], truth: Iterable[Hashable]) -> Measured:
    """Compare what was found with what is true; items are whatever both use.

    Pairs of linked addresses (`Links.pairs`), deposit addresses, noise
    transfers.

    Examples
    --------
    >>> told = measure({1, 2, 3}, {2, 3, 4, 5})
    >>> told.false_share, told.missed_share
    (Share(part=1, whole=3), Share(part=2, whole=4))
    """
    have, real = frozenset(found), frozenset(truth)
    return Measured(have & real, have - real, real - have)
