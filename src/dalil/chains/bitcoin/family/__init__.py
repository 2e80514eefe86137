"""Chains that came from Bitcoin: what each of them does otherwise, and no more."""

from __future__ import annotations
