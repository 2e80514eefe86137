"""Putting a newer ledger of single transactions in an older one's place."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from dalil.errors import InputError, StoreError
from dalil.ledger.build_saved import build_from_saved
from dalil.ledger.reader import Ledger
from dalil.ledger.store.opening import writing

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.ledger.build import BuildReport
    from dalil.sources.saved import SavedTxs

__all__ = ["check_replaceable", "replace_from_saved"]


def _beside(ledger: Path, what: str) -> Path:
    return ledger.with_name(f".{ledger.name}.{what}")


def check_replaceable(ledger: Path, chain: str | None = None) -> None:
    """Say before any work whether a ledger may be built, or replaced, here.

    Raises
    ------
    InputError
        If one is here that was built from blocks, or is of another chain.
    StoreError
        If something else is here.
    """
    ledger = ledger.resolve()
    old = _beside(ledger, "old")
    if old.is_dir() and not ledger.exists():  # killed between two renames
        old.rename(ledger)
    if not ledger.exists():
        return
    if not ledger.is_dir():
        raise StoreError("a ledger is a folder; this is a file", ledger)
    if not any(ledger.iterdir()):
        return
    here = Ledger.open(ledger)
    if here.source != "transactions":
        raise InputError("this ledger was built from blocks; name another", ledger)
    if chain not in (None, here.chain):
        raise InputError("this ledger is of another chain", here.chain)


def replace_from_saved(ledger: Path, saved: SavedTxs) -> BuildReport:
    """Build a partial ledger from transactions, in an older one's place if need be.

    The new one is whole before the old one goes; readers of the old one keep
    their files. A kill leaves the one or the other.

    Raises
    ------
    InputError
        See `check_replaceable`; or if the transactions contradict one another.
    """
    ledger = ledger.resolve()
    check_replaceable(ledger, saved.network.caip2)
    if not (ledger.exists() and any(ledger.iterdir())):
        return build_from_saved(ledger, saved)
    fresh, old = _beside(ledger, "new"), _beside(ledger, "old")
    with writing(ledger):
        for leftover in (fresh, old):
            shutil.rmtree(leftover, ignore_errors=True)
        report = build_from_saved(fresh, saved)
        ledger.rename(old)
        fresh.rename(ledger)
        if (old / "cache").is_dir() and not (ledger / "cache").exists():
            (old / "cache").rename(ledger / "cache")  # keyed by manifest: holds
    shutil.rmtree(old, ignore_errors=True)
    return report
