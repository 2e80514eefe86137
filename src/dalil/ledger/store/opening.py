"""Opening a ledger to write to it: one writer, one base."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dalil.errors import InputError, StoreError
from dalil.ledger.store.chunks import sync_folder
from dalil.ledger.store.commit import Commit, has_ledger, older_format
from dalil.ledger.store.failures import told_by_errno
from dalil.ledger.store.merging import open_runs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dalil.sources.blockfolder import BlockFolder

__all__ = ["open_base", "writing"]


@contextmanager
def writing(ledger: Path) -> Iterator[None]:
    """Hold the ledger's one write lock.

    Raises
    ------
    StoreError
        If another process is writing to it, or the folder is something else or
        an older format's: nothing is touched then. Besides, for whatever the
        operating system refuses inside (see `told_by_errno`).
    """
    with told_by_errno(ledger):
        fresh = not ledger.exists()
        if fresh:
            ledger.mkdir(parents=True, exist_ok=True)
            sync_folder(ledger.parent)
        if not ledger.is_dir():
            raise StoreError("a ledger is a folder; this is a file", ledger)
        older_format(ledger)
        if any(ledger.iterdir()) and not (ledger / "lock").exists():
            raise StoreError("this folder is not empty and holds no ledger", ledger)
        with (ledger / "lock").open("a") as lock:
            _hold(lock.fileno(), ledger)
            try:
                yield
            finally:
                if fresh and not has_ledger(ledger):
                    shutil.rmtree(ledger, ignore_errors=True)


def _hold(lock: int, ledger: Path) -> None:
    busy = "another process is writing to this ledger"
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StoreError(busy, ledger) from error
    held, named = os.fstat(lock), ledger / "lock"
    if not named.exists() or not os.path.samestat(held, named.stat()):
        # A first build failed meanwhile and took its folder, lock and all, with it.
        raise StoreError(busy, ledger)


def open_base(ledger: Path, folder: BlockFolder) -> Commit:
    """Read what counts so far; nothing, where there is no ledger yet.

    Its runs are opened once, so that a damaged one is refused before anything
    is written behind the columns.

    Raises
    ------
    InputError
        If the ledger is of another chain, or was not built from blocks.
    StoreError
        If it is damaged.
    """
    if not has_ledger(ledger):
        return Commit()
    base = Commit.load(ledger)
    if base.manifest.get("source") != "blocks":
        raise InputError("this ledger was not built from blocks; build another", ledger)
    if base.manifest.get("chain") != folder.network.caip2:
        raise InputError(
            f"these blocks are {folder.network.name}'s, the ledger's chain is",
            base.manifest.get("chain"),
        )
    open_runs(ledger, base)
    return base
