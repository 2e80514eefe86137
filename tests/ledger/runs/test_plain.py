"""Look-ups without kernels answer as those with them do, damaged files or not."""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalil.ledger import plain
from dalil.ledger.runs import Run, Runs
from tests.ledger.runs.test_damage import WAYS, spoil
from tests.ledger.runs.test_lookup import CUTS, FEW, WORLDS, cuts_in
from tests.ledger.runs.world import SEED, World, cut_up, invent, runs_of

NO_KINDS = np.zeros(0, np.uint8)


def check_same(runs: Runs, world: World, start: int, stop: int | None) -> None:
    """Ask everything both ways, and for what is not there."""
    for address in [*range(-2, len(world.keys) + 3), 2**32 - 1]:
        assert plain.count_outputs(runs.runs, address) == runs.n_outputs_of(address)
        page = plain.list_outputs(runs.runs, address, start, stop)
        assert page.dtype == np.int64
        assert page.tolist() == runs.outputs_of(address, start, stop).tolist()
    outputs = np.array([*range(-2, len(world.output_address) + 3), 2**62])
    found = plain.spenders_of(runs.runs, outputs)
    assert found.tolist() == runs.spent_by(outputs).tolist()
    check_same_keys(runs, world)


def check_same_keys(runs: Runs, world: World) -> None:
    txids, indexes = world.txid_words(), [run.tx_index for run in runs.runs]
    for key in [*txids, np.arange(4, dtype=np.uint64)]:
        row = plain.find_key(indexes, key, 0, (txids, NO_KINDS), SEED)
        assert row == runs.find_tx(key, txids)
    column = world.key_words(), np.array(world.kinds, np.uint8)
    indexes = [run.address_index for run in runs.runs]
    for key, kind in zip(*column, strict=True):
        for asked in (int(kind), 255):
            row = plain.find_key(indexes, key, asked, column, SEED)
            assert row == runs.find_address(key, asked, *column)


@FEW
@given(WORLDS, CUTS, st.integers(-5, 60), st.none() | st.integers(-5, 60))
def test_answers_are_the_kernels(
    world: World, cuts: list[int], start: int, stop: int | None
) -> None:
    with TemporaryDirectory() as folder:
        runs = runs_of(world, cuts_in(world, cuts), Path(folder))
        check_same(runs, world, start, stop)


@pytest.mark.parametrize("way", WAYS)
def test_answers_of_damaged_runs_are_the_kernels_too(way: str, tmp_path: Path) -> None:
    dice, world = random.Random(way), invent(21, 60)
    pristine = cut_up(world, [20, 40], tmp_path)
    contents = [run.path.read_bytes() for run in pristine]
    for section in pristine[0].places:
        if spoil(pristine[dice.randrange(3)], section, way, dice):
            runs = [Run.open(run.path, run.rows) for run in pristine]
            check_same(Runs(runs, SEED), world, 0, 10)
        for run, raw in zip(pristine, contents, strict=True):
            run.path.unlink()
            run.path.write_bytes(raw)


def test_no_runs_hold_nothing() -> None:
    assert plain.count_outputs([], 0) == 0
    assert plain.list_outputs([], 0, 0, None).size == 0
    assert plain.spenders_of([], np.arange(3)).tolist() == [-1, -1, -1]
