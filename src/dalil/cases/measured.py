"""Measured error rates of the rules a case uses, as its method section prints them.

The counts are facts about named populations; a test measures each of them
again where its population is at hand. They are no promise about others: a
chain has more behaviour than any sample.
"""

from __future__ import annotations

from decimal import Decimal, localcontext

from dalil.evidence.document import Rate

__all__ = ["COINJOIN_RATES", "COSPEND_RATES", "rate", "wilson"]

_Z = Decimal("1.959963984540054")


def wilson(hits: int, n: int) -> tuple[str, str]:
    """Give the 95 % Wilson interval of hits of n, from 0 to 1, to six places.

    >>> wilson(10, 10)
    ('0.722467', '1.000000')
    """
    with localcontext() as context:
        context.prec = 40
        share, weight = Decimal(hits) / n, _Z * _Z / n
        middle = share + weight / 2
        spread = _Z * (share * (1 - share) / n + weight / (4 * n)).sqrt()
        low, high = (middle - spread) / (1 + weight), (middle + spread) / (1 + weight)
        return f"{max(low, Decimal(0)):.6f}", f"{min(high, Decimal(1)):.6f}"


def rate(what: str, population: str, hits: int, n: int) -> Rate:
    """State a measured rate with its interval."""
    low, high = wilson(hits, n)
    return Rate(what=what, population=population, hits=hits, n=n, low=low, high=high)


COINJOIN_RATES = (
    rate(
        "typed as CoinJoin",
        "transactions collected as Wasabi 1's, 2018-07 to 2019-02",
        1_415,
        1_430,
    ),
    rate(
        "typed as CoinJoin, each judged by hand to be one (false positives: 0)",
        "non-coinbase transactions of mainnet blocks 560062 to 560086",
        12,
        68_022,
    ),
)
"""Printed by ``python bench/coinjoin_rates.py``."""

COSPEND_RATES = (
    rate(
        "addresses joined only with addresses of their own owner",
        "exercise world of seed 1 and scale 1, PayJoins included on purpose",
        982,
        988,
    ),
)
"""Printed by ``dalil demo``."""
