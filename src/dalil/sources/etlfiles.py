"""Rows out of files of the public `crypto_bitcoin` schema: Parquet, JSON lines, CSV."""

from __future__ import annotations

import csv
import gzip
import json
from typing import IO, TYPE_CHECKING, Any

from dalil.errors import InputError, LimitError
from dalil.extras import needs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["COINBASES", "coinbases_of", "files_of", "rows_of", "table_of"]

_ENDINGS = (".parquet", ".json", ".jsonl", ".ndjson", ".csv")
COINBASES = "_coinbases.json"
"""Beside an export of ours: uncommon sequence numbers of coinbases, by block."""
_MAX_LINE = 1 << 27
_ROWS_AT_ONCE = 2048
_BLOCK = frozenset({"hash", "number", "merkle_root"})
_TRANSACTION = frozenset({"hash", "inputs", "outputs", "block_hash"})


def table_of(names: object) -> str:
    """Tell which table has such columns: ``blocks``, ``transactions``, or none."""
    held = set(names) if isinstance(names, dict | list) else set()
    if held >= _TRANSACTION:
        return "transactions"
    return "blocks" if held >= _BLOCK else ""


def files_of(paths: Sequence[Path]) -> list[Path]:
    """List the files named, and those below the folders named, in order of name.

    Names beginning with a dot or an underscore are left out, as they are by
    everything that reads such folders.

    Raises
    ------
    InputError
        If a path is not there, or none leads to a file.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += [f for f in sorted(path.rglob("*")) if _wanted(f, path)]
        elif path.is_file():
            found.append(path)
        else:
            raise InputError("no such file or folder", path)
    if not found:
        raise InputError(f"no file here ends in {', '.join(_ENDINGS)}", paths[0])
    return found


def coinbases_of(paths: Sequence[Path]) -> dict[str, int]:
    """Read the sequence numbers of coinbases an export left beside its tables.

    The schema has no place for them. They are only tried: the txid decides.

    Raises
    ------
    InputError
        If such a file is damaged.
    """
    found: dict[str, int] = {}
    for path in paths:
        file = path / COINBASES
        if path.is_dir() and file.is_file():
            if file.stat().st_size > _MAX_LINE:
                raise LimitError("larger than 128 MiB", file)
            held = _json(file.read_text(encoding="utf-8", errors="replace"), str(file))
            if not isinstance(held, dict):
                raise InputError("should be one JSON object", file)
            found |= {
                key: value
                for key, value in held.items()
                if type(value) is int and 0 <= value < 1 << 32
            }
    return found


def _wanted(file: Path, folder: Path) -> bool:
    hidden = any(p[:1] in "._" for p in file.relative_to(folder).parts)
    return not hidden and file.is_file() and _ending(file) in _ENDINGS


def _ending(file: Path) -> str:
    return (file.with_suffix("") if file.suffix == ".gz" else file).suffix


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """Give a file's rows as dictionaries; none of a table that is not wanted.

    Memory: a few thousand rows. Parquet needs the extra ``analysis``.

    Raises
    ------
    InputError
        If the file is not what its name says.
    """
    ending = _ending(path)
    if ending == ".parquet":
        yield from _parquet_rows(path)
        return
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            yield from _csv_rows(path, file) if ending == ".csv" else _lines(path, file)
    except (UnicodeDecodeError, EOFError, gzip.BadGzipFile, csv.Error) as error:
        raise InputError(f"not readable as text: {error}", path) from error


def _lines(path: Path, file: IO[str]) -> Iterator[dict[str, Any]]:
    number = 0
    while line := file.readline(_MAX_LINE):
        number += 1
        if len(line) >= _MAX_LINE:
            raise LimitError("a line is longer than 128 MiB", f"{path}, line {number}")
        if not line.strip():
            continue
        row = _json(line, f"{path}, line {number}")
        if not isinstance(row, dict):
            raise InputError(
                "a line should be one JSON object", f"{path}, line {number}"
            )
        yield row


def _json(text: str, where: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError("not JSON", where) from error


def _csv_rows(path: Path, file: IO[str]) -> Iterator[dict[str, Any]]:
    csv.field_size_limit(_MAX_LINE)
    for number, row in enumerate(csv.DictReader(file), 2):
        where = f"{path}, row {number}"
        filled: dict[str, Any] = {k: v for k, v in row.items() if v not in ("", None)}
        for side in ("inputs", "outputs"):
            if side in filled:
                filled[side] = _json(filled[side], where)
            elif side in row:
                filled[side] = []
        yield filled


def _parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    pa, pq = needs("pyarrow"), needs("pyarrow.parquet")
    try:
        with pq.ParquetFile(path) as file:
            if not table_of(list(file.schema_arrow.names)):
                return
            for batch in file.iter_batches(_ROWS_AT_ONCE):
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"not readable as Parquet: {error}", path) from error
