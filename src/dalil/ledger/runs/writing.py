"""Writing a run: hashed as it is written, complete before it has its name."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from dalil.ledger.runs.file import DTYPES, Rows, encode_header, places, possible
from dalil.ledger.store.writeback import begin_sync

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray

    from dalil.ledger.runs.file import Counts, Place

__all__ = ["RunWriter", "SectionWriter"]

_BLOCK = 1 << 22


class SectionWriter:
    """One section, written front to back."""

    def __init__(self, file: int, name: str, place: Place) -> None:
        self._file = file
        self._name = name
        self._at = place.offset
        self._left = place.size
        self._hash = hashlib.sha256()

    def add(self, values: NDArray[Any]) -> None:
        """Append rows; arrays of a MB or more make large writes."""
        view = memoryview(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
        if view.nbytes > self._left:
            raise ValueError(f"too many rows for {self._name}")
        self._left -= view.nbytes
        while view:
            part = view[:_BLOCK]
            self._hash.update(part)
            view = view[part.nbytes :]
            self._write(part)
        begin_sync(self._file)

    def _write(self, part: memoryview) -> None:
        while part:
            done = os.pwrite(self._file, part, self._at)
            self._at, part = self._at + done, part[done:]

    def digest(self) -> str:
        """SHA-256 of the whole section, as hex."""
        if self._left:
            raise ValueError(f"too few rows for {self._name}")
        return self._hash.hexdigest()


class RunWriter:
    """A run being written: several sections at a time, each front to back.

    As a context it begins a temporary file beside `path` and, at the end,
    writes the header, flushes to the disk, renames, and flushes the folder. If
    anything fails, such as a full disk (OSError), no file stays behind.
    """

    def __init__(self, path: Path, rows: Rows, counts: Counts) -> None:
        rows = Rows(*((int(start), int(stop)) for start, stop in rows))
        if not possible(rows, counts):
            raise ValueError(f"no run can cover {rows}")
        self._path = path
        self._temporary = path.with_name(path.name + ".part")
        self._head = (rows, counts)
        self._places = places(rows, counts)
        self._sections: dict[str, SectionWriter] = {}

    def __enter__(self) -> Self:
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC
        self._file = os.open(self._temporary, flags, 0o666)
        for name, place in self._places.items():
            self._sections[name] = SectionWriter(self._file, name, place)
        return self

    def __getitem__(self, name: str) -> SectionWriter:
        """Give the section of this name."""
        return self._sections[name]

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            try:
                if error is None:
                    self._finish()
            finally:
                os.close(self._file)
            if error is None:
                self._temporary.replace(self._path)
                _flush_folder(self._path.parent)
        finally:
            self._temporary.unlink(missing_ok=True)

    def _finish(self) -> None:
        last = self._places[list(DTYPES)[-1]]
        os.truncate(self._file, last.offset + last.size)
        hashes = {name: part.digest() for name, part in self._sections.items()}
        os.pwrite(self._file, encode_header(*self._head, hashes), 0)
        os.fsync(self._file)


def _flush_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
