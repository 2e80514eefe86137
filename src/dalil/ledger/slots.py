"""The look-up tables as files: made, grown, mapped."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import numpy as np

from dalil.ledger.table import Slots, rehash

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["grow_slots", "open_slots"]

_LEAST = 1 << 12


def _map(folder: Path, name: str, size: int, seed: int, mode: str) -> Slots:
    stem = f"{name}.{size}.{seed:016x}"
    marks, rows = folder / f"{stem}.marks", folder / f"{stem}.rows"
    if mode == "w+":
        for file, width in ((marks, 8), (rows, 4)):
            with file.open("wb") as out:
                out.truncate(size * width)
        mode = "r+"
    return Slots(
        np.memmap(marks, np.uint64, mode, shape=(size,)),  # type: ignore[call-overload]
        np.memmap(rows, np.uint32, mode, shape=(size,)),  # type: ignore[call-overload]
        np.uint64(seed),
    )


def _newest(folder: Path, name: str) -> tuple[int, int] | None:
    found = [
        (int(size), int(seed, 16))
        for size, seed in (
            file.name.removesuffix(".rows").split(".")[1:]
            for file in folder.glob(f"{name}.*.rows")
        )
    ]
    return max(found) if found else None


def open_slots(folder: Path, name: str, *, write: bool = False) -> Slots | None:
    """Map a table, or None where there is none."""
    newest = _newest(folder, name)
    if newest is None:
        return None
    return _map(folder, name, *newest, "r+" if write else "r")


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
        return _map(folder, name, *newest, "r+")
    seed = newest[1] if newest else secrets.randbits(64)
    grown = _map(folder, name, size, seed, "w+")
    if newest:
        rehash(grown, _map(folder, name, *newest, "r"), n_known)
        for part in ("marks", "rows"):
            (folder / f"{name}.{newest[0]}.{newest[1]:016x}.{part}").unlink()
    return grown
