"""The command line: one module per noun; parse, call, print, progress."""

from __future__ import annotations

from dalil.cli.main import main

__all__ = ["main"]
