"""Tables of the public `crypto_ethereum` schema, told apart by their columns.

That is what ethereum-etl writes and BigQuery's public data sets serve, one table
a file. Names in camel case, and the few that other exporters give the same
columns, are read as the schema's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dalil.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = ["ending_of", "files_under", "missing_of", "plain_name", "table_of"]

_ENDINGS = (".parquet", ".json", ".jsonl", ".ndjson", ".csv")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ALIASES = {
    "block_id": "block_number",
    "block_height": "block_number",
    "tx_hash": "transaction_hash",
    "txhash": "transaction_hash",
    "token": "token_address",
}
_TABLES: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "token_transfers": (
        frozenset({"token_address", "from_address", "to_address", "value"}),
        frozenset({"transaction_hash", "log_index", "block_number"}),
    ),
    "logs": (
        frozenset({"topics", "data", "address"}),
        frozenset({"transaction_hash", "log_index", "block_number"}),
    ),
    "traces": (
        frozenset({"call_type", "from_address", "to_address", "value"}),
        frozenset({"transaction_hash", "block_number"}),
    ),
    "blocks": (frozenset({"parent_hash", "timestamp"}), frozenset()),
    "transactions": (
        frozenset({"from_address", "to_address", "value", "gas", "nonce"}),
        frozenset({"block_number"}),
    ),
    "receipts": (
        frozenset({"gas_used", "cumulative_gas_used"}),
        frozenset({"transaction_hash"}),
    ),
}
"""Of each table, in the order they are tried: what tells it, what else it needs."""


def plain_name(name: str) -> str:
    """Give a column's name as the public schema has it.

    >>> plain_name("blockId"), plain_name("from_address")
    ('block_number', 'from_address')
    """
    snake = _CAMEL.sub("_", name.strip()).lower()
    return _ALIASES.get(snake, snake)


def table_of(names: Iterable[str]) -> str:
    """Tell which table has such columns; empty for none that is read."""
    held = {plain_name(name) for name in names}
    for table, (tells, _) in _TABLES.items():
        if held >= tells:
            return table
    return ""


def missing_of(table: str, names: Iterable[str]) -> list[str]:
    """List what a table lacks."""
    return sorted(_TABLES[table][1] - {plain_name(name) for name in names})


def ending_of(path: Path) -> str:
    """Tell a file's form by its name, whether gzipped or not."""
    ending = (path.with_suffix("") if path.suffix == ".gz" else path).suffix
    return ending if ending in _ENDINGS else ""


def files_under(paths: Sequence[Path], kind: str = "") -> list[Path]:
    """List the files named, and those in the folders named that can be read.

    Parameters
    ----------
    kind : str
        ``csv``, ``jsonl`` or ``parquet``: in folders, take only these.

    Raises
    ------
    InputError
        If a path is not there, or leads to no file.
    """
    wanted = {
        "csv": (".csv",),
        "jsonl": (".json", ".jsonl", ".ndjson"),
        "parquet": (".parquet",),
    }.get(kind, _ENDINGS)
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(f for f in path.rglob("*") if f.is_file())
            hidden = [
                any(p[:1] in "._" for p in f.relative_to(path).parts) for f in inside
            ]
            found += [
                file
                for file, skip in zip(inside, hidden, strict=True)
                if not skip and ending_of(file) in wanted
            ]
        elif path.is_file():
            found.append(path)
        else:
            raise InputError("no such file or folder", path)
    if not found:
        raise InputError(f"no file here ends in {', '.join(wanted)}", paths[0])
    return found
