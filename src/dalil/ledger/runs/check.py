"""Checking a run: its bytes against their hashes, and what they mean."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.errors import StoreError
from dalil.kernels import kernel
from dalil.ledger.index import fill_sieve
from dalil.ledger.runs.file import encode_header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dalil.ledger.index import Index
    from dalil.ledger.runs.postings import Postings
    from dalil.ledger.runs.run import Run

__all__ = ["check_run"]

_BLOCK = 1 << 22
_ROWS = 1 << 18


def check_run(run: Run) -> None:
    """Check every byte of a run.

    Raises
    ------
    StoreError
        At the first section that is not what was written, or makes no sense.
    """
    _check_bytes(run)
    for name, good in _meanings(run):
        if not good:
            raise StoreError(f"{name} of a run makes no sense", run.path)
        run.drop()


def _check_bytes(run: Run) -> None:
    raw = memoryview(run.bytes.data)
    at = len(encode_header(run.rows, run.counts, run.hashes))
    for name, place in run.places.items():
        if any(raw[at : place.offset]):
            raise StoreError(f"there is something before {name} of a run", run.path)
        at = place.offset + place.size
        digest = hashlib.sha256()
        for begin in range(place.offset, at, _BLOCK):
            digest.update(raw[begin : min(begin + _BLOCK, at)])
            run.drop()
        if digest.hexdigest() != run.hashes[name]:
            raise StoreError(f"{name} of a run is not what was written", run.path)


def _meanings(run: Run) -> Iterator[tuple[str, bool]]:
    rows = run.rows
    for name, index in (("tx", run.tx_index), ("address", run.address_index)):
        for good in _index_good(index):
            yield f"the {name} index", good
    inputs = rows.input
    for part in _blocks(run.spent.own, 0):
        yield "spent.own", bool(np.all((part == -1) | _within(part, inputs)))
    for part in _blocks(run.spent.older, 1):
        outputs = part[:, 0]
        good = bool(np.all(outputs[1:] > outputs[:-1]))
        good &= bool(np.all(_within(outputs, (0, rows.output[0]))))
        yield "spent.older", good and bool(np.all(_within(part[:, 1], inputs)))
    before, after = rows.address
    for good in _postings_good(run.history, before, rows.size("output")):
        yield "the history", good
    for good in _postings_good(run.outside, after, rows.size("outside")):
        yield "the history outside", good


def _within(values: NDArray[Any], span: tuple[int, int]) -> NDArray[np.bool_]:
    return (values >= span[0]) & (values < span[1])


def _blocks(values: NDArray[Any], overlap: int) -> Iterator[NDArray[Any]]:
    for begin in range(0, values.shape[0], _ROWS):
        yield values[begin : begin + _ROWS + overlap]


def _index_good(index: Index) -> Iterator[bool]:
    n = index.entries.shape[0]
    for part in _blocks(index.entries, 1):
        yield _ascending(part, n)
    at = np.zeros(2, np.int64)
    for part in _blocks(index.sieve, 0):
        made = np.zeros_like(part)
        fill_sieve(index.entries, at, index.sieve.size, made)
        yield np.array_equal(part, made)
        at[1] += part.size
    yield bool(index.offsets[0] == 0 and index.offsets[-1] == n)
    for begin in range(0, index.offsets.size - 1, _ROWS):
        yield _in_buckets(index, begin, min(begin + _ROWS, index.offsets.size - 1))


@kernel
def _ascending(entries: NDArray[np.uint64], n: int) -> bool:
    for i in range(entries.shape[0]):
        if np.int64(entries[i, 1] & np.uint64(0xFFFF_FFFF)) >= n:
            return False
        if i and (
            entries[i, 0] < entries[i - 1, 0]
            or (
                entries[i, 0] == entries[i - 1, 0]
                and entries[i, 1] <= entries[i - 1, 1]
            )
        ):
            return False
    return True


@kernel
def _in_buckets(index: Index, begin: int, end: int) -> bool:
    shift, n = np.uint64(64 - index.bits), index.entries.shape[0]
    for bucket in range(begin, end):
        start, stop = index.offsets[bucket], index.offsets[bucket + 1]
        if start > stop or stop > n:
            return False
        for i in range(start, stop):
            if np.int64(index.entries[i, 0] >> shift) != bucket:
                return False
    return True


def _postings_good(part: Postings, before: int, n_rows: int) -> Iterator[bool]:
    older, offsets, own, rows = part.older, part.offsets, part.own, part.rows
    yield bool(offsets[0] == 0 and offsets[-1] == own[0] and own[-1] == rows.size)
    yield bool(older.size == 0 or older[-1] < before)
    for block in _blocks(older, 1):
        yield bool(np.all(block[1:] > block[:-1]))
    for block in _blocks(offsets[:-1], 1):
        yield bool(np.all(block[1:] > block[:-1]))
    yield bool(older.size == 0 or offsets[-1] > offsets[-2])
    for cuts in (offsets, own):
        for begin in range(0, cuts.size - 1, _ROWS):
            yield _rows_good(cuts[begin : begin + _ROWS + 1], rows, n_rows)


@kernel
def _rows_good(cuts: NDArray[np.uint32], rows: NDArray[np.uint32], n_rows: int) -> bool:
    for k in range(cuts.size - 1):
        start, stop = np.int64(cuts[k]), np.int64(cuts[k + 1])
        if start > stop or stop > rows.size:
            return False
        for i in range(start, stop):
            if rows[i] >= n_rows or (i > start and rows[i] <= rows[i - 1]):
                return False
    return True
