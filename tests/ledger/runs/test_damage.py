"""Damaged runs that open: no look-up leaves its section, no rewriting runs away."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dalil.errors import StoreError
from dalil.ledger.runs import OldRuns, Run, Runs, merge_runs, trim_run
from tests.ledger.runs.world import SEED, World, cut_up, invent

if TYPE_CHECKING:
    from pathlib import Path

WAYS = ["bits", "zeros", "ones", "noise"]


def spoil(run: Run, section: str, way: str, dice: random.Random) -> bool:
    """Damage one section of a run's file in place, before it is opened again."""
    place, raw = run.places[section], bytearray(run.path.read_bytes())
    if not place.size:
        return False
    if way == "bits":
        for _ in range(3):
            at = place.offset + dice.randrange(place.size)
            raw[at] ^= 1 << dice.randrange(8)
    else:
        fill = {"zeros": bytes(place.size), "ones": b"\xff" * place.size}
        worse = fill.get(way, dice.randbytes(place.size))
        raw[place.offset : place.offset + place.size] = worse
    changed = bytes(raw) != run.path.read_bytes()
    run.path.unlink()
    run.path.write_bytes(raw)
    return changed


def ask_everything(runs: Runs, world: World) -> None:
    """Call every look-up; what it says of damaged files is not judged."""
    n = len(world.txids)
    runs.find_txs(world.txid_words(), world.txid_words())
    keys, kinds = world.key_words(), np.array(world.kinds, np.uint8)
    runs.find_addresses((keys, kinds), keys, kinds)
    outputs = np.arange(len(world.output_address))
    assert runs.spent_by(outputs).size == outputs.size
    old = OldRuns(runs, np.zeros(n + 1, np.int64))
    old.spent(outputs)
    marks = np.sort(runs.runs[0].address_index.entries.copy(), axis=0)
    old.find_addresses(marks, np.full(marks.shape[0], -1))
    old.find_txs(marks, np.full(marks.shape[0], -1))
    for address in range(-1, len(world.keys) + 2):
        assert runs.outputs_of(address).size == runs.n_outputs_of(address)
        assert runs.outside_of(address).size == runs.n_outside_of(address)
    assert n
    with suppress(StoreError):
        runs.spent_by_column()


@pytest.mark.parametrize("way", WAYS)
def test_damage_is_found_and_harms_nothing_else(way: str, tmp_path: Path) -> None:
    dice, world = random.Random(way), invent(21, 60)
    pristine = cut_up(world, [20, 40], tmp_path)
    contents = [run.path.read_bytes() for run in pristine]
    for section in pristine[0].places:
        which = dice.randrange(3)
        if not spoil(pristine[which], section, way, dice):
            continue
        runs = [Run.open(run.path, run.rows) for run in pristine]
        with pytest.raises(StoreError):
            runs[which].verify()
        ask_everything(Runs(runs, SEED), world)
        with suppress(StoreError):
            merge_runs(runs, tmp_path / "new")
        with suppress(StoreError):
            trim_run(runs[1], world.rows(20, 30), tmp_path / "new")
        runs[which].path.unlink()
        runs[which].path.write_bytes(contents[which])
    assert not [file for file in tmp_path.iterdir() if file.suffix == ".part"]
