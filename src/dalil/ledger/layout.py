"""What a ledger is on disk: its columns, and the manifest that names them.

A ledger is a folder::

    commit.json        what counts: the manifest, and the files it is in
    columns/NAME/…     primary columns, flat little-endian, append-only chunks
    runs/…             look-up indexes and back-links, one immutable file a run
    cache/…            clusters, keyed by manifest

Only primary columns are hashed into the manifest, and it holds no path, clock
time, version or setting: two ledgers of the same chain have the same
manifest, however their blocks were stored or split into runs.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = [
    "CHUNK_BYTES",
    "COLUMNS",
    "FORMAT",
    "NO_ADDRESS",
    "SIDE_COLUMNS",
    "Column",
    "canonical_json",
    "manifest_sha256",
]

FORMAT = "dalil-ledger/2"
CHUNK_BYTES = 1 << 24
NO_ADDRESS = 0xFFFF_FFFF
"""In an address column: no address, or not known."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: name, element type, elements per row, rows at the start.

    Columns named ``first_…`` hold one row more than their table, beginning
    with 0, so that rows i and i + 1 bracket what belongs to i.
    """

    name: str
    dtype: str
    width: int = 1
    leading_zero: bool = False

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return int(np.dtype(self.dtype).itemsize) * self.width

    def shape(self, rows: int) -> tuple[int, ...]:
        """Shape of so many rows as an array."""
        return (rows,) if self.width == 1 else (rows, self.width)


def _first(table: str, what: str) -> Column:
    return Column(f"{table}.first_{what}", "<i8", leading_zero=True)


COLUMNS = {
    column.name: column
    for column in (
        Column("block.height", "<i4"),
        Column("block.time", "<u4"),
        Column("block.hash", "|u1", 32),
        Column("block.header", "|u1", 80),
        _first("block", "tx"),
        _first("block", "address"),
        _first("block", "outside"),
        _first("block", "script"),
        Column("tx.txid", "|u1", 32),
        Column("tx.version", "<i4"),
        Column("tx.locktime", "<u4"),
        _first("tx", "input"),
        _first("tx", "output"),
        Column("input.spends", "<i8"),
        Column("input.sequence", "<u4"),
        Column("output.value", "<i8"),
        Column("output.address", "<u4"),
        Column("output.type", "|u1"),
        Column("outside.input", "<i8"),
        Column("outside.outpoint", "|u1", 36),
        Column("outside.value", "<i8"),
        Column("outside.address", "<u4"),
        Column("outside.type", "|u1"),
        Column("address.type", "|u1"),
        Column("address.key", "|u1", 32),
        Column("script.address", "<u4"),
        Column("script.bytes", "|u1", 68),
    )
}
"""Every primary column. `script` keeps, for addresses whose key is a hash of
their script (bare keys, future witness programs), that script behind a length
byte."""


SIDE_COLUMNS = {
    column.name: column
    for column in (
        Column("raw.place", "|u1", 16),
        Column("raw.tx_end", "<i8"),
        Column("raw.tx", "|u1"),
    )
}
"""Columns of this machine, kept like the others but no part of the identity:
where each block's bytes lie, or the transactions' own bytes one behind another."""


def canonical_json(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """Write JSON one way only: sorted keys, no spaces, UTF-8."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()


def manifest_sha256(manifest: dict[str, Any]) -> str:
    """Hash a manifest: the identity every result cites."""
    return hashlib.sha256(canonical_json(manifest)).hexdigest()
