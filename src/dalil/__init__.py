"""Dalil (دليل: evidence, proof): blockchain forensics that proves every step.

The rooms, lowest first: `chains`, `sources`, `ledger`, `clustering` and
`attribution`, `tracing` and `intake`, `evidence`, `cases`, `cli`; `exercise`
is the annex that makes worlds with a known truth. Import the room you need;
this package itself imports nothing heavy.
"""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
