"""The bundles that this room's tests start from, made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.evidence.genesis import genesis_case
from tests.evidence.smallcase import SmallCase, small_case

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallCase:
    """A small case on a chain made for it; read only."""
    return small_case(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def genesis(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle about Bitcoin's first block; read only."""
    return genesis_case(tmp_path_factory.mktemp("genesis"))
