"""Merging and trimming give the very bytes that building in one go gives."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.ledger.index import index_of
from dalil.ledger.runs import Run, merge_runs, rewrite, trim_run
from dalil.ledger.runs.joining import fill_buckets
from tests.ledger.runs.world import World, cut_up, invent, write_cut

if TYPE_CHECKING:
    from collections.abc import Iterator

WORLDS = st.builds(invent, st.integers(0, 10**6), st.integers(0, 40))
FEW = settings(max_examples=25, deadline=None)


@pytest.fixture(params=[1 << 22, 64], ids=["wide buffers", "narrow buffers"])
def _buffers(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rewrite, "_BLOCK_BYTES", request.param)
        yield


@pytest.mark.usefixtures("_buffers")
@FEW
@given(WORLDS, st.data())
def test_merging_in_any_grouping(world: World, data: st.DataObject) -> None:
    n = len(world.txids)
    cuts = st.lists(st.integers(0, n), min_size=2, max_size=5)
    with TemporaryDirectory() as name:
        folder = Path(name)
        runs = cut_up(world, data.draw(cuts), folder)
        whole = write_cut(world, 0, n, folder).path.read_bytes()
        (folder / "merged").mkdir()
        while len(runs) > 1:
            start = data.draw(st.integers(0, len(runs) - 2))
            stop = data.draw(st.integers(start + 2, len(runs)))
            path = folder / "merged" / str(len(runs))
            rows = merge_runs(runs[start:stop], path)
            runs[start:stop] = [Run.open(path, rows)]
            runs[start].verify()
        assert runs[0].path.read_bytes() == whole


@pytest.mark.usefixtures("_buffers")
@FEW
@given(WORLDS, st.data())
def test_trimming_anywhere(world: World, data: st.DataObject) -> None:
    n = len(world.txids)
    start, stop, end = sorted(data.draw(st.integers(0, n)) for _ in range(3))
    with TemporaryDirectory() as name:
        folder = Path(name)
        run = write_cut(world, start, end, folder)
        rows = world.rows(start, stop)
        trim_run(run, rows, folder / "trimmed")
        expected = write_cut(world, start, stop, folder)
        assert (folder / "trimmed").read_bytes() == expected.path.read_bytes()
        Run.open(folder / "trimmed", rows).verify()


@pytest.mark.parametrize("room", [1, 2, 7, 1000])
@pytest.mark.parametrize("n", [0, 1, 3, 500])
def test_buckets_are_the_same_in_pieces(room: int, n: int) -> None:
    dice = np.random.default_rng(n)
    entries = np.zeros((n, 2), np.uint64)
    entries[:, 0] = np.sort(dice.integers(0, 1 << 63, n, dtype=np.uint64) * 2)
    entries[n // 2 :, 0] |= np.uint64(7 << 61)
    entries[:, 0].sort()
    index, at = index_of(entries, 0), np.zeros(3, np.int64)
    found, buffer = [], np.empty(room, np.uint32)
    for block in np.array_split(entries, 5):
        at[0], filled = 0, room
        while filled == room:
            filled = fill_buckets(block, at, index.bits, buffer)
            found += buffer[:filled].tolist()
        at[2] += block.shape[0]
    rest = index.offsets.size - len(found)
    assert rest == index.offsets.size - at[1]
    assert found + [n] * rest == index.offsets.tolist()


def test_runs_that_do_not_follow_are_not_merged(tmp_path: Path) -> None:
    runs = cut_up(invent(1, 30), [10, 20], tmp_path)
    for bad in ([runs[0], runs[2]], [runs[1], runs[0]], []):
        with pytest.raises(ValueError, match=r"does not follow|nothing"):
            merge_runs(bad, tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_a_run_is_not_trimmed_to_what_it_does_not_begin_with(tmp_path: Path) -> None:
    world = invent(1, 30)
    run = write_cut(world, 5, 20, tmp_path)
    for bad in (world.rows(5, 21), world.rows(4, 10)):
        with pytest.raises(ValueError, match="does not begin with"):
            trim_run(run, bad, tmp_path / "trimmed")


def test_what_was_merged_away_is_still_read(tmp_path: Path) -> None:
    world = invent(8, 40)
    runs = cut_up(world, [20], tmp_path)
    merge_runs(runs, tmp_path / "merged")
    for run in runs:
        run.path.unlink()
        run.verify()
