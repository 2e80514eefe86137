"""The commit: one small file that says what counts, replaced atomically.

``commit.json`` holds the manifest (rows, tip and a hash of each chunk: the
ledger's identity) and, apart from it, which files they are in: the edition of
each chunk, the runs, where block files lie. What no commit names does not
count, and the next writer removes it.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dalil.errors import StoreError
from dalil.ledger.layout import (
    CHUNK_BYTES,
    COLUMNS,
    FORMAT,
    SIDE_COLUMNS,
    canonical_json,
)
from dalil.ledger.store.chunks import chunk_name, sync_folder
from dalil.ledger.store.commitcheck import (
    check_files,
    check_manifest,
    check_runs,
    count,
)
from dalil.ledger.store.failures import told_by_errno
from dalil.ledger.store.mapping import map_chunks

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.ledger.layout import Column
    from dalil.ledger.runs import Rows

__all__ = [
    "COMMIT_FILE",
    "Commit",
    "RunRows",
    "atomic_write",
    "has_ledger",
    "older_format",
]

COMMIT_FILE = "commit.json"
_LIMIT = 1 << 28
_SEED_DIGITS = 16
_ACCOUNTS = "dalil-accounts/"
"""What the formats of the ledgers of `accounts` begin with, whatever their number."""


@dataclass(frozen=True, slots=True)
class RunRows:
    """A run's file in `runs`, the rows that it covers, and its header's hash.

    The header holds the hash of each section, so this one tells a run from any
    other of the same rows, such as that of a ledger with another seed.
    """

    name: str
    rows: Rows
    sha256: str = ""


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
        commit = cls.read_file(ledger)
        commit.check_all(ledger)
        return commit

    @classmethod
    def read_file(cls, ledger: Path) -> Commit:
        """Read and check what the commit says, and look at no other file.

        Raises
        ------
        StoreError
            As `load` does.
        """
        file = ledger / COMMIT_FILE
        with told_by_errno(file):
            if not has_ledger(ledger):
                older_format(ledger)
                what = "no ledger here; make one with `dalil ledger build`"
                raise StoreError(what, ledger)
            if not file.is_file():
                raise StoreError("the ledger's commit is no plain file", file)
            if file.stat().st_size > _LIMIT:
                raise StoreError("the ledger's commit is too large", file)
            raw = file.read_bytes()
        try:
            return _read(json.loads(raw))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise StoreError("the ledger's commit is damaged", file) from None

    def save(self, ledger: Path) -> None:
        """Make it count, from now on and after a power cut."""
        content = {
            "format": FORMAT,
            "manifest": self.manifest,
            "files": {
                "rows": self.rows,
                "editions": self.editions,
                "runs": [[r.name, r.rows._asdict(), r.sha256] for r in self.runs],
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

    def check_all(self, ledger: Path) -> None:
        """Refuse columns whose files are missing, or not as long as their rows."""
        for name, column in (COLUMNS | SIDE_COLUMNS).items():
            self._check(ledger, column, self.n_rows(name))

    def _check(self, ledger: Path, column: Column, rows: int) -> None:
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
    """Tell whether a folder holds a committed ledger, readable or not."""
    return (ledger / COMMIT_FILE).exists()


def atomic_write(path: Path, content: bytes) -> None:
    """Replace a file so that a reader sees the old bytes or the new, never a mix."""
    temporary = path.with_name(path.name + ".new")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


def older_format(ledger: Path) -> None:
    """Refuse a folder whose ledger was made by a Dalil before this format.

    Raises
    ------
    StoreError
        If it is such a folder.
    """
    if (ledger / "current").is_file() and not has_ledger(ledger):
        what = "this ledger has an older format; build it anew from its blocks"
        raise StoreError(what, ledger)


def _read(content: Any) -> Commit:  # noqa: ANN401 - any JSON value
    form = content.get("format") if isinstance(content, dict) else None
    if str(form).startswith(_ACCOUNTS):
        what = "this is a ledger of accounts; this command reads ledgers of outputs"
        raise StoreError(what, form)
    if form != FORMAT:
        raise StoreError(f"this Dalil reads {FORMAT}, the ledger is", form)
    manifest, files = content["manifest"], content["files"]
    tables = check_manifest(manifest)
    check_files(files, tables)
    if len(files["seed"]) > _SEED_DIGITS:
        raise ValueError(files["seed"])
    return Commit(
        manifest,
        files["rows"],
        {name: [count(e) for e in row] for name, row in files["editions"].items()},
        [RunRows(*run) for run in check_runs(files["runs"], tables)],
        files["block_files"],
        count(int(files["seed"], 16)),
        count(files["number"]),
    )
