"""Bounds and defaults, in one place, all overridable by argument.

Nothing here changes while a program runs, and no result depends on any of it
except where the result says so.
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = [
    "DEFAULT_MEMORY",
    "DEFAULT_TAG_STORE",
    "MAX_BLOCK_BYTES",
    "MAX_EXHIBIT_BYTES",
    "default_tag_store",
]

MAX_BLOCK_BYTES = 32_000_000
"""No block record may claim more; Bitcoin's own limit is 4,000,000 weight."""

DEFAULT_MEMORY = 4_000_000_000
"""Bytes a build may take, mapped files included, unless told otherwise."""

MAX_EXHIBIT_BYTES = 512_000_000
"""A captured file larger than this is noted and left unread."""

DEFAULT_TAG_STORE = "tags"


def default_tag_store(ledger: Path | None = None) -> Path:
    """Where tags live unless ``--tags`` says otherwise: beside the ledger.

    ``DALIL_TAGS`` overrides; without a ledger it is ``./tags``.
    """
    if override := os.environ.get("DALIL_TAGS"):
        return Path(override)
    return (ledger.resolve().parent if ledger else Path()) / DEFAULT_TAG_STORE
