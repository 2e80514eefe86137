"""Transaction formats: a number per chain that deviates, and what it changes.

Kernels take the number as `form` and branch on it where a format differs, so
that one parser serves Bitcoin and its relatives. The first branch always asks
for `BITCOIN`, which costs a predicted jump and no more.
"""

from __future__ import annotations

from dalil.kernels import lean

__all__ = [
    "BITCOIN",
    "BITCOIN_CASH",
    "DASH",
    "DOGECOIN",
    "HEADER_BYTES",
    "LITECOIN",
    "ZCASH",
    "max_money",
]

BITCOIN = 0
"""Bitcoin's own format, witnesses included."""
LITECOIN = 1
"""Flag 0x08 for a HogEx, and the MWEB extension behind the transactions."""
DOGECOIN = 2
"""Bitcoin's transactions; AuxPoW behind the header."""
BITCOIN_CASH = 3
"""No witness; token prefixes; a block's transactions ordered by txid."""
DASH = 4
"""No witness; special transactions with a type and a payload."""
ZCASH = 5
"""Long headers; versions 1 to 5 of its own transactions."""

HEADER_BYTES = 80
"""Bytes of a block before its transaction count without proofs of other chains."""

_BITCOIN_MONEY = 2_100_000_000_000_000
_DOGECOIN_MONEY = 1_000_000_000_000_000_000
"""Its supply has no end; a node refuses more than this in one output."""


@lean
def max_money(form: int) -> int:
    """Return the highest value an output may carry, in base units."""
    if form == LITECOIN:
        return 4 * _BITCOIN_MONEY
    return _DOGECOIN_MONEY if form == DOGECOIN else _BITCOIN_MONEY
