"""Analysts' reading: queries, Arrow, SQL and the public schema over the columns."""

from __future__ import annotations

from dalil.ledger.analysis.query import Query
from dalil.ledger.analysis.tables import Tables

__all__ = ["Query", "Tables"]
