"""Tables walked together: the rows of one block after another's."""

from __future__ import annotations

import tempfile
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dalil.errors import InputError
from dalil.extras import Foreign, needs
from dalil.sources.accounts.numbers import decimal_of
from dalil.sources.accounts.tablerows import batches_of, columns_of
from dalil.sources.accounts.tables import plain_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["blocks_of_tables"]

Row = dict[str, Any]
_SMALL = 1 << 26
_SORT_MEMORY = "1GB"
_HEIGHT = 1 << 40
_AT = "_at"
_WANTED = (
    "block_number",
    "number",
    "hash",
    "block_hash",
    "parent_hash",
    "timestamp",
    "block_timestamp",
    "transaction_count",
    "transaction_hash",
    "transaction_index",
    "from_address",
    "to_address",
    "value",
    "input",
    "status",
    "receipt_status",
    "gas_used",
    "receipt_gas_used",
    "effective_gas_price",
    "receipt_effective_gas_price",
    "contract_address",
    "receipt_contract_address",
    "call_type",
    "trace_type",
    "trace_id",
    "trace_index",
    "trace_address",
    "log_index",
    "address",
    "data",
    "topics",
)


def blocks_of_tables(
    tables: Mapping[str, Sequence[Path]],
) -> Iterator[tuple[int, dict[str, list[Row]]]]:
    """Give each block's number and its rows by table, ascending.

    Tables of more than 64 MiB are sorted by DuckDB, which spills to disk.

    Raises
    ------
    InputError
        If a file cannot be read, or a row has no block.
    """
    coming = {
        table: groupby(_sorted(table, paths), key=lambda pair: pair[0])
        for table, paths in tables.items()
        if table not in ("token_transfers", "tokens")
    }
    heads = {table: next(groups, None) for table, groups in coming.items()}
    while waiting := [head[0] for head in heads.values() if head is not None]:
        number = min(waiting)
        found: dict[str, list[Row]] = {}
        for table, head in heads.items():
            if head is not None and head[0] == number:
                found[table] = [row for _, row in head[1]]
                heads[table] = next(coming[table], None)
        yield number, found


def _sorted(table: str, paths: Sequence[Path]) -> Iterator[tuple[int, Row]]:
    if sum(path.stat().st_size for path in paths) <= _SMALL:
        yield from sorted(_rows(table, paths), key=lambda pair: pair[0])
        return
    yield from _by_duckdb(table, paths)


def _rows(table: str, paths: Sequence[Path]) -> Iterator[tuple[int, Row]]:
    for path in paths:
        n = 0
        for batch in batches_of(path, _WANTED):
            for row in batch.to_pylist():
                n += 1
                try:
                    number = decimal_of(_number(table, row), _HEIGHT)
                except InputError as error:
                    where = f"{path}, row {n}"
                    raise InputError(f"no block ({error})", where) from error
                yield number, row


def _number(table: str, row: Row) -> Any:  # noqa: ANN401 - a file's
    if table == "blocks" and row.get("number") is not None:
        return row["number"]
    return row.get("block_number")


def _by_duckdb(table: str, paths: Sequence[Path]) -> Iterator[tuple[int, Row]]:
    pa, duckdb = needs("pyarrow"), needs("duckdb")
    held = {plain_name(name) for path in paths for name in columns_of(path)}
    names = [name for name in _WANTED if name in held]
    schema = pa.schema([(_AT, pa.int64()), *((name, pa.string()) for name in names)])
    with tempfile.TemporaryDirectory(prefix="dalil-sort-") as folder:
        settings = {"memory_limit": _SORT_MEMORY, "temp_directory": folder}
        connection = duckdb.connect(config=settings)
        try:
            coming = _texts(table, paths, names, schema)
            reader = pa.RecordBatchReader.from_batches(schema, coming)
            inside = connection.from_arrow(reader).order(_AT)
            new = hasattr(inside, "to_arrow_reader")
            read = inside.to_arrow_reader if new else inside.fetch_arrow_reader
            for batch in read(1 << 14):
                for row in batch.to_pylist():
                    yield row.pop(_AT), row
        except duckdb.Error as error:
            raise InputError(f"cannot sort the rows: {error}", paths[0]) from error
        finally:
            connection.close()


def _texts(
    table: str, paths: Sequence[Path], names: list[str], schema: Foreign
) -> Iterator[Foreign]:
    pa = needs("pyarrow")
    some: list[Row] = []
    for number, row in _rows(table, paths):
        text = {name: _text(row.get(name)) for name in names}
        some.append({_AT: number} | text)
        if len(some) == 1 << 14:
            yield pa.RecordBatch.from_pylist(some, schema=schema)
            some = []
    yield pa.RecordBatch.from_pylist(some, schema=schema)


def _text(value: object) -> str | None:
    if value is None:
        return None
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
