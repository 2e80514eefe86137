"""Rows in the order of the chain, whatever the order of the files.

Files already in order are streamed. Others are sorted: small ones in memory,
large ones by DuckDB, which spills to disk.
"""

from __future__ import annotations

import tempfile
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.errors import InputError
from dalil.extras import Foreign, needs
from dalil.sources.accounts.rows import COLUMNS, Rows, joined, rows_of
from dalil.sources.accounts.tablerows import batches_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["ordered_rows", "sorted_rows"]

_SMALL = 1 << 25
"""Bytes of files that are sorted in memory without a second look."""
_SORT_MEMORY = "1GB"
_OUT = 1 << 17
_WIDTHS = {
    "token": 20,
    "source": 20,
    "to": 20,
    "amount": 32,
    "tx": 32,
    "block_hash": 32,
}


class _Range(NamedTuple):
    first: int
    last: int
    path: Path


def ordered_rows(paths: Sequence[Path]) -> Iterator[Rows]:
    """Give the rows of all files, ascending by block.

    Within a block they may be in any order. Memory: a few batches; beside
    them, to sort large files that are not in order, 1 GB.

    Raises
    ------
    InputError
        At the first row that cannot be read.
    """
    if sum(path.stat().st_size for path in paths) <= _SMALL:
        parts = [rows for path in paths for rows in _rows(path)]
        if parts:
            yield sorted_rows(joined(parts))
        return
    ranges = [_range(path) for path in paths]
    found = sorted(each for each in ranges if each is not None)
    apart = all(a.last <= b.first for a, b in pairwise(found))
    if apart and None not in ranges:
        for each in found:
            yield from _rows(each.path)
    else:
        yield from _by_duckdb(paths)


def sorted_rows(rows: Rows) -> Rows:
    """Sort by (block, log); nothing is copied where they are so already."""
    block, log = rows.block, rows.log
    step = np.diff(block)
    if bool(((step > 0) | ((step == 0) & (np.diff(log) >= 0))).all()):
        return rows
    return rows.at(np.lexsort((log, block)))


def _rows(path: Path) -> Iterator[Rows]:
    row = 1
    for batch in batches_of(path, COLUMNS):
        if batch.num_rows:
            yield rows_of(batch, path.name, row)
        row += batch.num_rows


def _range(path: Path) -> _Range | None:
    """Find a file's first and last block; None if they do not ascend."""
    pc = needs("pyarrow.compute")
    pa = needs("pyarrow")
    first, last = -1, -1
    for batch in batches_of(path, ("block_number",)):
        if not batch.num_columns:
            raise InputError("a table of transfers without block_number", path)
        try:
            blocks = pc.cast(batch.column(0), pa.int64()).fill_null(-1).to_numpy()
        except pa.ArrowException as error:
            raise InputError("a block_number is no number", path) from error
        if not len(blocks):
            continue
        if blocks[0] < last or (np.diff(blocks) < 0).any():
            return None
        first = int(blocks[0]) if first < 0 else first
        last = int(blocks[-1])
    return _Range(max(first, 0), max(last, 0), path)


def _by_duckdb(paths: Sequence[Path]) -> Iterator[Rows]:
    pa, duckdb = needs("pyarrow"), needs("duckdb")
    fields = [
        (name, pa.binary(_WIDTHS[name]) if name in _WIDTHS else pa.int64())
        for name in Rows._fields
    ]
    schema = pa.schema(fields)
    coming = (_arrow(rows, schema) for path in paths for rows in _rows(path))
    with tempfile.TemporaryDirectory(prefix="dalil-sort-") as folder:
        connection = duckdb.connect(
            config={
                "memory_limit": _SORT_MEMORY,
                "temp_directory": folder,
                "threads": 2,
                "preserve_insertion_order": False,
            }
        )
        try:
            reader = pa.RecordBatchReader.from_batches(schema, coming)
            inside = connection.from_arrow(reader).order("block, log")
            # Renamed in DuckDB 2, where the old name warns.
            new = hasattr(inside, "to_arrow_reader")
            read = inside.to_arrow_reader if new else inside.fetch_arrow_reader
            for batch in read(_OUT):
                yield _from_arrow(batch)
        except duckdb.Error as error:
            raise InputError(f"cannot sort the rows: {error}", paths[0]) from error
        finally:
            connection.close()


def _arrow(rows: Rows, schema: Foreign) -> Foreign:
    pa = needs("pyarrow")
    arrays = []
    n = len(rows.block)
    for name, column in zip(Rows._fields, rows, strict=True):
        if name in _WIDTHS:
            held = pa.py_buffer(np.ascontiguousarray(column).tobytes())
            kind = pa.binary(_WIDTHS[name])
            arrays.append(pa.FixedSizeBinaryArray.from_buffers(kind, n, [None, held]))
        else:
            arrays.append(pa.array(column))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _from_arrow(batch: Foreign) -> Rows:
    columns = []
    for name in Rows._fields:
        column = batch.column(name)
        if name not in _WIDTHS:
            columns.append(column.to_numpy())
            continue
        width = _WIDTHS[name]
        offsets = np.frombuffer(column.buffers()[1], np.int32)[column.offset :]
        held = np.frombuffer(column.buffers()[2], np.uint8)
        raw = held[offsets[0] : offsets[0] + len(column) * width].reshape(-1, width)
        columns.append(raw.view("<u8") if name == "amount" else raw)
    return Rows(*columns)
