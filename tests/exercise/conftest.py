"""One small world for all tests of the room: making it takes half a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dalil.exercise.truth import Truth
from dalil.exercise.world import make_world
from dalil.ledger import Ledger
from dalil.ledger.build import build_from_blocks
from dalil.sources.blockfolder import open_blocks

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole exercise; read only."""
    folder = tmp_path_factory.mktemp("exercise") / "world"
    make_world(folder, seed=7)
    return folder


@pytest.fixture(scope="session")
def truth(world: Path) -> Truth:
    """What really happened in `world`."""
    return Truth.load(world / "truth.json")


@pytest.fixture(scope="session")
def ledger(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """The ledger of `world`'s blocks."""
    place = tmp_path_factory.mktemp("ledger") / "ledger"
    build_from_blocks(place, open_blocks(world / "blocks", None))
    return Ledger.open(place)
