"""The commit: one small file that says what counts, replaced atomically.

``commit.json`` holds the manifest (rows, tip and a hash of each chunk: the
ledger's identity) and, apart from it, which files they are in: the edition of
each chunk, the runs, where block files lie. What no commit names does not
count, and the next writer removes it.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dalil.errors import StoreError
from dalil.ledger.chunks import chunk_name, map_chunks, sync_folder
from dalil.ledger.layout import (
    CHUNK_BYTES,
    COLUMNS,
    FORMAT,
    SIDE_COLUMNS,
    canonical_json,
)
from dalil.ledger.runs import Rows

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.ledger.layout import Column

__all__ = ["COMMIT_FILE", "Commit", "RunRows", "atomic_write", "has_ledger"]

COMMIT_FILE = "commit.json"
_LIMIT = 1 << 28


@dataclass(frozen=True, slots=True)
class RunRows:
    """A run's file in `runs`, and the rows that it covers."""

    name: str
    rows: Rows


@dataclass(slots=True)
class Commit:
    """What `commit.json` says. A fresh one is of a ledger without any rows."""

    manifest: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    editions: dict[str, list[int]] = field(default_factory=dict)
    runs: list[RunRows] = field(default_factory=list)
    block_files: list[str] = field(default_factory=list)
    seed: int = 0
    number: int = 0

    @classmethod
    def load(cls, ledger: Path) -> Commit:
        """Read a ledger's commit, and check that its files hold what it says.

        Raises
        ------
        StoreError
            If there is no ledger, its commit is damaged or of another format,
            or a file is missing or too short.
        """
        file = ledger / COMMIT_FILE
        if not file.is_file():
            raise StoreError(_why_no_ledger(ledger), ledger)
        if file.stat().st_size > _LIMIT:
            raise StoreError("the ledger's commit is too large", file)
        try:
            commit = _read(json.loads(file.read_bytes()))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise StoreError("the ledger's commit is damaged", file) from None
        for name, column in (COLUMNS | SIDE_COLUMNS).items():
            commit.check(ledger, column, commit.n_rows(name))
        return commit

    def save(self, ledger: Path) -> None:
        """Make it count, from now on and after a power cut."""
        content = {
            "format": FORMAT,
            "manifest": self.manifest,
            "files": {
                "rows": self.rows,
                "editions": self.editions,
                "runs": [[run.name, run.rows._asdict()] for run in self.runs],
                "block_files": self.block_files,
                "seed": f"{self.seed:016x}",
                "number": self.number,
            },
        }
        atomic_write(ledger / COMMIT_FILE, canonical_json(content))

    def n_rows(self, name: str) -> int:
        """Count the committed rows of a column."""
        column = self.manifest.get("columns", {}).get(name)
        if column:
            return int(column["rows"])
        leading = name in COLUMNS and COLUMNS[name].leading_zero
        return self.rows.get(name, int(leading))

    def files(self, ledger: Path, name: str) -> list[Path]:
        """List the chunks' files of a column, first to last."""
        folder = ledger / "columns" / name
        editions = self.editions.get(name, [])
        return [folder / chunk_name(i, edition) for i, edition in enumerate(editions)]

    def check(self, ledger: Path, column: Column, rows: int) -> None:
        """Refuse a column whose files are not as long as its rows."""
        size = rows * column.row_bytes
        files = self.files(ledger, column.name)
        if len(files) != -(-size // CHUNK_BYTES):
            raise StoreError(f"column {column.name} has other chunks", len(files))
        for i, file in enumerate(files):
            least = min(CHUNK_BYTES, size - i * CHUNK_BYTES)
            try:
                have = file.stat().st_size
            except OSError:
                raise StoreError(f"column {column.name} lacks a file", file) from None
            if have < least:
                what = f"column {column.name} is shorter than the manifest says"
                raise StoreError(what, file)

    def read(self, ledger: Path, name: str) -> NDArray[Any]:
        """Map a column's committed rows, read-only, as one array."""
        column = COLUMNS.get(name) or SIDE_COLUMNS[name]
        rows = self.n_rows(name)
        raw = map_chunks(self.files(ledger, name), rows * column.row_bytes)
        return raw.view(column.dtype).reshape(column.shape(rows))


def has_ledger(ledger: Path) -> bool:
    """Tell whether a folder holds a committed ledger."""
    return (ledger / COMMIT_FILE).is_file()


def atomic_write(path: Path, content: bytes) -> None:
    """Replace a file so that a reader sees the old bytes or the new, never a mix."""
    temporary = path.with_name(path.name + ".new")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def _why_no_ledger(ledger: Path) -> str:
    if (ledger / "current").is_file():
        return "this ledger has an older format; build it anew from its blocks"
    return "no ledger here; make one with `dalil ledger build`"


def _read(content: Any) -> Commit:  # noqa: ANN401 - any JSON value
    form = content.get("format") if isinstance(content, dict) else None
    if form != FORMAT:
        raise StoreError(f"this Dalil reads {FORMAT}, the ledger is", form)
    manifest, files = content["manifest"], content["files"]
    for name, told in manifest["columns"].items():
        column = COLUMNS[name]
        if (told["dtype"], told["width"]) != (column.dtype, column.width):
            raise StoreError("the ledger's manifest has a foreign column", name)
    if set(manifest["columns"]) != set(COLUMNS):
        raise StoreError("the ledger's manifest lacks a column", len(COLUMNS))
    commit = Commit(
        manifest,
        {name: _count(n) for name, n in files["rows"].items()},
        {name: [_count(e) for e in row] for name, row in files["editions"].items()},
        [_run(*run) for run in files["runs"]],
        [str(path) for path in files["block_files"]],
        int(files["seed"], 16),
        _count(files["number"]),
    )
    for name in COLUMNS:
        _count(commit.n_rows(name))
    return commit


def _count(value: Any) -> int:  # noqa: ANN401 - any JSON value
    if type(value) is not int or not 0 <= value < 1 << 62:
        raise ValueError(value)
    return value


def _run(name: str, rows: dict[str, list[int]]) -> RunRows:
    if not (name.removesuffix(".run").isdigit() and name.endswith(".run")):
        raise ValueError(name)
    spans = (tuple(_count(n) for n in rows[table]) for table in Rows._fields)
    return RunRows(name, Rows(*((start, stop) for start, stop in spans)))
