"""Bitcoin: blocks, transactions, scripts, addresses."""

from __future__ import annotations
