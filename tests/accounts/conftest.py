"""A fresh Ethereum node for each test that asks; skipped visibly without one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.accounts.anvil import Anvil

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def anvil_program() -> Path:
    """Anvil, as ``tools/fetch_anvil.sh`` fetches it."""
    named = os.environ.get("DALIL_ANVIL")
    program = Path(named) if named else CHECKOUT / ".cache" / "anvil" / "anvil"
    if not os.access(program, os.X_OK):
        pytest.skip("no Anvil (run tools/fetch_anvil.sh, or set DALIL_ANVIL)")
    return program


@pytest.fixture
def anvil(anvil_program: Path) -> Iterator[Anvil]:
    """A fresh development node."""
    with Anvil(anvil_program) as node:
        yield node
