"""Readers beside a writer: each sees one committed state to the end, and opens at once."""

from __future__ import annotations

import gc
import json
import mmap
import os
import random
import tempfile
import traceback
import warnings
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dalil.ledger import Ledger
from dalil.ledger.describe import dump
from dalil.ledger.layout import canonical_json
from dalil.ledger.store.commit import Commit
from tests.ledger.breaking import add, small_pieces
from tests.ledger.core_files import framed
from tests.ledger.naive_ledger import Block, grow
from tests.ledger.test_reorgs import agree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ROUNDS = 14


@pytest.fixture
def room() -> Iterator[Path]:
    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(
        dir=shm if os.access(shm, os.W_OK) else None
    ) as name:
        yield Path(name)


def digest(ledger: Ledger) -> str:
    """All that a reader can be told of a snapshot, in one number."""
    hashed = sha256(ledger.output_spent_by.tobytes())
    for row in dump(ledger):
        hashed.update(canonical_json(row))
    for address in range(ledger.n_addresses):
        hashed.update(ledger.outputs_of_address(address).tobytes())
    return hashed.hexdigest()


class Story:
    """A tree of blocks told in files: each has more work than all before it."""

    def __init__(self, folder: Path) -> None:
        rng = random.Random(6)
        self.ends: dict[str, Block] = {}
        self.files: list[Path] = []
        tip = self._note(grow(None, rng))
        for step in range(_ROUNDS):
            fork, new = tip, []
            for _ in range(rng.choice([0, 0, 1, 6, 15])):
                fork = fork.parent or fork
            while fork.height <= tip.height + step % 4:
                fork = self._note(grow(fork, rng))
                new.append(fork.raw)
            tip = fork
            self.files.append(folder / f"{step}.dat")
            first = [] if step else [tip.chain[0].raw]
            self.files[-1].write_bytes(framed([*first, *new]))

    def _note(self, block: Block) -> Block:
        self.ends[block.hash[::-1].hex()] = block
        return block

    def tell(self, ledger: Path) -> None:
        """Write it all, in many commits."""
        for file in self.files:
            add(ledger, file)


@contextmanager
def beside(
    n: int, read: Callable[[Callable[[], bool]], object]
) -> Iterator[list[object]]:
    """Run `read` in `n` forked processes until the block ends; their answers."""
    over, pipes = mmap.mmap(-1, 1), []
    answers: list[object] = []
    for _ in range(n):
        out, back = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if not child:
            code = 70
            try:
                told = read(lambda: over[0] == 0)
                with os.fdopen(back, "w") as pipe:
                    pipe.write(json.dumps(told))
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        os.close(back)
        pipes.append((child, out))
    try:
        yield answers
    finally:
        over[0] = 1
        for child, out in pipes:
            with os.fdopen(out) as pipe:
                text = pipe.read()
            _, status = os.waitpid(child, 0)
            assert os.waitstatus_to_exitcode(status) == 0
            answers.append(json.loads(text))


def test_no_snapshot_ever_changes_while_others_append_join_and_take_back(
    room: Path,
) -> None:
    story = Story(room)
    target = room / "ledger"

    def read(going: Callable[[], bool]) -> dict[str, list[str]]:
        """Hold some snapshots, ask them again and again from two threads."""
        seen: dict[str, list[str]] = {}
        held: deque[tuple[Ledger, str]] = deque(maxlen=6)
        with ThreadPoolExecutor(2) as threads:
            while going():
                ledger = Ledger.open(target)
                tip = ledger.block_hash[-1].tobytes()[::-1].hex()
                first, again = threads.map(digest, [ledger, ledger])
                assert first == again
                held.append((ledger, first))
                seen.setdefault(tip, []).append(first)
                for (old, before), now in zip(
                    held, threads.map(digest, [old for old, _ in held]), strict=True
                ):
                    assert before == now
                    assert tip in story.ends
                    del old
        return seen

    with small_pieces(2):
        add(target, story.files[0])
        with beside(2, read) as answers:
            story.tell(target)
    agree(Ledger.open(target), max(story.ends.values(), key=lambda b: b.height).chain)
    by_tip: dict[str, set[str]] = {}
    for answer in answers:
        assert isinstance(answer, dict)
        for tip, digests in answer.items():
            by_tip.setdefault(tip, set()).update(digests)
    assert len(by_tip) > 2
    assert all(len(digests) == 1 for digests in by_tip.values())


def test_opening_in_the_very_moment_of_commits_never_fails(room: Path) -> None:
    story = Story(room)
    target = room / "ledger"

    def read(going: Callable[[], bool]) -> int:
        opened = 0
        while going():
            ledger = Ledger.open(target)
            assert ledger.block_hash[-1].tobytes()[::-1].hex() in story.ends
            last = ledger.n_tx - 1
            assert ledger.find_tx(ledger.txid(last)) == last
            assert int(ledger.output_address[-1]) >= 0
            opened += 1
        return opened

    with small_pieces(1, 2, 3):
        add(target, story.files[0])
        with beside(2, read) as answers:
            for file in story.files:
                add(target, file)
    commits = Commit.load(target).number
    assert commits > 50
    assert all(isinstance(n, int) and n > 10 for n in answers)


def test_a_snapshot_outlives_its_files_and_gives_them_back(room: Path) -> None:
    story = Story(room)
    target = room / "ledger"
    with small_pieces(2):
        for file in story.files[:6]:
            add(target, file)
        reader = Ledger.open(target)
        before, named = digest(reader), set(target.rglob("*.run"))
        for file in story.files[6:]:
            add(target, file)
    assert named - set(target.rglob("*.run"))
    assert digest(reader) == before

    def held() -> int:
        maps = Path("/proc/self/maps").read_text(encoding="utf-8")
        return maps.count("(deleted)")

    assert held() > 0
    del reader
    gc.collect()
    assert held() == 0


def test_a_reader_that_was_asked_goes_with_its_last_name(room: Path) -> None:
    """Else a service keeps the files of each ledger that it once had open."""
    add(room / "ledger", Story(room).files[0])
    before = len(list(Path("/proc/self/fd").iterdir()))
    gc.disable()
    try:
        for _ in range(3):
            ledger = Ledger.open(room / "ledger")
            assert ledger.find_address(ledger.address_text(0)) == 0
            del ledger
        assert len(list(Path("/proc/self/fd").iterdir())) == before
    finally:
        gc.enable()
