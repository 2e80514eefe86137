"""The spool: whatever was cut short, what is whole is found again."""

from __future__ import annotations

import os
import resource
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.chains.bitcoin.header import header_hash
from dalil.chains.bitcoin.networks import REGTEST
from dalil.errors import StoreError
from dalil.exercise import MiniChain
from dalil.sources.node import spool as module
from dalil.sources.node.spent import undo_bytes
from dalil.sources.node.spool import Spool

if TYPE_CHECKING:
    from pathlib import Path

CHAIN = MiniChain(seed=5, warm_up=8).blocks
NAMES = [header_hash(block[:80]) for block in CHAIN]
UNDO = [undo_bytes(block, [[]]) for block in CHAIN]


def fill(spool: Spool, blocks: list[bytes], *, undo: bool) -> None:
    for block in blocks:
        spool.append(block, UNDO[CHAIN.index(block)] if undo else b"")


def filled(folder: Path, *, undo: bool = False) -> None:
    with Spool(folder, REGTEST, undo=undo) as spool:
        fill(spool, CHAIN, undo=undo)


def held(folder: Path, *, undo: bool = False) -> list[bytes]:
    """The blocks a new start finds, each read back whole."""
    with Spool(folder, REGTEST, undo=undo) as spool:
        found = [name for name in NAMES if name in spool]
        given = spool.blocks(found)
        for record in given.records:
            raw = given.files[record.file].read(record.at, record.size)
            assert raw == CHAIN[NAMES.index(record.header.hash)]
        return found


@pytest.mark.parametrize("undo", [False, True])
def test_found_again(undo: bool, tmp_path: Path) -> None:
    filled(tmp_path, undo=undo)
    assert held(tmp_path, undo=undo) == NAMES


@settings(deadline=None)
@given(cut=st.integers(0, 8 * len(CHAIN) + sum(map(len, CHAIN))))
def test_cut_anywhere_the_whole_ones_stay(
    cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    filled(folder)
    os.truncate(folder / "blk00000.dat", cut)
    ends = [sum(len(b) + 8 for b in CHAIN[: i + 1]) for i in range(len(CHAIN))]
    whole = sum(end <= cut for end in ends)
    assert held(folder) == NAMES[:whole]
    with Spool(folder, REGTEST, undo=False) as spool:
        for block in CHAIN[whole:]:
            spool.append(block)
    assert held(folder) == NAMES


@settings(deadline=None)
@given(
    blk=st.integers(0, sum(map(len, CHAIN)) + 8 * len(CHAIN)),
    rev=st.integers(0, sum(map(len, UNDO)) + 8 * len(UNDO)),
)
def test_a_block_counts_only_with_its_undo_data(
    blk: int, rev: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    filled(folder, undo=True)
    os.truncate(folder / "blk00000.dat", blk)
    os.truncate(folder / "rev00000.dat", rev)
    found = held(folder, undo=True)
    assert found == NAMES[: len(found)]
    assert len(found) <= rev // (len(UNDO[0]) + 8)
    with Spool(folder, REGTEST, undo=True) as spool:
        for block, spent in zip(CHAIN, UNDO, strict=True):
            if header_hash(block[:80]) not in spool:
                spool.append(block, spent)
    assert held(folder, undo=True) == NAMES


def test_zeros_of_a_lost_write_are_cut(tmp_path: Path) -> None:
    filled(tmp_path)
    file = tmp_path / "blk00000.dat"
    size = file.stat().st_size
    with file.open("ab") as out:
        out.write(bytes(5000))
    assert held(tmp_path) == NAMES
    assert file.stat().st_size == size


def test_files_are_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FILE_RECORDS", 3)
    filled(tmp_path, undo=True)
    assert len(list(tmp_path.glob("blk*.dat"))) == 3
    assert held(tmp_path, undo=True) == NAMES


@pytest.mark.parametrize("undo", [False, True])
def test_a_bad_block_is_cut_off_with_what_follows(undo: bool, tmp_path: Path) -> None:
    with Spool(tmp_path, REGTEST, undo=undo) as spool:
        fill(spool, CHAIN[:6], undo=undo)
        spool.trust(NAMES[:3])
        assert spool.forget(NAMES[4]) is False
        spool.append(CHAIN[6], UNDO[6] if undo else b"", unsure=True)
        assert spool.forget(NAMES[6]) is True
        spool.forget_fresh()
    assert held(tmp_path, undo=undo) == NAMES[:3]


def test_what_a_ledger_may_have_taken_is_not_cut(tmp_path: Path) -> None:
    filled(tmp_path)
    with Spool(tmp_path, REGTEST, undo=False) as spool:
        spool.trust(NAMES)
        assert spool.forget(NAMES[2]) is False
    assert held(tmp_path) == NAMES


def test_one_at_a_time(tmp_path: Path) -> None:
    first = Spool(tmp_path, REGTEST, undo=False)
    with pytest.raises(StoreError, match="another process"):
        Spool(tmp_path, REGTEST, undo=False)
    first.close()
    Spool(tmp_path, REGTEST, undo=False).close()


@pytest.mark.parametrize("undo", [False, True])
def test_a_full_disk_leaves_whole_blocks(undo: bool, tmp_path: Path) -> None:
    room = sum(len(block) + 8 for block in CHAIN[:4]) + 100
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Spool(tmp_path, REGTEST, undo=undo) as spool:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
        try:
            with pytest.raises(StoreError, match="the disk does not take"):
                fill(spool, CHAIN, undo=undo)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert [name in spool for name in NAMES[:5]] == [True] * 4 + [False]
    assert held(tmp_path, undo=undo) == NAMES[:4]


def test_old_places_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_FILE_RECORDS", 1)
    monkeypatch.setattr(module, "_FILES_KNOWN", 2)
    with Spool(tmp_path, REGTEST, undo=False) as spool:
        for block, name in zip(CHAIN, NAMES, strict=True):
            spool.append(block)
            spool.trust([name])
        assert len(spool) <= 5
        assert NAMES[-1] in spool
