"""Killed at any moment, a ledger is what was committed last, and goes on from there."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from dalil.ledger import Ledger
from dalil.ledger.verifying import verify_ledger
from tests.ledger.breaking import (
    add,
    check_it_goes_on,
    check_what_is_left,
    killed_after,
    killed_at,
    moments_in,
    scenes,
    small_pieces,
    start,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.ledger.breaking import Scene

KILLS = int(os.environ.get("DALIL_KILLS", "30"))


@pytest.fixture(scope="module")
def small() -> Iterator[None]:
    with small_pieces():
        yield


@pytest.fixture(scope="module")
def played(room: Path, small: None) -> list[Scene]:
    del small
    return scenes(room)


def test_a_kill_within_any_call_loses_no_commit_and_the_end_is_the_same(
    room: Path, played: list[Scene]
) -> None:
    stages = set()
    for scene, n in moments_in(played, room, KILLS, random.Random(1)):
        ledger = start(scene, room)
        stages.add(killed_at(scene, ledger, n))
        check_what_is_left(scene, ledger)
        check_it_goes_on(scene, ledger)
    assert len(stages) > 3


def test_a_kill_at_any_time_loses_no_commit_and_the_end_is_the_same(
    room: Path, played: list[Scene]
) -> None:
    rng = random.Random(2)
    for scene in played * 2:
        ledger = start(scene, room)
        killed_after(scene, ledger, rng.uniform(0.01, 0.3))
        check_what_is_left(scene, ledger)
        check_it_goes_on(scene, ledger)


def test_a_ledger_killed_again_and_again_ends_as_if_never_killed(
    room: Path, played: list[Scene]
) -> None:
    rng = random.Random(3)
    scene = played[0]
    ledger = start(scene, room)
    for _ in range(12):
        killed_at(scene, ledger, rng.randrange(1, 400))
        check_what_is_left(scene, ledger)
    check_it_goes_on(scene, ledger)
    assert verify_ledger(ledger).ok


def test_who_reads_while_the_writer_is_killed_reads_on(
    room: Path, played: list[Scene]
) -> None:
    scene = played[2]
    ledger = start(scene, room)
    reader = Ledger.open(ledger)
    before = [reader.output_value.sum(), reader.output_spent_by.sum()]
    killed_at(scene, ledger, 500)
    add(ledger, scene.blocks)
    assert [reader.output_value.sum(), reader.output_spent_by.sum()] == before
    assert reader.find_tx(reader.txid(reader.n_tx - 1)) == reader.n_tx - 1
