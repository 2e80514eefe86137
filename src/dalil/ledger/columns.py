"""Columns while they are written: appended to, and looked into at once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.ledger.layout import COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.ledger.generation import Generation

__all__ = ["BackLinkWriter", "ColumnWriter"]

_LEAST_ROWS = 1 << 16


def _enough(rows: int) -> int:
    size = _LEAST_ROWS
    while size < rows:
        size *= 2
    return size


class ColumnWriter:
    """A primary column of an open generation: rows are only ever added."""

    def __init__(self, generation: Generation, name: str) -> None:
        self._column = COLUMNS[name]
        self._path = generation.column_file(name)
        self._file = os.open(self._path, os.O_RDWR)
        self.rows = generation.rows(name)
        self._map: NDArray[Any] | None = None

    def append(self, values: NDArray[Any]) -> None:
        """Write rows at the end."""
        raw = np.ascontiguousarray(values, self._column.dtype)
        view = memoryview(raw.reshape(-1).view(np.uint8).data)
        at = self.rows * self._column.row_bytes
        while view:
            done = os.pwrite(self._file, view, at)
            view, at = view[done:], at + done
        self.rows += values.shape[0]

    def look(self) -> NDArray[Any]:
        """Map the rows, and room beyond them, read-only; remade when outgrown."""
        if self._map is None or self._map.shape[0] < self.rows:
            room = _enough(self.rows)
            size = room * self._column.row_bytes
            if os.fstat(self._file).st_size < size:
                os.truncate(self._file, size)
            self._map = np.memmap(
                self._path, self._column.dtype, "r", shape=self._column.shape(room)
            )
        return self._map

    def close(self) -> None:
        """Cut the room beyond the last row off, and close."""
        self._map = None
        os.truncate(self._file, self.rows * self._column.row_bytes)
        os.close(self._file)


class BackLinkWriter:
    """A derived column of int64, written in place, grown with -1."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._map: NDArray[np.int64] | None = None

    def at_least(self, rows: int) -> NDArray[np.int64]:
        """Map it with room for so many rows."""
        if self._map is None or self._map.size < rows:
            room = _enough(rows)
            have = self._path.stat().st_size // 8 if self._path.is_file() else 0
            with self._path.open("ab") as file:
                file.truncate(have * 8)
                file.write(b"\xff" * 8 * (room - have))
            self._map = np.memmap(self._path, np.int64, "r+", shape=(max(room, have),))
        return self._map
