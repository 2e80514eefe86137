"""Columns on disk: chunk files, appended to, and mapped as one array.

A column is one flat run of little-endian rows, cut into files of
`CHUNK_BYTES` each that lie one behind another: ``columns/NAME/000003.1`` is
chunk 3 in its first edition. Rows are only ever added. When a reorg takes rows
back, the chunk that is cut gets a new edition, a copy, and whoever mapped the
old one keeps it. Readers map all chunks of a column into one stretch of
addresses, so that a column is one array however many files it has.

Writing is by `pwrite` into plain files, never through a mapping: a full disk
is then an error that can be told, not a signal.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.ledger.layout import CHUNK_BYTES
from dalil.ledger.store.writeback import begin_sync

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.ledger.layout import Column

__all__ = [
    "ColumnWriter",
    "chunk_name",
    "sync_folder",
]


def chunk_name(index: int, edition: int) -> str:
    """Name a chunk's file."""
    return f"{index:06d}.{edition}"


class ColumnWriter:
    """Adds rows to a column behind its committed ones.

    Parameters
    ----------
    folder : Path
        The column's folder; made if absent.
    column : Column
        Its layout.
    rows : int
        Rows that stay. What lies behind them in the files does not count.
    editions : sequence of int
        Each chunk's edition.
    edition : int
        The edition of chunks made or copied by this writer.
    """

    def __init__(
        self,
        folder: Path,
        column: Column,
        rows: int,
        editions: Sequence[int],
        edition: int,
    ) -> None:
        self.column, self.rows = column, rows
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        kept = -(-rows * column.row_bytes // CHUNK_BYTES)
        self.editions = list(editions[:kept])
        self._edition = edition
        self._files: dict[int, int] = {}
        self._touched: set[int] = set()
        self._grown = False

    def start_new_edition(self) -> None:
        """Copy the last chunk, so that readers of what followed keep theirs."""
        size = self.rows * self.column.row_bytes % CHUNK_BYTES
        if size:
            last = len(self.editions) - 1
            old = self._folder / chunk_name(last, self.editions[last])
            self.editions[last] = self._edition
            with old.open("rb") as source:
                _write_all(self._file(last), memoryview(source.read(size)), 0)

    def _file(self, index: int) -> int:
        if index not in self._files:
            while len(self.editions) <= index:
                self.editions.append(self._edition)
            path = self._folder / chunk_name(index, self.editions[index])
            self._grown = self._grown or not path.exists()
            self._files[index] = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        self._touched.add(index)
        return self._files[index]

    def write(self, row: int, values: NDArray[Any]) -> None:
        """Write rows from `row` on; several threads may, each its own rows.

        `reserve` must have covered them.
        """
        raw = np.ascontiguousarray(values, self.column.dtype)
        view = memoryview(raw.reshape(-1).view(np.uint8).data)
        at = row * self.column.row_bytes
        while view:
            index, inside = divmod(at, CHUNK_BYTES)
            piece = view[: CHUNK_BYTES - inside]
            _write_all(self._files[index], piece, inside)
            view, at = view[len(piece) :], at + len(piece)

    def reserve(self, n: int) -> int:
        """Make room for `n` more rows; returns the first of them."""
        first = self.rows
        self.rows += n
        if n:
            start = first * self.column.row_bytes // CHUNK_BYTES
            stop = (self.rows * self.column.row_bytes - 1) // CHUNK_BYTES
            for index in range(start, stop + 1):
                self._file(index)
        return first

    def append(self, values: NDArray[Any]) -> None:
        """Write rows at the end."""
        self.write(self.reserve(values.shape[0]), values)

    def read_chunk(self, index: int, at: int, into: memoryview) -> int:
        """Read a chunk's bytes back from an offset; returns how many count."""
        end = min(CHUNK_BYTES, self.rows * self.column.row_bytes - index * CHUNK_BYTES)
        wanted = into[: max(0, end - at)]
        if not wanted:
            return 0
        path = self._folder / chunk_name(index, self.editions[index])
        file = self._files.get(index)
        opened = os.open(path, os.O_RDONLY) if file is None else file
        try:
            return os.preadv(opened, [wanted], at)
        finally:
            if file is None:
                os.close(opened)

    @property
    def files(self) -> list[Path]:
        """The chunks' files, first to last."""
        names = (chunk_name(i, e) for i, e in enumerate(self.editions))
        return [self._folder / name for name in names]

    def sync(self) -> list[int]:
        """Cut the files to their rows, sync those written to; returns their indexes."""
        touched = sorted(i for i in self._touched if i < len(self.editions))
        end = self.rows * self.column.row_bytes
        for index in touched:
            if index in self._files:
                file = self._files[index]
                size = max(0, min(CHUNK_BYTES, end - index * CHUNK_BYTES))
                if os.fstat(file).st_size > size:
                    os.truncate(file, size)
                os.fsync(file)
        for index in [i for i in self._files if i + 1 < len(self.editions)]:
            os.close(self._files.pop(index))
        self._touched.clear()
        if self._grown:
            sync_folder(self._folder)
            self._grown = False
        return touched

    @property
    def bytes(self) -> int:
        """Bytes of all rows."""
        return self.rows * self.column.row_bytes

    def uncache(self, indexes: Sequence[int]) -> None:
        """Let the system forget synced chunks that are not to be read again soon."""
        if not hasattr(os, "posix_fadvise"):
            return
        for index in indexes:
            file = os.open(self.files[index], os.O_RDONLY)
            try:
                os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(file)

    def begin_sync(self) -> None:
        """Let the disk begin with what `sync` will wait for."""
        for index in self._touched & self._files.keys():
            begin_sync(self._files[index])

    def close(self) -> None:
        """Let go of the files; rows that were not committed do not count."""
        for file in self._files.values():
            with contextlib.suppress(OSError):
                os.close(file)
        self._files.clear()


def sync_folder(folder: Path) -> None:
    """Make new names in a folder survive a power cut."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _write_all(file: int, view: memoryview, at: int) -> None:
    while view:
        done = os.pwrite(file, view, at)
        view, at = view[done:], at + done
