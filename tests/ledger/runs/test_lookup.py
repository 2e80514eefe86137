"""Look-ups over runs, against dictionaries and lists."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.errors import StoreError
from dalil.ledger.runs import OldRuns, Runs, old
from tests.ledger.runs.world import (
    NO_ADDRESS,
    SEED,
    World,
    as_words,
    cut_up,
    invent,
    runs_of,
)

if TYPE_CHECKING:
    from dalil.ledger.segment.rows import Old

WORLDS = st.builds(invent, st.integers(0, 10**6), st.integers(0, 40))
CUTS = st.lists(st.integers(0, 40), max_size=6)
FEW = settings(max_examples=25, deadline=None)


def cuts_in(world: World, cuts: list[int]) -> list[int]:
    """Fit cuts to a world."""
    return [min(cut, len(world.txids)) for cut in cuts]


@FEW
@given(WORLDS, CUTS)
def test_a_txid_is_found_at_its_last_row(world: World, cuts: list[int]) -> None:
    with TemporaryDirectory() as folder:
        runs = runs_of(world, cuts_in(world, cuts), Path(folder))
        last = {txid: row for row, txid in enumerate(world.txids)}
        strange = bytes(32)
        wanted = [*last, strange]
        column = world.txid_words()
        found = runs.find_txs(as_words(wanted), column)
        assert found.tolist() == [*last.values(), -1]
        for txid, row in [*last.items(), (strange, -1)]:
            assert runs.find_tx(np.frombuffer(txid, np.uint64), column) == row


@FEW
@given(WORLDS, CUTS)
def test_an_address_is_found_by_key_and_type(world: World, cuts: list[int]) -> None:
    with TemporaryDirectory() as folder:
        runs = runs_of(world, cuts_in(world, cuts), Path(folder))
        last = {
            pair: row
            for row, pair in enumerate(zip(world.keys, world.kinds, strict=True))
        }
        keys, kinds = world.key_words(), np.array(world.kinds, np.uint8)
        asked = [*last, *((key, 255) for key, _ in last)]
        wanted = (
            as_words([key for key, _ in asked]),
            np.array([kind for _, kind in asked], np.uint8),
        )
        found = runs.find_addresses(wanted, keys, kinds)
        assert found.tolist() == [*last.values(), *[-1] * len(last)]
        for (key, kind), row in last.items():
            words = np.frombuffer(key, np.uint64)
            assert runs.find_address(words, kind, keys, kinds) == row


@FEW
@given(WORLDS, CUTS)
def test_an_output_knows_its_spender(world: World, cuts: list[int]) -> None:
    with TemporaryDirectory() as folder:
        runs = runs_of(world, cuts_in(world, cuts), Path(folder))
        spender = {source: i for i, source in enumerate(world.spends) if source >= 0}
        n = len(world.output_address)
        expected = [spender.get(output, -1) for output in range(n)]
        assert runs.spent_by_column().tolist() == expected
        assert runs.spent_by_column() is runs.spent_by_column()
        assert not runs.spent_by_column().flags.writeable or n == 0
        asked = np.array([*range(n), -1, -2, n, n + 5, 2**62], np.int64)
        assert runs.spent_by(asked).tolist() == [*expected, -1, -1, -1, -1, -1]
        before = OldRuns(runs, np.zeros(1, np.int64))
        inside = np.arange(n)
        assert before.spent(inside).tolist() == [row >= 0 for row in expected]


@FEW
@given(WORLDS, CUTS, st.integers(-5, 60), st.none() | st.integers(-5, 60))
def test_a_history_is_paged_like_a_list(
    world: World, cuts: list[int], start: int, stop: int | None
) -> None:
    with TemporaryDirectory() as folder:
        runs = runs_of(world, cuts_in(world, cuts), Path(folder))
        for address in [*range(len(world.keys)), len(world.keys), NO_ADDRESS, -1]:
            paid = [i for i, a in enumerate(world.output_address) if a == address]
            told = [i for i, a in enumerate(world.outside_address) if a == address]
            if not 0 <= address < len(world.keys):
                paid = told = []
            assert runs.n_outputs_of(address) == len(paid)
            assert runs.outputs_of(address).tolist() == paid
            assert runs.outputs_of(address, start, stop).tolist() == paid[start:stop]
            assert runs.n_outside_of(address) == len(told)
            assert runs.outside_of(address, start, stop).tolist() == told[start:stop]


@pytest.mark.parametrize("mapped", [old._MAPPED, 64], ids=["at once", "bit by bit"])
def test_old_runs_find_what_they_hold_and_let_go_of_it(
    mapped: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(old, "_MAPPED", mapped)
    monkeypatch.setattr(old, "_PIECE", mapped)
    monkeypatch.setattr(old, "_FEW", 1)
    world = invent(7, 60)
    runs = runs_of(world, [20, 40], tmp_path)
    asked: Old = OldRuns(runs, np.arange(0, 300, 5))
    for table, find in (("tx", asked.find_txs), ("address", asked.find_addresses)):
        for run in runs.runs:
            index = getattr(run, f"{table}_index")
            found = np.full(index.entries.shape[0], -1)
            find(index.entries, found)
            rows = index.first + (index.entries[:, 1] & np.uint64(0xFFFF_FFFF))
            assert (found >= rows.astype(np.int64)).all()
            again = np.full(found.size, 7)
            find(index.entries, again)
            assert (again == 7).all()
            strangers = index.entries ^ np.uint64(1 << 32)
            nothing = np.full(found.size, -1)
            find(strangers[np.argsort(strangers[:, 0])], nothing)
            assert (nothing == -1).all()
    firsts, n = asked.outputs_of_tx(np.array([0, 4, 4, 50]))
    assert firsts.tolist() == [0, 20, 20, 250]
    assert n.tolist() == [5, 5, 5, 5]


def test_no_runs_hold_nothing() -> None:
    runs = Runs([], SEED)
    assert runs.find_tx(np.zeros(4, np.uint64), np.zeros((0, 4), np.uint64)) == -1
    assert runs.spent_by(np.arange(3)).tolist() == [-1, -1, -1]
    assert runs.spent_by_column().size == 0
    assert runs.outputs_of(0).size == 0


@pytest.mark.parametrize("kept", [[1, 2], [0, 2], [0, 0, 1], [1, 0]])
def test_runs_that_do_not_follow_one_another_are_refused(
    kept: list[int], tmp_path: Path
) -> None:
    runs = cut_up(invent(1, 30), [10, 20], tmp_path)
    with pytest.raises(StoreError, match=r"follow|begin"):
        Runs([runs[i] for i in kept], SEED)


def test_runs_answer_after_their_files_are_gone(tmp_path: Path) -> None:
    world = invent(3, 50)
    runs = runs_of(world, [10, 30], tmp_path)
    for run in runs.runs:
        run.path.unlink()
        run.drop()
    last = {txid: row for row, txid in enumerate(world.txids)}
    wanted = as_words(list(last))
    found = runs.find_txs(wanted, world.txid_words())
    assert found.tolist() == list(last.values())
    assert runs.n_outputs_of(0) == world.output_address.count(0)
