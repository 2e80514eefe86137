"""A batch of blocks on its way in: bytes gathered, counted, filled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.parse import FAULTS, Columns, count_blocks, fill_blocks
from dalil.errors import BlockDataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from dalil.sources.blockfiles import BlockFile, Record

__all__ = ["BadBlockError", "Batch", "batches", "load_batch"]

BATCH_BYTES = 1 << 25
"""Raw bytes of one batch; its columns take about as much again."""


class BadBlockError(BlockDataError):
    """One block broke a rule; names it, so that a build can go on without it."""

    def __init__(self, record: Record, problem: str) -> None:
        super().__init__(f"refused: {problem}", record.header.hash[::-1].hex())
        self.record = record
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Batch:
    """Blocks parsed into columns; `first` (n_blocks + 1, 3): tx, input, output."""

    records: Sequence[Record]
    data: NDArray[np.uint8]
    first: NDArray[np.int64]
    columns: Columns


def batches(records: Sequence[Record], size: int = BATCH_BYTES) -> Iterator[slice]:
    """Cut a chain into runs of about `size` raw bytes, at least one block each."""
    start, total = 0, 0
    for i, record in enumerate(records):
        if total and total + record.size > size:
            yield slice(start, i)
            start, total = i, 0
        total += record.size
    if start < len(records):
        yield slice(start, len(records))


def _gather(records: Sequence[Record], files: Sequence[BlockFile]) -> Batch:
    sizes = np.array([record.size for record in records], np.int64)
    ends = np.cumsum(sizes)
    data = np.empty(int(ends[-1]), np.uint8)
    for record, end in zip(records, ends, strict=True):
        file = files[record.file]
        piece = data[end - record.size : end]
        piece[:] = file.data[record.at : record.at + record.size]
        if file.key:
            turn = record.at % len(file.key)
            key = np.frombuffer(file.key[turn:] + file.key[:turn], np.uint8)
            whole = record.size // key.size * key.size
            words = piece[:whole].reshape(-1, key.size)
            np.bitwise_xor(words, key, out=words)
            piece[whole:] ^= key[: record.size - whole]
    counts = np.zeros((len(records), 4), np.int64)
    count_blocks(data, ends - sizes, ends, counts)
    _stop_at_fault(records, counts[:, 3])
    first = np.zeros((len(records) + 1, 3), np.int64)
    np.cumsum(counts[:, :3], axis=0, out=first[1:])
    return Batch(records, data, first, Columns.empty(*map(int, first[-1])))


def _stop_at_fault(records: Sequence[Record], faults: NDArray[np.int64]) -> None:
    bad = np.flatnonzero(faults)
    if bad.size:
        raise BadBlockError(records[bad[0]], FAULTS[int(faults[bad[0]])])


def load_batch(records: Sequence[Record], files: Sequence[BlockFile]) -> Batch:
    """Read, count and fill one batch; free of the interpreter lock for the most.

    Raises
    ------
    BadBlockError
        At the first block that breaks a rule of the format.
    """
    batch = _gather(records, files)
    sizes = np.array([record.size for record in records], np.int64)
    ends = np.cumsum(sizes)
    faults = np.zeros(len(records), np.int64)
    fill_blocks(batch.data, ends - sizes, ends, batch.first[:-1], batch.columns, faults)
    _stop_at_fault(records, faults)
    batch.columns.first_input[-1] = batch.first[-1, 1]
    batch.columns.first_output[-1] = batch.first[-1, 2]
    return batch
