"""Files and folders of the public `crypto_ethereum` schema, told apart by columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.chains import tron
from dalil.errors import InputError
from dalil.sources.accounts.folder import ExportFolder
from dalil.sources.accounts.tablerows import batches_of, columns_of
from dalil.sources.accounts.tables import files_under, missing_of, table_of
from dalil.sources.accounts.transfers import TransferFiles

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dalil.sources.accounts.report import AccountSource

__all__ = ["open_export"]

_ETHEREUM = "eip155:1"


def open_export(
    kind: str,
    paths: Sequence[Path],
    *,
    chain: str | None = None,
    first: int | None = None,
    last: int | None = None,
) -> AccountSource:
    """Open what ethereum-etl wrote.

    Parameters
    ----------
    kind : str
        ``csv``, ``jsonl`` or ``parquet``.
    paths : sequence of Path
        Files or folders; folders are searched for files of that kind.

    Raises
    ------
    InputError
        If a path is not there, or no table is found that says what moved.
    """
    tables: dict[str, list[Path]] = {}
    for path in files_under(paths, kind):
        names = columns_of(path)
        if not (table := table_of(names)):
            continue
        if lacks := missing_of(table, names):
            raise InputError(f"a table of {table} without {', '.join(lacks)}", path)
        tables.setdefault(table, []).append(path)
    if set(tables) == {"token_transfers"}:
        found = tables["token_transfers"]
        named = chain or _chain_of(found[0])
        return TransferFiles(kind, named, found, first=first, last=last)
    if {"logs", "transactions", "traces"} & tables.keys():
        return ExportFolder(kind, chain or _ETHEREUM, tables, first=first, last=last)
    raise InputError(
        "no table here says what moved (token_transfers; or logs, transactions)",
        paths[0],
    )


def _chain_of(path: Path) -> str:
    """Guess a chain by how addresses are spelled: TRON's begin with T."""
    for batch in batches_of(path, ("token_address",)):
        if batch.num_rows and batch.num_columns:
            value = batch.column(0)[0].as_py()
            return tron.CAIP2 if str(value).startswith("T") else _ETHEREUM
    return _ETHEREUM
