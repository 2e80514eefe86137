"""Columns on disk: the only room that opens a ledger's files."""

from __future__ import annotations

from dalil.ledger.layout import NO_ADDRESS
from dalil.ledger.reader import Ledger

__all__ = ["NO_ADDRESS", "Ledger"]
