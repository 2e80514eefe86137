"""The look-up tables as files: made, grown, mapped."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Literal

import numpy as np

from dalil.ledger.table import Slots, rehash

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["grow_slots", "open_slots"]

_LEAST = 1 << 12


def _file(folder: Path, name: str, size: int, seed: int) -> Path:
    return folder / f"{name}.{size}.{seed:016x}.slots"


def _map(folder: Path, name: str, size: int, seed: int, *, write: bool) -> Slots:
    file = _file(folder, name, size, seed)
    if write and not file.exists():
        with file.open("wb") as out:
            out.truncate(size * 16)
    mode: Literal["r", "r+"] = "r+" if write else "r"
    return Slots(np.memmap(file, np.uint64, mode, shape=(size, 2)), np.uint64(seed))


def _newest(folder: Path, name: str) -> tuple[int, int] | None:
    found = [
        (int(size), int(seed, 16))
        for size, seed in (
            file.name.split(".")[1:3] for file in folder.glob(f"{name}.*.slots")
        )
    ]
    return max(found) if found else None


def open_slots(folder: Path, name: str) -> Slots | None:
    """Map a table, or None where there is none."""
    newest = _newest(folder, name)
    if newest is None:
        return None
    return _map(folder, name, *newest, write=False)


def grow_slots(folder: Path, name: str, n_known: int, n_more: int) -> Slots:
    """Map a table for writing, with room for `n_more` rows after `n_known`.

    A table that is too small is copied into a larger one; the old files go with
    their last reader.
    """
    size = _LEAST
    while size * 3 < (n_known + n_more) * 5:
        size *= 2
    newest = _newest(folder, name)
    if newest and newest[0] >= size:
        return _map(folder, name, *newest, write=True)
    seed = newest[1] if newest else secrets.randbits(64)
    grown = _map(folder, name, size, seed, write=True)
    if newest:
        rehash(grown, _map(folder, name, *newest, write=False), n_known)
        _file(folder, name, *newest).unlink()
    return grown
