"""Breaking a writer at a chosen moment, in a forked child, and looking what is left.

A moment is a system call that changes a disk: the n-th of them does not return
(the process is killed in the middle of it), or fails as a full disk makes it
fail. Counting calls instead of milliseconds puts moments everywhere, also into
windows of microseconds between a rename and what follows it.
"""

from __future__ import annotations

import math
import mmap
import os
import random
import shutil
import signal
import threading
import time
import traceback
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from dalil.ledger import Ledger
from dalil.ledger.build import build_from_blocks
from dalil.ledger.building import ahead, taking
from dalil.ledger.building.batch import batches
from dalil.ledger.describe import dump
from dalil.ledger.layout import canonical_json
from dalil.ledger.runs import merge_runs, trim_run
from dalil.ledger.store import housekeeping, merging
from dalil.ledger.store.commit import Commit, has_ledger
from dalil.ledger.verifying import verify_ledger
from dalil.sources.blockfolder import open_blocks
from tests.ledger.core_files import framed
from tests.ledger.naive_ledger import Block, grow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CALLS = ("pwrite", "fsync", "replace", "unlink", "open", "mkdir", "truncate")
STAGES = ("building", "appending", "joining runs", "taking blocks back", "reorganising")
_MEMORY = 900_000_000


@contextmanager
def small_pieces(blocks: int = 3, fan: int = 3, settled: int = 6) -> Iterator[None]:
    """Make segments of so many blocks, and runs that are joined by threes.

    What a chain of a terabyte goes through then happens to one of some blocks.
    """

    def has_room(self: taking.OpenSegment, batch: object, *, told: bool) -> bool:
        del batch, told
        return self.n_blocks < blocks

    def one_each(records: Any, size: int = 1) -> Iterator[slice]:
        yield from batches(records, size)

    with (
        patch.object(taking.OpenSegment, "has_room", has_room),
        patch.object(ahead, "batches", one_each),
        patch.object(housekeeping, "_FAN", fan),
        patch.object(housekeeping, "_LEAST_ROWS", 16),
        patch.object(housekeeping, "SETTLED_BLOCKS", settled),
    ):
        yield


def add(ledger: Path, blocks: Path) -> None:
    """Bring a ledger up to the blocks of a file."""
    build_from_blocks(ledger, open_blocks(blocks), memory=_MEMORY)


def written(ledger: Path) -> tuple[bytes, str]:
    """The canonical dump, and the manifest's hash: a ledger's whole content."""
    opened = Ledger.open(ledger)
    return b"\n".join(map(canonical_json, dump(opened))), opened.manifest_sha256


@dataclass(frozen=True)
class Scene:
    """A ledger that is there, blocks to add, and what must come of it."""

    name: str
    before: Path | None
    blocks: Path
    after: tuple[bytes, str]
    tips: frozenset[str]
    """The last block of every state that may be met on the way."""


def scenes(folder: Path, seed: int = 1) -> list[Scene]:
    """Building, appending, and leaving a branch for a longer one."""
    rng = random.Random(seed)
    trunk = [grow(None, rng)]
    while len(trunk) < 30:
        trunk.append(grow(trunk[-1], rng))
    branch = trunk[:14]
    while len(branch) < 36:
        branch.append(grow(branch[-1], rng))
    files = {}
    for name, chain in (("half", trunk[:16]), ("trunk", trunk), ("branch", branch)):
        files[name] = folder / f"{name}.dat"
        files[name].write_bytes(framed(block.raw for block in chain))
        add(folder / name, files[name])
    ends = {name: written(folder / name) for name in ("trunk", "branch")}
    return [
        Scene("building", None, files["trunk"], ends["trunk"], _tips(trunk)),
        Scene(
            "appending", folder / "half", files["trunk"], ends["trunk"], _tips(trunk)
        ),
        Scene(
            "reorganising",
            folder / "trunk",
            files["branch"],
            ends["branch"],
            _tips(branch[len(trunk) :]) | _tips(trunk[-1:]),
        ),
    ]


def _tips(chain: list[Block]) -> frozenset[str]:
    return frozenset(block.hash[::-1].hex() for block in chain)


class Moments:
    """Counts what changes the disk, in a process and the children it forks."""

    def __init__(self, stage: str) -> None:
        self._shared = mmap.mmap(-1, 16)
        self._stage = stage
        self._lock = threading.Lock()
        self.say(stage)

    @property
    def n(self) -> int:
        """Calls so far."""
        return int.from_bytes(self._shared[:8], "little")

    @property
    def stage(self) -> str:
        """What was being done when the last call was made."""
        return STAGES[self._shared[8]]

    def say(self, stage: str) -> None:
        self._shared[8] = STAGES.index(stage)

    def next(self) -> int:
        with self._lock:
            n = self.n + 1
            self._shared[:8] = n.to_bytes(8, "little")
        return n

    @contextmanager
    def counted(
        self, at: Callable[[str, int, tuple[Any, ...]], None]
    ) -> Iterator[None]:
        """Call `at` with each call's name, number and arguments before it is made."""

        def wrap(name: str, real: Any) -> Any:
            def call(*args: Any, **more: Any) -> Any:
                if name != "open" or args[1] & os.O_CREAT:
                    at(name, self.next(), args)
                return real(*args, **more)

            return call

        def during(stage: str, real: Any) -> Any:
            def call(*args: Any, **more: Any) -> Any:
                self.say(stage)
                result = real(*args, **more)
                self.say(self._stage)
                return result

            return call

        patches = [
            patch.object(os, name, wrap(name, getattr(os, name))) for name in CALLS
        ]
        joining = during("joining runs", merge_runs)
        cutting = during("taking blocks back", trim_run)
        patches.append(patch.object(merging, "merge_runs", joining))
        patches.append(patch.object(merging, "trim_run", cutting))
        for each in patches:
            each.start()
        try:
            yield
        finally:
            for each in patches:
                each.stop()


def stages_of(scene: Scene, ledger: Path) -> list[str]:
    """What is being done at each call of a scene that nobody breaks."""
    moments, stages = Moments(scene.name), []
    with moments.counted(lambda *_: stages.append(moments.stage)):
        add(ledger, scene.blocks)
    return stages


def start(scene: Scene, folder: Path) -> Path:
    """Lay out what is there before a scene begins; the ledger's place."""
    ledger = folder / "ledger"
    shutil.rmtree(ledger, ignore_errors=True)
    if scene.before:
        shutil.copytree(scene.before, ledger)
    return ledger


def moments_in(
    all_scenes: list[Scene], folder: Path, n: int, rng: random.Random
) -> list[tuple[Scene, int]]:
    """Choose `n` moments, as many in each scene, and in each of its stages."""
    chosen: list[tuple[Scene, int]] = []
    for scene in all_scenes:
        stages = stages_of(scene, start(scene, folder))
        by_stage = [
            [k for k, one in enumerate(stages, 1) if one == stage]
            for stage in sorted(set(stages))
        ]
        share = n / len(all_scenes) / len(by_stage)
        for calls in by_stage:
            chosen += [(scene, rng.choice(calls)) for _ in range(math.ceil(share))]
    return rng.sample(chosen, n)


def check_what_is_left(scene: Scene, ledger: Path) -> None:
    """What a break leaves is a state that was committed, whole and readable."""
    if has_ledger(ledger):
        opened = Ledger.open(ledger)
        assert opened.block_hash[-1].tobytes()[::-1].hex() in scene.tips
        assert len(list(dump(opened))) == opened.n_tx
        done = verify_ledger(ledger, n_blocks=2)
        assert done.ok, done.checks
    else:
        assert scene.before is None


def check_it_goes_on(scene: Scene, ledger: Path) -> None:
    """Once more the same, unbroken, gives what one go gives, and leaves no rubbish."""
    add(ledger, scene.blocks)
    assert written(ledger) == scene.after
    commit = Commit.load(ledger)
    named = {ledger / "runs" / run.name for run in commit.runs}
    for name in commit.editions:
        named.update(commit.files(ledger, name))
    here = {
        file for where in ("runs", "columns") for file in (ledger / where).rglob("*.*")
    }
    assert {file for file in here if file.is_file()} == named


def killed_at(scene: Scene, ledger: Path, n: int) -> str:
    """Play a scene in a child that is killed within its n-th call; its stage."""
    moments = Moments(scene.name)

    def at(name: str, k: int, args: tuple[Any, ...]) -> None:
        if k != n:
            if k > n:
                time.sleep(60)  # the other thread is being killed
            return
        if name == "pwrite":
            file, view, offset = args
            os.lseek(file, offset, os.SEEK_SET)
            os.write(file, view[: len(view) // 2])
        os.kill(os.getpid(), signal.SIGKILL)

    def play() -> None:
        with moments.counted(at):
            add(ledger, scene.blocks)

    assert in_child(play) in {0, -signal.SIGKILL}
    return moments.stage


def killed_after(scene: Scene, ledger: Path, seconds: float) -> str:
    """Play a scene in a child that is killed after a while; its stage then."""
    moments = Moments(scene.name)

    def play() -> None:
        with moments.counted(lambda *_: None):
            add(ledger, scene.blocks)

    assert in_child(play, seconds) in {0, -signal.SIGKILL}
    return moments.stage


def in_child(play: Callable[[], None], seconds: float | None = None) -> int:
    """Fork, do it, and give the exit code, or minus the signal that ended it.

    A fork costs milliseconds where a new process would load and compile for
    seconds; the child ends without going back into the test.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of libraries
        child = os.fork()
    if not child:
        code = 70
        try:
            play()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)
