"""One run, mapped: cheap to open, valid for as long as anybody holds it."""

from __future__ import annotations

import mmap
import os
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.errors import StoreError
from dalil.ledger.index import Index, bucket_bits
from dalil.ledger.runs.file import (
    DTYPES,
    LARGEST_HEADER,
    PREFIX,
    Rows,
    places,
    read_header,
)
from dalil.ledger.runs.postings import Postings
from dalil.ledger.runs.spent import Spent

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["Run"]


class Run:
    """A run's file, mapped read-only.

    Arrays are views of the mapping, which lives as long as any of them,
    whatever becomes of the file's name. What they hold is not checked at
    opening: `verify` does that, and every look-up stays within them.

    Attributes
    ----------
    path : Path
    file : int, open for reading
    rows : Rows
    bytes : (n,) uint8, the whole file
    hashes : dict of section name to SHA-256, as the header states them
    tx_index, address_index : Index
    spent : Spent
    history, outside : Postings
    """

    def __init__(self, path: Path, file: int) -> None:
        self.path = path
        self.file = os.dup(file)
        weakref.finalize(self, os.close, self.file)
        memory = mmap.mmap(file, 0, access=mmap.ACCESS_READ)
        self._memory = memory
        head = memory[: PREFIX + LARGEST_HEADER]
        self.rows, self.counts, self.hashes = read_header(head)
        self.places = places(self.rows, self.counts)
        *_, last = self.places.values()
        if len(memory) != last.offset + last.size:
            raise StoreError("a run is cut short, or too long", len(memory))
        self.bytes = np.frombuffer(memory, np.uint8)
        of = {name: self._section(name) for name in DTYPES}
        self.tx_index = self._index("tx", of)
        self.address_index = self._index("address", of)
        self.spent = Spent(of["spent.own"], of["spent.older"])
        self.history = _postings("history", of)
        self.outside = _postings("outside", of)

    @classmethod
    def open(cls, path: Path, rows: Rows | None = None) -> Run:
        """Map a run, and check that it is one and covers `rows`, if told.

        Cost: a few system calls, well under a millisecond; no data is read.

        Raises
        ------
        StoreError
            If the file is missing, no run, of a newer format, cut short, or
            covers other rows.
        """
        try:
            with path.open("rb") as file:
                run = cls(path, file.fileno())
        except (OSError, ValueError) as error:
            raise StoreError("a run of the ledger cannot be read", path) from error
        except StoreError as error:
            told = error.message if error.value is None else str(error)
            raise StoreError(told, path) from error
        if rows is not None and run.rows != rows:
            raise StoreError("a run covers other rows than the ledger says", path)
        return run

    def _section(self, name: str) -> NDArray[Any]:
        place, (dtype, width) = self.places[name], DTYPES[name]
        flat = self.bytes[place.offset : place.offset + place.size].view(dtype)
        return flat if width == 1 else flat.reshape(-1, width)

    def _index(self, table: str, of: dict[str, NDArray[Any]]) -> Index:
        entries, sieve = of[f"{table}.entries"], of[f"{table}.sieve"]
        bits, first = bucket_bits(entries.shape[0]), getattr(self.rows, table)[0]
        return Index(entries, of[f"{table}.buckets"], sieve, bits, first)

    def drop(self) -> None:
        """Let go of the pages read so far; they are read again when needed."""
        self._memory.madvise(mmap.MADV_DONTNEED)

    def verify(self) -> None:
        """Check every byte against its hash, and what the bytes mean.

        Cost: one reading of the file at hashing speed, and one at memory
        speed, in bounded memory.

        Raises
        ------
        StoreError
            At the first section that is not what was written, or makes no
            sense.
        """
        from dalil.ledger.runs.check import check_run

        check_run(self)


def _postings(name: str, of: dict[str, NDArray[Any]]) -> Postings:
    return Postings(*(of[f"{name}.{field}"] for field in Postings._fields))
