"""Where blocks and transactions come from."""

from __future__ import annotations
