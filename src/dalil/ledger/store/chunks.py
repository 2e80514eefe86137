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
import ctypes
import mmap
import os
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.ledger.layout import CHUNK_BYTES
from dalil.ledger.store.writeback import begin_sync

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.ledger.layout import Column

__all__ = [
    "ColumnWriter",
    "chunk_name",
    "let_go",
    "map_chunks",
    "pieces",
    "sync_folder",
]

_AROUND = 1 << 16
"""Bytes that Linux maps at once around a page that is asked for."""

_NONE, _READ, _SHARED, _PRIVATE, _FIXED = 0, 1, 1, 2, 0x10
_ANONYMOUS = 0x1000 if sys.platform == "darwin" else 0x20
_NORESERVE = 0 if sys.platform == "darwin" else 0x4000


def _libc() -> Any:  # noqa: ANN401 - a foreign library
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = (
        *(ctypes.c_void_p, ctypes.c_size_t),
        *(ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int64),
    )
    libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
    return libc


_LIBC = _libc()


class _Stretch:
    """Reserved addresses with files mapped into them; unmapped with the last array.

    numpy keeps this object alive as the base of every array made from it.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.room = -(-size // CHUNK_BYTES) * CHUNK_BYTES
        self.at = self._map(None, self.room, _NONE, _PRIVATE | _ANONYMOUS, -1)

    def _map(
        self, at: int | None, size: int, rights: int, flags: int, file: int
    ) -> int:
        got = _LIBC.mmap(at, size, rights, flags | (0 if at else _NORESERVE), file, 0)
        if got in (None, ctypes.c_void_p(-1).value):
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error))
        return int(got)

    def place(self, offset: int, size: int, path: Path) -> None:
        """Map the first `size` bytes of a file, read-only, at an offset."""
        file = os.open(path, os.O_RDONLY)
        try:
            self._map(self.at + offset, size, _READ, _SHARED | _FIXED, file)
        finally:
            os.close(file)

    def __del__(self) -> None:
        if hasattr(self, "at"):
            _LIBC.munmap(self.at, self.room)

    @property
    def __array_interface__(self) -> dict[str, Any]:
        return {
            "version": 3,
            "typestr": "|u1",
            "shape": (self.size,),
            "data": (self.at, True),
        }


def chunk_name(index: int, edition: int) -> str:
    """Name a chunk's file."""
    return f"{index:06d}.{edition}"


def map_chunks(paths: Sequence[Path], size: int) -> NDArray[np.uint8]:
    """Map `size` bytes that lie in chunk files one behind another, read-only.

    Raises
    ------
    OSError
        If a file is not there or cannot be mapped; that each is long enough is
        the caller's to check.
    """
    if size == 0:
        return np.zeros(0, np.uint8)
    if len(paths) == 1:
        with paths[0].open("rb") as file:
            return np.frombuffer(
                mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ), np.uint8
            )
    stretch = _Stretch(size)
    for i, path in enumerate(paths):
        at = i * CHUNK_BYTES
        stretch.place(at, min(CHUNK_BYTES, size - at), path)
    return np.asarray(stretch)


def pieces(column: NDArray[Any], rows: int = 1 << 19) -> Iterator[NDArray[Any]]:
    """Cut a mapped column into slices, letting go of each one's pages behind it.

    So a pass over a column takes no memory that grows with it. Whoever reads
    the pages again gets them from the page cache.
    """
    for at in range(0, column.shape[0], rows):
        yield column[at : at + rows]
        let_go(column, at, at + rows)


def let_go(column: NDArray[Any], start: int, stop: int) -> None:
    """Let go of the pages beneath some rows of a mapped, read-only array.

    And of those around them that the system mapped unasked; never of what lies
    beside the array. One that may be written to is not mapped, and left alone.
    """
    if column.flags.writeable:
        return
    at, row = column.ctypes.data, column.strides[0]
    first = -(-at // mmap.PAGESIZE) * mmap.PAGESIZE
    last = (at + column.nbytes) // mmap.PAGESIZE * mmap.PAGESIZE
    low = max(first, (at + start * row) // _AROUND * _AROUND)
    high = min(last, -(-(at + stop * row) // _AROUND) * _AROUND)
    if high > low:
        _LIBC.madvise(low, high - low, mmap.MADV_DONTNEED)


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
