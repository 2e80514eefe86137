"""What tests that break a writer share: a room to break it in, a chain played out."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ledger.breaking import scenes, small_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.ledger.breaking import Scene


@pytest.fixture(scope="module")
def room() -> Iterator[Path]:
    """A folder in memory where there is one: thousands of files are synced here."""
    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(
        dir=shm if os.access(shm, os.W_OK) else None
    ) as name:
        yield Path(name)


@pytest.fixture(scope="module")
def played(room: Path) -> Iterator[list[Scene]]:
    """A ledger's stages, each as it was before a writer is broken in it."""
    with small_pieces():
        yield scenes(room)
