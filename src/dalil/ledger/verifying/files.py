"""Whether the bytes are those that were written: chunks and runs, hashed again."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from dalil.errors import StoreError
from dalil.ledger.layout import CHUNK_BYTES, COLUMNS
from dalil.ledger.store.failures import told_by_errno

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dalil.ledger.reader import Ledger

__all__ = ["check_chunks", "check_runs"]

_MOST_TOLD = 20


def check_chunks(ledger: Ledger) -> Iterator[int | StoreError]:
    """Hash each chunk of each column again, and name each that is another."""
    told = 0
    for name, column in COLUMNS.items():
        digests = ledger.commit.manifest["columns"][name]["chunks"]
        size = ledger.commit.n_rows(name) * column.row_bytes
        files = ledger.commit.files(ledger.path, name)
        for i, (file, digest) in enumerate(zip(files, digests, strict=True)):
            least = min(CHUNK_BYTES, size - i * CHUNK_BYTES)
            if _hash(ledger, name, file, (i * CHUNK_BYTES, least)) != digest:
                what = f"column {name}, chunk {i}, is not what the manifest says"
                if (told := told + 1) > _MOST_TOLD:
                    raise StoreError("and more chunks are not what they were", file)
                yield StoreError(what, file)
            yield 1


def _hash(ledger: Ledger, name: str, file: Path, part: tuple[int, int]) -> str:
    """Hash from the file, since a disk that fails is then told and no signal.

    A file that a writer removed meanwhile is still mapped here.
    """
    at, size = part
    try:
        with told_by_errno(file), file.open("rb") as opened:
            return hashlib.sha256(opened.read(size)).hexdigest()
    except StoreError:
        if file.exists():
            raise
    mapped = np.ascontiguousarray(ledger.column(name)).reshape(-1).view(np.uint8)
    return hashlib.sha256(mapped[at : at + size].data).hexdigest()


def check_runs(ledger: Ledger) -> Iterator[int | StoreError]:
    """Hash each section of each run again, and ask whether its bytes make sense."""
    for run in ledger.runs.runs:
        try:
            run.verify()
        except StoreError as error:
            yield error
        yield 1
