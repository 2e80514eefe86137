"""Synthetic worlds on chains that keep accounts, with a known truth.

All of it is EXERCISE / تمرين: invented parties, keys that nobody holds, and a
test network's chain id, so that no such ledger can pass for a real one.
"""

from __future__ import annotations

from dalil.exercise.accounts.bulk import bulk_address, bulk_transfers
from dalil.exercise.accounts.source import AccountBatches
from dalil.exercise.accounts.stage import Size
from dalil.exercise.accounts.world import AccountWorld, make_account_world

__all__ = [
    "AccountBatches",
    "AccountWorld",
    "Size",
    "bulk_address",
    "bulk_transfers",
    "make_account_world",
]
