"""All columns of a ledger while it is written: room, rows, hashes, syncing."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.ledger.layout import CHUNK_BYTES, COLUMNS, FORMAT, SIDE_COLUMNS
from dalil.ledger.store.chunks import ColumnWriter, sync_folder
from dalil.ledger.store.mapping import map_chunks

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.ledger.store.commit import Commit

__all__ = ["Tables", "tables_at"]

_READ_BYTES = 1 << 20
_CACHED = 64 << 20
"""A column that has grown beyond this is not kept in the page cache behind its
writer: what is read again, block files and indexes, would be pushed out."""
_READ_AGAIN = {"tx.first_output"}
_COUNTED_BY = {
    "block": "block.height",
    "tx": "tx.txid",
    "input": "input.sequence",
    "output": "output.value",
    "address": "address.type",
    "outside": "outside.input",
    "script": "script.address",
}


class Tables:
    """The columns behind a commit, to be added to.

    Parameters
    ----------
    ledger : Path
        The ledger's folder.
    commit : Commit
        What counts.
    keep : dict, optional
        Rows of each table that stay (see `tables_at`); by default all.
    """

    def __init__(
        self, ledger: Path, commit: Commit, keep: dict[str, int] | None = None
    ) -> None:
        rows = _rows_of_columns(keep) if keep else None
        self.columns: dict[str, ColumnWriter] = {}
        old = commit.manifest.get("columns", {})
        self._open_hash: dict[str, tuple[int, Any, int]] = {}
        self._chunks = {name: list(told["chunks"]) for name, told in old.items()}
        for name, column in (COLUMNS | SIDE_COLUMNS).items():
            n = (rows or {}).get(name, commit.n_rows(name) if commit.number else 0)
            folder = ledger / "columns" / name
            editions = commit.editions.get(name, [])
            writer = ColumnWriter(folder, column, n, editions, commit.number + 1)
            self.columns[name] = writer
            if name in self._chunks:
                del self._chunks[name][len(writer.editions) :]
            if rows is not None:
                writer.start_new_edition()
            if column.leading_zero and not n:
                writer.append(np.zeros(1, column.dtype))
        sync_folder(ledger / "columns")

    def rows(self, table: str) -> int:
        """Rows of a table so far, committed or not."""
        return self.columns[_COUNTED_BY[table]].rows

    def append(self, name: str, values: NDArray[Any]) -> None:
        """Write rows at a column's end."""
        self.columns[name].append(values)

    def write(self, name: str, row: int, values: NDArray[Any]) -> None:
        """Write reserved rows; several threads may, each its own."""
        self.columns[name].write(row, values)

    def look(self, name: str) -> NDArray[Any]:
        """Map a column's rows, committed or not."""
        writer = self.columns[name]
        raw = map_chunks(writer.files, writer.rows * writer.column.row_bytes)
        return raw.view(writer.column.dtype).reshape(writer.column.shape(writer.rows))

    def begin_sync(self) -> None:
        """Let the disk begin with what `settle` will wait for."""
        for column in self.columns.values():
            column.begin_sync()

    def settle(self, threads: ThreadPoolExecutor) -> list[Future[None]]:
        """Begin to sync every column, and to hash what was added to it."""
        return [
            threads.submit(self._settle, name, column)
            for name, column in self.columns.items()
        ]

    def manifest(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Describe all settled columns; `facts` is everything but the columns."""
        columns = {
            name: {
                "dtype": column.dtype,
                "width": column.width,
                "rows": self.columns[name].rows,
                "chunks": list(self._chunks.get(name, [])),
            }
            for name, column in COLUMNS.items()
        }
        return {
            "format": FORMAT,
            "chunk_bytes": CHUNK_BYTES,
            **facts,
            "columns": columns,
        }

    def _settle(self, name: str, column: ColumnWriter) -> None:
        """Sync a column and hash what was added; the last chunk's hash stays open."""
        touched = column.sync()
        if name not in COLUMNS or not touched:
            return
        chunks = self._chunks.setdefault(name, [])
        last, hasher, done = self._open_hash.get(name, (-1, hashlib.sha256(), 0))
        buffer = memoryview(bytearray(_READ_BYTES))
        for index in touched:
            if index != last:
                hasher, done = hashlib.sha256(), 0
            del chunks[index:]
            while size := column.read_chunk(index, done, buffer):
                hasher.update(buffer[:size])
                done += size
            chunks.append(hasher.copy().hexdigest())
            self._open_hash[name] = index, hasher, done
        if name not in _READ_AGAIN and column.bytes > _CACHED:
            column.uncache(touched[:-1])

    def side_rows(self) -> dict[str, int]:
        """Rows of the columns of this machine."""
        return {name: self.columns[name].rows for name in SIDE_COLUMNS}

    def editions(self) -> dict[str, list[int]]:
        """Each chunk's edition, by column."""
        return {name: list(column.editions) for name, column in self.columns.items()}

    def close(self) -> None:
        """Let go of all files."""
        for column in self.columns.values():
            column.close()


def tables_at(ledger: Path, commit: Commit, n_blocks: int) -> dict[str, int]:
    """Rows of every table after a commit's first `n_blocks` blocks."""

    def at(name: str, row: int) -> int:
        return int(commit.read(ledger, name)[row])

    tx = at("block.first_tx", n_blocks)
    return {
        "block": n_blocks,
        "tx": tx,
        "input": at("tx.first_input", tx),
        "output": at("tx.first_output", tx),
        "outside": at("block.first_outside", n_blocks),
        "address": at("block.first_address", n_blocks),
        "script": at("block.first_script", n_blocks),
    }


def _rows_of_columns(tables: dict[str, int]) -> dict[str, int]:
    rows = {
        name: tables[name.split(".")[0]] + int(column.leading_zero)
        for name, column in COLUMNS.items()
    }
    return rows | {"raw.place": tables["block"], "raw.tx_end": 0, "raw.tx": 0}
