"""Taking blocks back: a reorg copies what stays, readers keep what they have."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from dalil.ledger.generation import Generation
from dalil.ledger.layout import COLUMNS
from dalil.ledger.rawfiles import cut_raw
from dalil.ledger.rebuild import rebuild_derived

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["copy_up_to"]

_COPY_STEP = 1 << 24


def copy_up_to(base: Generation, n_blocks: int, ledger: Path) -> Generation:
    """Copy the first `n_blocks` blocks of a generation into a new one.

    The old files are untouched, so readers of the old tip go on; they leave
    the disk with the last of them. Cost: the copied columns' bytes, twice.
    """
    number = int(base.path.name[1:]) + 1
    generation = Generation(ledger / f"g{number}")
    generation.start()
    rows = _rows_at(base, n_blocks)
    for name, column in COLUMNS.items():
        _copy(
            base.column_file(name),
            generation.column_file(name),
            rows[name] * column.row_bytes,
        )
    for name in ("files.json", "places"):
        if (base.path / "raw" / name).is_file():
            shutil.copyfile(base.path / "raw" / name, generation.path / "raw" / name)
    cut_raw(generation.path / "raw", n_blocks)
    facts = {
        key: value
        for key, value in base.manifest.items()
        if key not in ("columns", "format", "chunk_bytes")
    }
    generation.commit(facts, rows)
    rebuild_derived(generation)
    return generation


def _rows_at(base: Generation, n_blocks: int) -> dict[str, int]:
    """Rows of every column after the first `n_blocks` blocks."""
    tx = int(base.read("block.first_tx")[n_blocks])
    tables = {
        "block": n_blocks,
        "tx": tx,
        "input": int(base.read("tx.first_input")[tx]),
        "output": int(base.read("tx.first_output")[tx]),
        "outside": int(base.read("block.first_outside")[n_blocks]),
        "address": int(base.read("block.first_address")[n_blocks]),
        "script": int(base.read("block.first_script")[n_blocks]),
    }
    return {
        name: tables[name.split(".")[0]] + int(column.leading_zero)
        for name, column in COLUMNS.items()
    }


def _copy(source: Path, target: Path, size: int) -> None:
    with source.open("rb") as old, target.open("wb") as new:
        while size:
            piece = old.read(min(size, _COPY_STEP))
            new.write(piece)
            size -= len(piece)
