"""After a power cut only what was synced is sure, and that is enough for a ledger.

A child builds, and every sync is noted: what the file, or the folder's list of
names, was at that time. At a chosen call it lays out what a disk could hold
after a cut there: for each file and folder what was synced last or, by lot,
what it is now, since a system may write earlier than it is asked to.
"""

from __future__ import annotations

import mmap
import os
import random
import shutil
import threading
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

from dalil.ledger.store.commit import Commit, has_ledger
from tests.ledger.breaking import (
    Moments,
    Scene,
    add,
    check_it_goes_on,
    check_what_is_left,
    in_child,
    moments_in,
    start,
)

CUTS = int(os.environ.get("DALIL_POWER_CUTS", "24"))


class Disk:
    """What was synced, by inode: bytes of files, names in folders."""

    def __init__(self, before: Path) -> None:
        self.bytes: dict[int, bytes] = {}
        self.names: dict[int, dict[str, int]] = {}
        for folder in (before, *before.rglob("*")):
            self.note(folder)

    def note(self, path: Path) -> None:
        """Take a file or folder as synced now."""
        if path.is_dir():
            entries = {entry.name: entry.inode() for entry in os.scandir(path)}
            self.names[path.stat().st_ino] = entries
        elif path.is_file():
            self.bytes[path.stat().st_ino] = path.read_bytes()

    def synced(self, file: int) -> None:
        """Note what an open file, or folder, holds as it is synced."""
        self.note(Path(f"/proc/self/fd/{file}").readlink())

    def lay_out(self, live: Path, image: Path, rng: random.Random) -> None:
        """Make what the disk may hold after a cut, below `image`."""
        here = {path.stat().st_ino: path for path in (live, *live.rglob("*"))}
        self._folder(live.stat().st_ino, here, image, rng)

    def _folder(
        self, inode: int, here: dict[int, Path], image: Path, rng: random.Random
    ) -> None:
        image.mkdir()
        now = here.get(inode)
        entries = self.names.get(inode, {})
        if now is not None and rng.random() < 0.5:
            entries = {entry.name: entry.inode() for entry in os.scandir(now)}
        for name, entry in entries.items():
            path = here.get(entry)
            if entry in self.names or (path is not None and path.is_dir()):
                self._folder(entry, here, image / name, rng)
            elif path is not None and rng.random() < 0.5:
                (image / name).write_bytes(path.read_bytes())
            else:
                (image / name).write_bytes(self.bytes.get(entry, b""))


def cut_at(scene: Scene, folder: Path, n: int) -> tuple[Path, str]:
    """Play a scene and cut the power at its n-th call; what is there, and its stage."""
    ledger, image = start(scene, folder), folder / "image"
    shutil.rmtree(image, ignore_errors=True)
    moments, sure = Moments(scene.name), mmap.mmap(-1, 8)
    sure[:8] = Commit.load(ledger).number.to_bytes(8) if scene.before else bytes(8)

    def play() -> None:
        disk, rng, sync = Disk(ledger), random.Random(n), os.fsync
        save, cutting = Commit.save, dict[str, int]()

        def fsync(file: int) -> None:
            sync(file)
            disk.synced(file)

        def saved(commit: Commit, path: Path) -> None:
            save(commit, path)
            sure[:8] = commit.number.to_bytes(8)

        def at(name: str, k: int, args: tuple[Any, ...]) -> None:
            del name, args
            if k == n:
                cutting["thread"] = threading.get_ident()
                time.sleep(0.02)  # calls that other threads are in come to their end
                disk.lay_out(ledger, image, rng)
                os._exit(0)
            elif k > n and threading.get_ident() != cutting.get("thread"):
                time.sleep(60)  # and no other begins

        with (
            patch.object(os, "fsync", fsync),
            patch.object(Commit, "save", saved),
            moments.counted(at),
        ):
            add(ledger, scene.blocks)
        disk.lay_out(ledger, image, rng)

    assert in_child(play) == 0
    shutil.rmtree(ledger, ignore_errors=True)
    if image.exists():
        image.rename(ledger)
    at_least = int.from_bytes(sure[:8])
    assert (Commit.load(ledger).number if has_ledger(ledger) else 0) >= at_least
    return ledger, moments.stage


def test_what_was_committed_survives_a_power_cut_at_any_call(
    room: Path, played: list[Scene]
) -> None:
    for scene, n in moments_in(played, room, CUTS, random.Random(7)):
        ledger, _ = cut_at(scene, room, n)
        check_what_is_left(scene, ledger)
        check_it_goes_on(scene, ledger)
