"""What a commit file says, field by field, before anybody relies on it.

Columns and runs are mapped and looked into by the numbers of this one small
file, and it may have been changed by a failing disk, a careless copy or a
hostile sender. So everything in it is checked against everything else: tables
have one number of rows, runs follow one another and end where the tables end,
chunks are as many as the rows take.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from dalil.errors import StoreError
from dalil.ledger.layout import CHUNK_BYTES, COLUMNS, FORMAT, NO_ADDRESS, SIDE_COLUMNS
from dalil.ledger.runs import Rows

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["check_files", "check_manifest", "check_runs", "count"]

_MOST = 1 << 63
_RUN = re.compile(r"[0-9]{11,20}\.run")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def count(value: object) -> int:
    """Give a number of rows, files or commits as it is.

    Raises
    ------
    ValueError
        If it is no such number.
    """
    if type(value) is not int or not 0 <= value < _MOST:
        raise ValueError(value)
    return value


def check_manifest(manifest: Mapping[str, Any]) -> dict[str, int]:
    """Check a manifest, and give the rows of each table.

    Raises
    ------
    StoreError
        If it has other columns than a ledger's, or its tables do not fit.
    ValueError, KeyError, TypeError, AttributeError
        If it has not the shape of a manifest.
    """
    if (manifest["format"], manifest["chunk_bytes"]) != (FORMAT, CHUNK_BYTES):
        raise StoreError("the ledger's manifest is of another format", FORMAT)
    words = (*(manifest[key] for key in ("chain", "source", "heights")),)
    words += (manifest["tip"]["hash"],)
    if not all(type(word) is str for word in words):
        raise ValueError(words)
    columns = manifest["columns"]
    if foreign := sorted(set(columns) - set(COLUMNS)):
        raise StoreError("the ledger's manifest has a foreign column", foreign[0])
    if lacking := sorted(set(COLUMNS) - set(columns)):
        raise StoreError("the ledger's manifest lacks a column", lacking[0])
    tables: dict[str, int] = {}
    for name, column in COLUMNS.items():
        told, table = columns[name], name.split(".")[0]
        if (told["dtype"], told["width"]) != (column.dtype, column.width):
            what = "the ledger's manifest has a column of another element type"
            raise StoreError(what, name)
        rows = count(told["rows"])
        n_chunks = -(-rows * column.row_bytes // CHUNK_BYTES)
        hashes = told["chunks"]
        if len(hashes) != n_chunks or not all(map(_SHA256.fullmatch, hashes)):
            raise StoreError("the ledger's manifest lacks hashes of a column", name)
        rows -= int(column.leading_zero)
        if rows < 0 or tables.setdefault(table, rows) != rows:
            raise StoreError("a column has other rows than its table", name)
    if tables["address"] > NO_ADDRESS:
        raise StoreError("no ledger has this many addresses", tables["address"])
    return tables


def check_runs(
    told: list[tuple[str, Mapping[str, Any], str]], tables: Mapping[str, int]
) -> list[tuple[str, Rows, str]]:
    """Check that runs follow one another, from the first row to the last.

    Raises
    ------
    StoreError
        If rows are in no run, or in two, or a run lies outside the ledger.
    ValueError, KeyError, TypeError, AttributeError
        If this is no list of runs.
    """
    runs = [(_run_name(name), _rows(rows), _hash(text)) for name, rows, text in told]
    at = Rows(*((0, 0) for _ in Rows._fields))
    end = Rows(*((tables[table], 0) for table in Rows._fields))
    for name, rows, _ in runs:
        if any(start > stop for start, stop in rows):
            raise ValueError(rows)
        if any(a[1] != b[0] for a, b in zip(at, rows, strict=True)):
            raise StoreError("a run does not follow the one before", name)
        at = rows
    if any(a[1] != b[0] for a, b in zip(at, end, strict=True)):
        raise StoreError("the ledger's runs do not end where its tables do", len(runs))
    if any(a[0] == b[0] for a, b in pairwise(sorted(runs))):
        raise StoreError("one file is two runs of the ledger", len(runs))
    return runs


def _run_name(name: str) -> str:
    if not _RUN.fullmatch(name):
        raise StoreError("a run's file name leads elsewhere", name)
    return name


def _hash(text: str) -> str:
    if not _SHA256.fullmatch(text):
        raise ValueError(text)
    return text


def _rows(told: Mapping[str, Any]) -> Rows:
    spans = {}
    for table in Rows._fields:
        start, stop = told[table]
        spans[table] = count(start), count(stop)
    return Rows(**spans)


def check_files(files: Mapping[str, Any], tables: Mapping[str, int]) -> None:
    """Check the rest of what is said of files: rows, editions, block files, seed.

    Raises
    ------
    StoreError
        If a block file's path leads out of where it begins.
    ValueError, KeyError, TypeError, AttributeError
        If something is not what it must be.
    """
    if set(files["rows"]) != set(SIDE_COLUMNS):
        raise ValueError(sorted(files["rows"]))
    for name, n in files["rows"].items():
        most = _MOST if name == "raw.tx" else tables["tx" if "tx" in name else "block"]
        if count(n) > most:
            raise ValueError(n)
    if not set(files["editions"]) <= set(COLUMNS) | set(SIDE_COLUMNS):
        raise ValueError(sorted(files["editions"]))
    for path in files["block_files"]:
        if ".." in PurePath(path).parts or "\0" in path:
            raise StoreError("a block file's path leads elsewhere", path)
