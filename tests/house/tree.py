"""The checkout as the house rules see it."""

from __future__ import annotations

import subprocess
from pathlib import Path

__all__ = ["CHECKOUT", "MODULES", "PAGES", "tracked_texts"]

CHECKOUT = Path(__file__).resolve().parents[2]
MODULES = sorted((CHECKOUT / "src" / "dalil").rglob("*.py"))
PAGES = sorted([*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md")])

_BINARY = {".png", ".gz", ".woff2", ".ttf", ".dat", ".pdf"}


def tracked_texts() -> list[Path]:
    """List what git tracks or would track, text only; all files without git."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=CHECKOUT, capture_output=True, check=True)
    paths = [CHECKOUT / name for name in listed.stdout.decode().split("\0") if name]
    return [p for p in paths if p.is_file() and p.suffix not in _BINARY]
