"""A ledger as Parquet files of the public `crypto_bitcoin` schema.

::

    DIR/transactions/block_timestamp_month=2019-01-01/part-0.parquet
    DIR/blocks/timestamp_month=2019-01-01/part-0.parquet
    DIR/inputs/…, DIR/outputs/…
    DIR/_coinbases.json   sequence numbers of coinbases, where uncommon: the
                          schema leaves a coinbase's input out
    DIR/_dalil.json       written last: which ledger, and what is null

A month's folder is written beside its place and moved there whole. Without
``_dalil.json`` an export was not finished.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.errors import InputError
from dalil.extras import needs
from dalil.ids import format_txid
from dalil.ledger.analysis.exportraw import read_raw_fields
from dalil.ledger.analysis.exportrows import Stretch
from dalil.ledger.analysis.publicschema import (
    MONTH_OF,
    NEEDS_RAW,
    NEVER,
    PUBLIC_TABLES,
    schema,
)
from dalil.progress import silent
from dalil.sources.etlfiles import COINBASES
from dalil.sources.etlrows import COINBASE_SEQUENCES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.extras import Foreign
    from dalil.ledger.reader import Ledger
    from dalil.progress import Progress

__all__ = ["ExportReport", "export_public"]

_ROWS_IN_GROUP = 1 << 17
"""Inputs and outputs after which a row group ends: some 100 MB while it is made."""
_REPORT = "_dalil.json"


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export holds and what it leaves out."""

    format: str
    chain: str
    manifest_sha256: str
    months: list[str]
    rows: dict[str, int]
    null_fields: list[str]


def export_public(
    ledger: Ledger,
    folder: Path,
    tables: Sequence[str] = tuple(PUBLIC_TABLES),
    *,
    scripts: bool = False,
    progress: Progress = silent,
) -> ExportReport:
    """Write a ledger as partitioned Parquet files.

    Parameters
    ----------
    ledger : Ledger
    folder : Path
        Must not exist, or be empty.
    tables : sequence of str
        Of ``blocks``, ``transactions``, ``inputs``, ``outputs``; the last two
        say again what ``transactions`` nests.
    scripts : bool
        Read raw transactions for scripts and sizes; they stay null otherwise.

    Raises
    ------
    InputError
        If the folder holds something, or a table is not of the schema.
    NotFoundError
        If raw transactions are wanted and their files are gone.
    OSError
        If the disk is full: whole months stay, and no report.
    """
    unknown = [table for table in tables if table not in PUBLIC_TABLES]
    if unknown or not tables:
        raise InputError(f"tables are {', '.join(PUBLIC_TABLES)}", ", ".join(unknown))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError("an export needs a folder of its own, new or empty", folder)
    needs("pyarrow.parquet")
    folder.mkdir(parents=True, exist_ok=True)
    rows = dict.fromkeys(tables, 0)
    months = ledger.block_time.astype("datetime64[s]").astype("datetime64[M]")
    every = np.unique(months)
    for done, month in enumerate(every):
        progress("months", done, every.size)
        blocks = np.flatnonzero(months == month)
        place = folder, f"{month}-01"
        written = _write_month(ledger, place, blocks, tables, scripts=scripts)
        rows = {table: n + written[table] for table, n in rows.items()}
    progress("months", every.size, every.size)
    report = ExportReport(
        "crypto-bitcoin",
        ledger.chain,
        ledger.manifest_sha256,
        [f"{month}-01" for month in every],
        rows,
        [*NEVER] if scripts else [*NEVER, *NEEDS_RAW],
    )
    _write_json(folder / COINBASES, _coinbase_sequences(ledger))
    _write_json(folder / _REPORT, asdict(report))
    return report


def _write_month(
    ledger: Ledger,
    place: tuple[Path, str],
    blocks: NDArray[np.int64],
    tables: Sequence[str],
    *,
    scripts: bool,
) -> dict[str, int]:
    pq = needs("pyarrow.parquet")
    folder, month = place
    rows = dict.fromkeys(tables, 0)
    partial = {table: folder / f".{table}-{month}" for table in tables}
    try:
        with ExitStack() as open_files:
            writers: dict[str, Foreign] = {}
            for table, draft in partial.items():
                draft.mkdir()
                file = pq.ParquetWriter(
                    draft / "part-0.parquet", schema(table), compression="zstd"
                )
                writers[table] = open_files.enter_context(file)
            for first, last in _stretches(ledger, blocks):
                raw = read_raw_fields(ledger, first, last) if scripts else None
                stretch = Stretch(ledger, first, last, raw)
                for table, writer in writers.items():
                    part = stretch.table(table)
                    writer.write_table(part, row_group_size=max(part.num_rows, 1))
                    rows[table] += part.num_rows
        for table, draft in partial.items():
            _settle(draft, folder / table / f"{MONTH_OF[table]}={month}")
    except BaseException:
        for draft in partial.values():
            shutil.rmtree(draft, ignore_errors=True)
        raise
    return rows


def _stretches(ledger: Ledger, blocks: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Cut a month's blocks into runs that make one row group each."""
    first = last = -1
    size = 0
    for block in blocks.tolist():
        ends = ledger.block_first_tx[block : block + 2]
        more = int(np.diff(ledger.tx_first_input[ends])[0])
        more += int(np.diff(ledger.tx_first_output[ends])[0])
        if first >= 0 and (block != last or size + more > _ROWS_IN_GROUP):
            yield first, last
            first = -1
        if first < 0:
            first, size = block, 0
        last, size = block + 1, size + more
    if first >= 0:
        yield first, last


def _settle(partial: Path, place: Path) -> None:
    """Move a finished folder to its place, its bytes on disk before its name."""
    for file in partial.iterdir():
        with file.open("rb") as written:
            os.fsync(written.fileno())
    place.parent.mkdir(exist_ok=True)
    partial.rename(place)


def _coinbase_sequences(ledger: Ledger) -> dict[str, int]:
    """Give uncommon sequence numbers of coinbases by block hash."""
    inputs = ledger.tx_first_input[ledger.block_first_tx[:-1]]
    sequences = ledger.input_sequence[inputs]
    odd = ~np.isin(sequences, COINBASE_SEQUENCES) & (ledger.input_spends[inputs] == -2)
    return {
        format_txid(ledger.block_hash[block].tobytes()): int(sequences[block])
        for block in np.flatnonzero(odd)
    }


def _write_json(path: Path, value: dict[str, Any]) -> None:
    draft = path.with_name(f".{path.name}")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(value, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
