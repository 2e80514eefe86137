"""Opening a ledger to write to it: one writer, one base."""

from __future__ import annotations

import fcntl
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dalil.errors import InputError, StoreError
from dalil.ledger.commit import Commit, has_ledger

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
        If another process is writing to it, or the folder is something else.
    """
    fresh = not ledger.exists()
    if ledger.is_dir() and any(ledger.iterdir()) and not (ledger / "lock").exists():
        raise StoreError("this folder is not empty and holds no ledger", ledger)
    if ledger.exists() and not ledger.is_dir():
        raise StoreError("a ledger is a folder; this is a file", ledger)
    try:
        ledger.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot make the ledger ({error.strerror})", ledger) from None
    with (ledger / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreError(
                "another process is writing to this ledger", ledger
            ) from error
        try:
            yield
        finally:
            if fresh and not has_ledger(ledger):
                shutil.rmtree(ledger, ignore_errors=True)


def open_base(ledger: Path, folder: BlockFolder) -> Commit:
    """Read what counts so far; nothing, where there is no ledger yet.

    Raises
    ------
    InputError
        If the ledger is of another chain, or was not built from blocks.
    StoreError
        If it is damaged.
    """
    if not has_ledger(ledger) and not (ledger / "current").exists():
        return Commit()
    base = Commit.load(ledger)
    if base.manifest.get("source") != "blocks":
        raise InputError("this ledger was not built from blocks; build another", ledger)
    if base.manifest.get("chain") != folder.network.caip2:
        raise InputError(
            f"these blocks are {folder.network.name}'s, the ledger's chain is",
            base.manifest.get("chain"),
        )
    return base
