"""One account world for the tests that only read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dalil.exercise.accounts import AccountWorld, Size, make_account_world

if TYPE_CHECKING:
    from pathlib import Path

SMALL = Size(days=24, n_people=40, n_children=120)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> AccountWorld:
    """A small world, with its files."""
    return make_account_world(7, tmp_path_factory.mktemp("world"), SMALL)


@pytest.fixture(scope="session")
def folder(world: AccountWorld) -> Path:
    """Where its files are."""
    assert world.folder is not None
    return world.folder
