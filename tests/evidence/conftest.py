"""The bundles that this room's tests start from, made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.evidence.genesis import genesis_case
from tests.evidence.smallaccounts import SEEDS, scandal, story, work
from tests.evidence.smallcase import SmallCase, small_case

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.cases.investigate import Investigation


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallCase:
    """A small case on a chain made for it; read only."""
    return small_case(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def genesis(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle about Bitcoin's first block; read only."""
    return genesis_case(tmp_path_factory.mktemp("genesis"))


@pytest.fixture(scope="session")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Investigation:
    """A small case with a ledger of accounts beside one of outputs; read only."""
    return work(tmp_path_factory.mktemp("accounts"), story(), SEEDS, coins=True)


@pytest.fixture(scope="session")
def lotus(tmp_path_factory: pytest.TempPathFactory) -> Investigation:
    """A case about a service wallet of 82 million; read only."""
    return work(tmp_path_factory.mktemp("lotus"), scandal(), ("lotus",))
