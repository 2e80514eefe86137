"""Synthetic worlds with a known truth, for tests, training and error rates.

`MiniChain` is a tiny deterministic chain whose wallets really pay each other.
"""

from __future__ import annotations

from dalil.exercise.minichain import MiniChain, Paid
from dalil.exercise.wallet import Payee, Share, Wallet

__all__ = ["MiniChain", "Paid", "Payee", "Share", "Wallet"]
