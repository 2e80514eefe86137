"""Opening a ledger to write to it: one writer, one base, one place to write."""

from __future__ import annotations

import fcntl
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.header import work_of
from dalil.errors import InputError, StoreError
from dalil.ledger.generation import Generation, current_generation
from dalil.ledger.rebuild import rebuild_derived
from dalil.ledger.rollback import copy_up_to

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dalil.sources.blockfolder import BlockFolder
    from dalil.sources.chainchoice import Chosen

__all__ = ["generation_for", "open_base", "total_work", "work_behind", "writing"]


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
            if fresh and not (ledger / "current").exists():
                shutil.rmtree(ledger, ignore_errors=True)


def open_base(ledger: Path, folder: BlockFolder) -> Generation | None:
    """Open what is there, undoing an unfinished write first."""
    if not (ledger / "current").exists():
        for leftover in ledger.glob("g[0-9]*"):
            shutil.rmtree(leftover)
        return None
    base = Generation(current_generation(ledger))
    for leftover in ledger.glob("g[0-9]*"):
        if leftover != base.path:
            shutil.rmtree(leftover)
    if base.manifest.get("source") != "blocks":
        raise InputError("this ledger was not built from blocks; build another", ledger)
    if base.manifest.get("chain") != folder.network.caip2:
        raise InputError(
            f"these blocks are {folder.network.name}'s, the ledger's chain is",
            base.manifest.get("chain"),
        )
    if (base.path / "writing").exists():
        base.truncate()
        rebuild_derived(base)
        (base.path / "writing").unlink()
    return base


def work_behind(base: Generation) -> dict[bytes, int]:
    """Cumulative work of each block of a ledger, by hash, in chain order."""
    total, work = 0, {}
    hashes, headers = base.read("block.hash"), base.read("block.header")
    for block, header in zip(hashes, headers, strict=True):
        total += work_of(int.from_bytes(header[72:76].tobytes(), "little"))
        work[block.tobytes()] = total
    return work


def total_work(chosen: Chosen, work: dict[bytes, int]) -> int:
    """Sum the work behind a branch that starts on a known block."""
    behind = work[chosen.records[0].header.previous]
    return behind + sum(record.header.work for record in chosen.records)


def generation_for(
    ledger: Path, base: Generation | None, chosen: Chosen, work: dict[bytes, int]
) -> tuple[Generation, int]:
    """Where to write: a first generation, the one in force, or a cut copy."""
    if base is None:
        generation = Generation(ledger / "g1")
        generation.start()
        return generation, 0
    keep = list(work).index(chosen.records[0].header.previous) + 1
    if keep == len(work):
        return base, keep
    return copy_up_to(base, keep, ledger), keep
