"""Killed, or out of disk, at any call: what was committed stays, and it goes on."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import dalil.ledger.store.chunks as chunks_module
import dalil.ledger.store.commit as commit_module
from dalil.errors import StoreError
from dalil.ledger.accounts import AccountLedger, build_accounts, verify_accounts
from dalil.progress import silent
from tests.ledger.accounts.chains import Block, Made, Naive, batch_of, grow
from tests.ledger.accounts.checks import check_columns

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KILLS = int(os.environ.get("DALIL_KILLS", "30"))
_CALLS = ("pwrite", "fsync", "truncate", "open", "close")


class Scene(NamedTuple):
    """A ledger as it was, what is added to it, and what that comes to."""

    before: Path
    old: list[Block]
    added: list[Block]
    new: list[Block]
    manifest: str


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> list[Scene]:
    """Scenes: a first build, an append, a reorg."""
    room, rng = tmp_path_factory.mktemp("scenes"), random.Random(7)
    old = grow(rng, [], 12, "old")
    longer = grow(rng, old, 5, "more")
    other = grow(rng, old[:6], 9, "other")
    made = []
    for name, held, new in (
        ("first", [], old),
        ("append", old, longer),
        ("reorg", old, other),
    ):
        before, after = room / name, room / f"{name} done"
        if held:
            build_accounts(before, Made(batch_of(held)), silent)
            shutil.copytree(before, after)
        kept = 6 if name == "reorg" else len(held)
        build_accounts(after, _halves(new[kept:]), silent)
        manifest = AccountLedger.open(after).manifest_sha256
        made.append(Scene(before, held, new[kept:], new, manifest))
    return made


def _halves(blocks: list[Block]) -> Made:
    middle = len(blocks) // 2
    return Made(batch_of(blocks[:middle]), batch_of(blocks[middle:]))


def _start(scene: Scene, ledger: Path) -> None:
    if scene.old:
        shutil.copytree(scene.before, ledger)


def _counting(act: Callable[[], None], n: int) -> Callable[[str], Any]:
    """Wrap calls of `os` so that the n-th of them all acts first."""
    left = [n]

    def wrapped(name: str) -> Any:
        real = getattr(os, name)

        def call(*arguments: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                act()
            return real(*arguments, **named)

        return call

    return wrapped


class _Os:
    """`os`, with some calls wrapped."""

    def __init__(self, wrap: Callable[[str], Any], names: tuple[str, ...]) -> None:
        for name in names:
            setattr(self, name, wrap(name))

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


def _killed_at(scene: Scene, ledger: Path, n: int) -> bool:
    """Build in a process that dies within its n-th call; tells whether it did."""
    child = os.fork()
    if child == 0:
        wrap = _counting(lambda: os.kill(os.getpid(), signal.SIGKILL), n)
        replaced: Any = _Os(wrap, _CALLS)
        for module in (chunks_module, commit_module):
            module.__dict__["os"] = replaced
        build_accounts(ledger, _halves(scene.added), silent)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _check_it_goes_on(scene: Scene, ledger: Path) -> None:
    """What counts is the old chain or the new; building again ends as ever."""
    if (ledger / "commit.json").exists():
        held = AccountLedger.open(ledger)
        chains = scene.old, scene.new
        assert held.n_blocks in {len(chain) for chain in chains}
        check_columns(held, Naive(chains[held.n_blocks == len(scene.new)]))
    else:
        assert not scene.old
    build_accounts(ledger, _halves(scene.added), silent)
    done = AccountLedger.open(ledger)
    assert done.manifest_sha256 == scene.manifest
    assert verify_accounts(done).ok


def test_a_kill_within_any_call_loses_no_commit_and_the_end_is_the_same(
    played: list[Scene], tmp_path: Path
) -> None:
    rng, died = random.Random(1), 0
    for i in range(KILLS):
        scene, ledger = played[i % len(played)], tmp_path / str(i)
        _start(scene, ledger)
        died += _killed_at(scene, ledger, rng.randint(1, 360))
        _check_it_goes_on(scene, ledger)
        shutil.rmtree(ledger)
    assert died > KILLS // 2


def test_a_full_disk_is_told_and_loses_no_commit(
    played: list[Scene], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    rng, told = random.Random(3), 0
    for i in range(KILLS):
        scene, ledger = played[i % len(played)], tmp_path / str(i)
        _start(scene, ledger)
        wrap = _counting(refuse, rng.randint(1, 200))
        with monkeypatch.context() as patched:
            for module in (chunks_module, commit_module):
                patched.setattr(module, "os", _Os(wrap, ("pwrite", "fsync")))
            try:
                build_accounts(ledger, _halves(scene.added), silent)
            except StoreError as error:
                told += "disk is full" in str(error)
        _check_it_goes_on(scene, ledger)
        shutil.rmtree(ledger)
    assert told > KILLS // 2
