"""Chunk files as one array: mapped one behind another, let go of as asked."""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.ledger.layout import CHUNK_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["let_go", "map_chunks", "pieces"]

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
