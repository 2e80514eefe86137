"""Checking a ledger again: its bytes, its links, and the blocks it came from."""

from dalil.ledger.verifying.verify import Check, Verified, verify_ledger

__all__ = ["Check", "Verified", "verify_ledger"]
