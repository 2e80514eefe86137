"""A batch of blocks on its way in: bytes read into reused memory, and filled."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.columns import Columns, most_rows
from dalil.chains.bitcoin.family.kernels.ids import fill_v5_txids
from dalil.chains.bitcoin.forms import BITCOIN, ZCASH
from dalil.chains.bitcoin.parse import FAULTS, fill_blocks
from dalil.chains.bitcoin.txids import work_bytes
from dalil.errors import BlockDataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from dalil.sources.blockfiles import BlockFile, Record

__all__ = ["Arena", "BadBlockError", "Batch", "batches", "load_batch"]

BATCH_BYTES = 1 << 23
"""Raw bytes of one batch: with its columns it stays in a processor's cache."""

_NEAR = 64
"""Bytes between two records that are read along rather than skipped."""

_PAGE = 4096


class BadBlockError(BlockDataError):
    """One block broke a rule; names it, so that a build can go on without it."""

    def __init__(self, record: Record, problem: str) -> None:
        super().__init__(f"refused: {problem}", record.header.hash[::-1].hex())
        self.record = record
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Batch:
    """Blocks parsed into columns; `first` (n_blocks + 1, 3): tx, input, output.

    `data` and `columns` belong to the arena they were loaded into, if any, and
    hold until it is used again.
    """

    records: Sequence[Record]
    data: NDArray[np.uint8]
    first: NDArray[np.int64]
    columns: Columns


class Arena:
    """Memory for one batch at a time; grows to the largest, never shrinks.

    Room is kept for the most rows that the bytes could hold, seventeen times
    the bytes; only what a batch writes to becomes memory, which for the
    blocks of today is less than twice its bytes. One caller each: threads
    need an arena of their own.
    """

    def __init__(self) -> None:
        self._data = np.empty(0, np.uint8)
        self._columns = Columns.empty(0, 0, 0)
        self._work = np.empty(0, np.uint8)

    def work(self, size: int) -> NDArray[np.uint8]:
        """Return memory to hash blocks of up to `size` bytes in."""
        if work_bytes(size) > self._work.size:
            self._work = np.empty(work_bytes(size), np.uint8)
        return self._work

    def room(self, size: int) -> tuple[NDArray[np.uint8], Columns]:
        """Return `size` bytes from a page's start on, and columns for their rows."""
        if size > self._data.size:
            capacity = max(size, BATCH_BYTES + BATCH_BYTES // 4)
            whole = np.empty(capacity + _PAGE, np.uint8)
            start = -whole.ctypes.data % _PAGE
            self._data = whole[start : start + capacity]
            self._columns = Columns.empty(*most_rows(capacity))
        return self._data[:size], self._columns


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


def _runs(records: Sequence[Record]) -> list[tuple[int, int, int, int]]:
    """Cut records into stretches that one read takes: file, offset, size, records."""
    runs: list[tuple[int, int, int, int]] = []
    file, start, end, count = -1, 0, 0, 0
    for record in records:
        if record.file != file or not end <= record.at <= end + _NEAR:
            if count:
                runs.append((file, start, end - start, count))
            file, start, count = record.file, record.at, 0
        end, count = record.at + record.size, count + 1
    runs.append((file, start, end - start, count))
    return runs


def _place(base: int, at: int, size: int) -> int:
    """Where in the arena a stretch of a file goes, from `base` on.

    At the same place in its eight bytes as in the file, where the key is the
    same for each; a long one at the same place in its page, without which a
    processor may copy at a sixth of its speed.
    """
    unit = _PAGE if size >= 16 * _PAGE else 8
    return base + (at - base) % unit


def _read_run(file: BlockFile, at: int, data: NDArray[np.uint8], run: slice) -> int:
    """Read a stretch of a file into ``data[run]``, in the clear; returns its bytes.

    The key is applied to whole words, so up to 7 bytes on each side change.
    """
    done, got = 0, 1
    piece = data[run]
    with file.opened() as descriptor:
        while got and done < piece.size:
            got = os.preadv(descriptor, [piece[done:].data], at + done)
            done += got
    if file.key:
        words = data[run.start // 8 * 8 : (run.stop + 7) // 8 * 8].view(np.uint64)
        np.bitwise_xor(words, np.frombuffer(file.key, np.uint64), out=words)
    return done


def _gather(
    records: Sequence[Record], files: Sequence[BlockFile], arena: Arena
) -> tuple[NDArray[np.uint8], Columns, NDArray[np.int64]]:
    """Read the records' bytes; returns them, columns with room, and the places."""
    runs = _runs(records)
    size = 0
    for _, start, length, _ in runs:
        size = (_place(size, start, length) + length + 7) // 8 * 8
    data, columns = arena.room(size)
    places = np.empty((len(records), 3), np.int64)
    end, row = 0, 0
    for number, start, length, count in runs:
        base = _place(end, start, length)
        end = (base + length + 7) // 8 * 8
        read = _read_run(files[number], start, data, slice(base, base + length))
        for record in records[row : row + count]:
            if record.at + record.size > start + read:
                raise BadBlockError(record, "its file has become shorter")
            at = base + record.at - start
            places[row] = at, at + record.body, at + record.size
            row += 1
    return data, columns, places


def load_batch(
    records: Sequence[Record],
    files: Sequence[BlockFile],
    arena: Arena | None = None,
    form: int = BITCOIN,
) -> Batch:
    """Read and parse one batch; free of the interpreter lock for the most.

    Parameters
    ----------
    records : sequence of Record
        The blocks, in chain order.
    files : sequence of BlockFile
        What the records' file numbers refer to.
    arena : Arena, optional
        Memory to use again; the batch holds until its next use. By default
        the batch has memory of its own.
    form : int
        The transactions' format, of `chains.bitcoin.forms`.

    Raises
    ------
    BadBlockError
        At the first block, in chain order, that breaks a rule of the format.
    BlockDataError
        If a file is gone or cannot be read.
    """
    arena = arena or Arena()
    data, room, places = _gather(records, files, arena)
    work = arena.work(max(record.size for record in records))
    first = np.empty((len(records) + 1, 3), np.int64)
    if form == ZCASH:
        fill_v5_txids(data, places, room.txid)
    bad, fault = fill_blocks(data, places, form, first, room, work)
    if fault:
        raise BadBlockError(records[bad], FAULTS[fault])
    return Batch(records, data, first, room.cut(*map(int, first[-1])))
