"""One generation of a ledger's files: columns that only grow, and its manifest."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.errors import StoreError
from dalil.ledger.layout import (
    CHUNK_BYTES,
    COLUMNS,
    FORMAT,
    canonical_json,
)

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["Generation", "atomic_write", "current_generation"]

_MANIFEST_LIMIT = 1 << 28


def atomic_write(path: Path, content: bytes) -> None:
    """Replace a file so that a reader sees the old bytes or the new, never a mix."""
    temporary = path.with_name(path.name + ".new")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def current_generation(ledger: Path) -> Path:
    """Find the generation in force.

    Raises
    ------
    StoreError
        If the folder holds no ledger.
    """
    pointer = ledger / "current"
    if not pointer.is_file():
        raise StoreError("no ledger here; make one with `dalil ledger build`", ledger)
    name = pointer.read_text(encoding="ascii").strip()
    if not (name.startswith("g") and name[1:].isdigit()):
        raise StoreError("the ledger's `current` names no generation", name)
    return ledger / name


class Generation:
    """The files of one generation; rows beyond the manifest's do not count."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.manifest: dict[str, Any] = {}
        if (path / "manifest.json").is_file():
            self.manifest = self._load()

    def _load(self) -> dict[str, Any]:
        file = self.path / "manifest.json"
        if file.stat().st_size > _MANIFEST_LIMIT:
            raise StoreError("the ledger's manifest is too large", file)
        try:
            manifest = json.loads(file.read_bytes())
        except ValueError as error:
            raise StoreError("the ledger's manifest is damaged", file) from error
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            form = manifest.get("format") if isinstance(manifest, dict) else None
            raise StoreError(f"this Dalil reads {FORMAT}, the ledger is", form)
        return manifest

    def rows(self, name: str) -> int:
        """Count the committed rows of a column."""
        column = self.manifest.get("columns", {}).get(name)
        return int(column["rows"]) if column else int(COLUMNS[name].leading_zero)

    def column_file(self, name: str) -> Path:
        """Where a column's bytes are."""
        return self.path / "columns" / name

    def read(self, name: str, rows: int | None = None) -> NDArray[Any]:
        """Map a column's committed rows, read-only.

        Raises
        ------
        StoreError
            If the file holds fewer rows than the manifest says.
        """
        column, n = COLUMNS[name], self.rows(name) if rows is None else rows
        if n == 0:
            return np.zeros(column.shape(0), column.dtype)
        file = self.column_file(name)
        if not file.is_file() or file.stat().st_size < n * column.row_bytes:
            raise StoreError(f"column {name} is shorter than the manifest says", file)
        return np.memmap(file, column.dtype, "r", shape=column.shape(n))

    def start(self) -> None:
        """Create the folders and empty columns of a new generation."""
        for part in ("columns", "derived", "raw"):
            (self.path / part).mkdir(parents=True, exist_ok=True)
        for column in COLUMNS.values():
            empty = np.zeros(int(column.leading_zero), column.dtype).tobytes()
            self.column_file(column.name).write_bytes(empty)

    def truncate(self) -> None:
        """Cut every column back to its committed rows: undo an unfinished write."""
        for column in COLUMNS.values():
            size = self.rows(column.name) * column.row_bytes
            file = self.column_file(column.name)
            if not file.is_file() or file.stat().st_size < size:
                raise StoreError(f"column {column.name} is damaged", file)
            os.truncate(file, size)

    def commit(self, facts: dict[str, Any], rows: dict[str, int]) -> None:
        """Sync the columns, then replace the manifest: the moment they count.

        Parameters
        ----------
        facts : dict
            Everything of the manifest but the columns.
        rows : dict
            Rows of each column from now on.
        """
        columns = {}
        for column in COLUMNS.values():
            old = self.manifest.get("columns", {}).get(column.name)
            columns[column.name] = {
                "dtype": column.dtype,
                "width": column.width,
                "rows": rows[column.name],
                "chunks": self._chunks(column.name, rows[column.name], old),
            }
        manifest = {
            "format": FORMAT,
            "chunk_bytes": CHUNK_BYTES,
            **facts,
            "columns": columns,
        }
        atomic_write(self.path / "manifest.json", canonical_json(manifest))
        self.manifest = manifest

    def _chunks(self, name: str, rows: int, old: dict[str, Any] | None) -> list[str]:
        """Hash a column's chunks anew from the first that is not full and known."""
        size = rows * COLUMNS[name].row_bytes
        done = (
            old["rows"] * COLUMNS[name].row_bytes // CHUNK_BYTES
            if old and old["rows"] <= rows
            else 0
        )
        chunks = list(old["chunks"][:done]) if old else []
        with self.column_file(name).open("rb") as file:
            os.fsync(file.fileno())
            for at in range(done * CHUNK_BYTES, size, CHUNK_BYTES):
                file.seek(at)
                chunk = file.read(min(CHUNK_BYTES, size - at))
                chunks.append(hashlib.sha256(chunk).hexdigest())
        return chunks
