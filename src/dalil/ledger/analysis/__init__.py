"""Analysts' reading: queries, Arrow, SQL and the public schema over the columns."""

from __future__ import annotations

__all__: list[str] = []
