"""Rows of exported tables, as Arrow batches: of CSV, JSON lines and Parquet."""

from __future__ import annotations

import gzip
import json
from contextlib import contextmanager
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

from dalil.errors import InputError, LimitError
from dalil.extras import Foreign, needs
from dalil.sources.accounts.numbers import clip
from dalil.sources.accounts.tables import ending_of, plain_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["batches_of", "columns_of"]

_MAX_LINE = 1 << 25
_ROWS = 1 << 17
_BLOCK = 1 << 24
_MORE_DIGITS = 80


def columns_of(path: Path) -> list[str]:
    """Read a file's column names, of JSON lines those of the first line.

    Raises
    ------
    InputError
        If the file is not what its name says.
    """
    ending = ending_of(path)
    with _foreign(path):
        if ending == ".parquet":
            with needs("pyarrow.parquet").ParquetFile(path) as file:
                return list(file.schema_arrow.names)
        if ending == ".csv":
            with _opened(path) as file:
                line = file.readline(_MAX_LINE)
            names = line.removeprefix("\ufeff").rstrip("\r\n").split(",")
            return [name.strip().strip('"') for name in names]
        return list(next(_json_rows(path), {}))


def batches_of(path: Path, wanted: Sequence[str]) -> Iterator[Foreign]:
    """Give a file's rows as Arrow record batches of the columns wanted.

    Columns are named as the schema names them and are text but in Parquet,
    where they are what the file holds. A column that is not there is left out.

    Raises
    ------
    InputError
        If the file is damaged, or a value has more than 32 MiB.
    """
    ending = ending_of(path)
    with _foreign(path):
        if ending == ".parquet":
            yield from _parquet(path, wanted)
        elif ending == ".csv":
            yield from _csv(path, wanted)
        else:
            yield from _jsonl(path, wanted)


@contextmanager
def _foreign(path: Path) -> Iterator[None]:
    """Say what is wrong with a file in our words."""
    pa = needs("pyarrow")
    try:
        yield
    except pa.ArrowException as error:
        raise InputError(f"not readable: {str(error)[:200]}", path) from error
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(f"not readable: {error}", path) from error


def _chosen(names: Sequence[str], wanted: Sequence[str]) -> dict[str, str]:
    """Map the schema's names to a file's; the schema's own spelling comes first."""
    found = {plain_name(name): name for name in reversed(names)}
    found |= {name: name for name in names if name in wanted}
    return {name: found[name] for name in wanted if name in found}


def _renamed(batch: Foreign, chosen: dict[str, str]) -> Foreign:
    pa = needs("pyarrow")
    arrays = [batch.column(name) for name in chosen.values()]
    return pa.RecordBatch.from_arrays(arrays, names=list(chosen))


def _parquet(path: Path, wanted: Sequence[str]) -> Iterator[Foreign]:
    reader = needs("pyarrow.parquet")
    with reader.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20) as file:
        chosen = _chosen(list(file.schema_arrow.names), wanted)
        held = list(chosen.values())
        for batch in file.iter_batches(_ROWS, columns=held):
            yield _renamed(batch, chosen)


def _csv(path: Path, wanted: Sequence[str]) -> Iterator[Foreign]:
    pa, reader = needs("pyarrow"), needs("pyarrow.csv")
    chosen = _chosen(columns_of(path), wanted)
    held = list(chosen.values())
    compression = "gzip" if path.suffix == ".gz" else None
    with pa.input_stream(str(path), compression=compression) as stream:
        opened = reader.open_csv(
            stream,
            read_options=reader.ReadOptions(block_size=_BLOCK),
            parse_options=reader.ParseOptions(newlines_in_values=True),
            convert_options=reader.ConvertOptions(
                include_columns=held,
                column_types=dict.fromkeys(held, pa.string()),
                strings_can_be_null=False,
            ),
        )
        for batch in opened:
            yield _renamed(batch, chosen)


def _jsonl(path: Path, wanted: Sequence[str]) -> Iterator[Foreign]:
    pa = needs("pyarrow")
    chosen: dict[str, str] | None = None
    held: dict[str, list[str | None]] = {}
    n = 0
    for row in _json_rows(path):
        if chosen is None:
            chosen = _chosen(list(row), wanted)
            held = {name: [] for name in chosen}
        for name, theirs in chosen.items():
            held[name].append(_text(row.get(theirs)))
        n += 1
        if n == _ROWS:
            yield _texts(pa, held)
            held, n = {name: [] for name in held}, 0
    if n:
        yield _texts(pa, held)


def _texts(pa: Foreign, held: dict[str, list[str | None]]) -> Foreign:
    arrays = [pa.array(column, pa.string()) for column in held.values()]
    return pa.RecordBatch.from_arrays(arrays, names=list(held))


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value)


def _short(digits: str) -> int:
    """Read a number of JSON, which must not be long before it is a number."""
    if len(digits) > _MORE_DIGITS:
        raise LimitError("a number has too many digits", clip(digits))
    return int(digits)


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    opener: Any = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        yield file


def _json_rows(path: Path) -> Iterator[dict[str, Any]]:
    number = 0
    with _opened(path) as file:
        while line := file.readline(_MAX_LINE):
            number += 1
            where = f"{path}, line {number}"
            if len(line) >= _MAX_LINE:
                raise LimitError("a line is longer than 32 MiB", where)
            if not line.strip():
                continue
            try:
                row = json.loads(line, parse_int=_short, parse_float=_exact)
            except LimitError as error:
                raise LimitError(f"{error.message} ({error.value})", where) from error
            except (ValueError, ArithmeticError, RecursionError) as error:
                raise InputError("not JSON", where) from error
            if not isinstance(row, dict):
                raise InputError("a line should be one JSON object", where)
            yield row


def _exact(text: str) -> Decimal:
    if len(text) > _MORE_DIGITS:
        raise LimitError("a number has too many digits", clip(text))
    return Decimal(text)
