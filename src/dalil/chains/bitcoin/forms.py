"""Transaction formats: a number per chain that deviates, and what it changes.

Kernels take the number as `form` and branch on it where a format differs, so
that one parser serves Bitcoin and its relatives. The first branch always asks
for `BITCOIN`, which costs a predicted jump and no more.
"""

from __future__ import annotations

from dalil.kernels import kernel

__all__ = ["BITCOIN", "HEADER_BYTES", "block_may_end", "max_money"]

BITCOIN = 0
"""Bitcoin's own format, witnesses included."""

HEADER_BYTES = 80
"""Bytes of a block before its transaction count without proofs of other chains."""

_BITCOIN_MONEY = 2_100_000_000_000_000


@kernel
def max_money(form: int) -> int:
    """Return the highest value an output may carry, in base units."""
    if form == BITCOIN:
        return _BITCOIN_MONEY
    return 0x7FFF_FFFF_FFFF_FFFF


@kernel
def block_may_end(at: int, end: int, form: int) -> bool:
    """Tell whether a block's last transaction may end at `at` of `end`."""
    if form == BITCOIN:
        return at == end
    return at == end
