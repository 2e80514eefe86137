"""The segment: what lies between two commits, joined in memory.

Batches of parsed rows go in, in any order and from two threads; out come the
links of every input, the addresses of every output, and sorted index entries,
with global ids in the chain's order. Memory is bounded by what is given.
"""

from dalil.ledger.segment.rows import (
    COINBASE,
    NO_ADDRESS,
    NO_PREVOUTS,
    OUTSIDE,
    Before,
    LongScripts,
    Old,
    Prevouts,
    Resolved,
)
from dalil.ledger.segment.segment import Segment

__all__ = [
    "COINBASE",
    "NO_ADDRESS",
    "NO_PREVOUTS",
    "OUTSIDE",
    "Before",
    "LongScripts",
    "Old",
    "Prevouts",
    "Resolved",
    "Segment",
]
