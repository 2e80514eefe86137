"""How large public chains are: published counts, and estimates marked as such."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CHAINS", "Chain", "Counts"]


class Counts(NamedTuple):
    """How large a chain is."""

    blocks: int
    txs: int
    inputs: int
    outputs: int
    addresses: int
    raw_bytes: int


class Chain(NamedTuple):
    """A chain's published size, with where each figure comes from."""

    counts: Counts
    as_of: str
    sources: dict[str, str]


_RATIO = "estimate: {} a transaction, not a published count"
CHAINS = {
    "bitcoin-mainnet": Chain(
        Counts(
            blocks=938_344,
            txs=1_315_805_869,
            inputs=3_160_000_000,
            outputs=3_550_000_000,
            addresses=1_450_000_000,
            raw_bytes=740_000_000_000,
        ),
        "2026-02-25, block 938343",
        {
            "blocks": "up to the block that Bitcoin Core's chainparams assume valid",
            "txs": "getchaintxstats at that block, as in Bitcoin Core's chainparams",
            "inputs": _RATIO.format("2.4"),
            "outputs": _RATIO.format("2.7"),
            "addresses": _RATIO.format("1.1"),
            "raw_bytes": "estimate from the 856 GB Bitcoin Core allows for blocks, "
            "undo data and growth",
        },
    )
}
"""Sizes of public chains; rounded, and the user's to correct."""
