"""All columns of a ledger of accounts while it is written."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.ledger.accounts.layout import CHUNK_BYTES, COLUMNS, COUNTED_BY, FORMAT
from dalil.ledger.store.chunks import ColumnWriter, sync_folder
from dalil.ledger.store.mapping import map_chunks

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.ledger.accounts.commit import Commit

__all__ = ["Tables", "rows_after"]

_READ_BYTES = 1 << 20


class Tables:
    """The columns behind a commit, to be added to.

    Parameters
    ----------
    ledger : Path
    commit : Commit
        What counts.
    keep : dict, optional
        Rows of each table that stay (see `rows_after`); by default all.
    """

    def __init__(
        self, ledger: Path, commit: Commit, keep: dict[str, int] | None = None
    ) -> None:
        self._writers: dict[str, ColumnWriter] = {}
        self._open: dict[str, tuple[int, Any, int]] = {}
        old = commit.manifest.get("columns", {})
        self._chunks = {name: list(told["chunks"]) for name, told in old.items()}
        for name, column in COLUMNS.items():
            rows = commit.n_rows(name) if commit.number else 0
            if keep is not None and commit.number:
                rows = keep[name.split(".")[0]] + int(column.leading_zero)
            folder, editions = ledger / "columns" / name, commit.editions.get(name, [])
            writer = ColumnWriter(folder, column, rows, editions, commit.number + 1)
            self._writers[name] = writer
            del self._chunks.setdefault(name, [])[len(writer.editions) :]
            if keep is not None:
                writer.start_new_edition()
            if column.leading_zero and not rows:
                writer.append(np.zeros(1, column.dtype))
        sync_folder(ledger / "columns")

    def rows(self, table: str) -> int:
        """Rows of a table so far, committed or not."""
        return self._writers[COUNTED_BY[table]].rows

    def append(self, name: str, values: NDArray[Any]) -> None:
        """Write rows at a column's end."""
        self._writers[name].append(values)

    def look(self, name: str) -> NDArray[Any]:
        """Map a column's rows, committed or not."""
        writer = self._writers[name]
        raw = map_chunks(writer.files, writer.rows * writer.column.row_bytes)
        return raw.view(writer.column.dtype).reshape(writer.column.shape(writer.rows))

    def begin_sync(self) -> None:
        """Let the disk begin with what `settle` will wait for."""
        for writer in self._writers.values():
            writer.begin_sync()

    def settle(self, threads: Executor) -> None:
        """Sync every column, and hash what was added to it."""
        self.begin_sync()
        list(threads.map(self._settle, COLUMNS))

    def _settle(self, name: str) -> None:
        """Sync and hash one column; the last chunk's hash stays open."""
        writer, chunks = self._writers[name], self._chunks[name]
        last, hasher, done = self._open.get(name, (-1, sha256(), 0))
        buffer = memoryview(bytearray(_READ_BYTES))
        for index in writer.sync():
            if index != last:
                hasher, done = sha256(), 0
            del chunks[index:]
            while size := writer.read_chunk(index, done, buffer):
                hasher.update(buffer[:size])
                done += size
            chunks.append(hasher.copy().hexdigest())
            self._open[name] = index, hasher, done
            last = index

    def manifest(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Describe all settled columns; `facts` is everything but the columns."""
        columns = {
            name: {
                "dtype": column.dtype,
                "width": column.width,
                "rows": self._writers[name].rows,
                "chunks": list(self._chunks[name]),
            }
            for name, column in COLUMNS.items()
        }
        head = {"format": FORMAT, "chunk_bytes": CHUNK_BYTES}
        return {**head, **facts, "columns": columns}

    def editions(self) -> dict[str, list[int]]:
        """Each chunk's edition, by column."""
        return {name: list(writer.editions) for name, writer in self._writers.items()}

    def close(self) -> None:
        """Let go of all files."""
        for writer in self._writers.values():
            writer.close()


def rows_after(ledger: Path, commit: Commit, n_blocks: int) -> dict[str, int]:
    """Rows of every table after a commit's first `n_blocks` blocks.

    Anchors come before all blocks, and so do the addresses and tokens they name.
    """

    def at(name: str, row: int) -> int:
        return int(commit.read(ledger, name)[row])

    def anchored(name: str) -> int:
        return 1 + max(map(int, commit.read(ledger, name)), default=-1)

    tx = at("block.first_tx", n_blocks)
    return {
        "anchor": commit.n_rows("anchor.token"),
        "block": n_blocks,
        "tx": tx,
        "transfer": at("tx.first_transfer", tx),
        "wide": at("block.first_wide", n_blocks),
        "event": at("block.first_event", n_blocks),
        "address": max(at("block.first_address", n_blocks), anchored("anchor.address")),
        "token": max(at("block.first_token", n_blocks), anchored("anchor.token")),
    }
