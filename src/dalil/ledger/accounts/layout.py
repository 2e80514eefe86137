"""What a ledger of accounts is on disk: its columns, and what names them.

A ledger is a folder::

    commit.json        what counts: the manifest, and the files it is in
    columns/NAME/…     primary columns, flat little-endian, append-only chunks
    runs/…             look-up indexes and postings, one immutable file a run

Only primary columns are hashed into the manifest. It holds no path, clock time,
version or setting: two ledgers of the same chain from the same kind of source
have the same manifest, however their blocks came or were cut into batches.
"""

from __future__ import annotations

from dalil.ledger.layout import CHUNK_BYTES, Column

__all__ = [
    "CHUNK_BYTES",
    "COLUMNS",
    "COUNTED_BY",
    "FORMAT",
    "LIMBS",
    "RUN_COLUMNS",
    "TABLES",
]

FORMAT = "dalil-accounts/1"

LIMBS = 4
"""64-bit words of an amount."""


def _first(table: str, what: str) -> Column:
    return Column(f"{table}.first_{what}", "<i8", leading_zero=True)


COLUMNS = {
    column.name: column
    for column in (
        Column("anchor.address", "<u4"),
        Column("anchor.token", "<u4"),
        Column("anchor.amount", "<u8", LIMBS),
        Column("block.number", "<i8"),
        Column("block.time", "<i8"),
        Column("block.hash", "|u1", 32),
        Column("block.parent", "|u1", 32),
        Column("block.follows", "|u1"),
        _first("block", "tx"),
        _first("block", "event"),
        _first("block", "wide"),
        _first("block", "address"),
        _first("block", "token"),
        Column("tx.hash", "|u1", 32),
        Column("tx.place", "<i4"),
        Column("tx.status", "|u1"),
        Column("tx.sender", "<u4"),
        _first("tx", "transfer"),
        Column("transfer.token", "<u4"),
        Column("transfer.from", "<u4"),
        Column("transfer.to", "<u4"),
        Column("transfer.amount", "<u8"),
        Column("transfer.kind", "|u1"),
        Column("transfer.log", "<i4"),
        Column("wide.transfer", "<i8"),
        Column("wide.high", "<u8", LIMBS - 1),
        Column("event.tx", "<i8"),
        Column("event.kind", "|u1"),
        Column("event.contract", "<u4"),
        Column("event.subject", "<u4"),
        Column("event.other", "<u4"),
        Column("event.log", "<i4"),
        Column("event.amount", "<u8", LIMBS),
        Column("event.ref", "<i8"),
        Column("address.key", "|u1", 20),
        Column("token.kind", "|u1"),
        Column("token.key", "|u1", 20),
    )
}
"""Every primary column. `transfer.amount` is an amount's lowest 64 bits; the
upper three words are in `wide` for those that need them. `block.follows` is 1
where no block is missing before this one. `event.tx` is an event's transaction:
few transactions have events, so they hold no column of first events."""

COUNTED_BY = {
    "anchor": "anchor.token",
    "block": "block.number",
    "tx": "tx.status",
    "transfer": "transfer.kind",
    "wide": "wide.transfer",
    "event": "event.kind",
    "address": "address.key",
    "token": "token.kind",
}
"""For each table the column that tells how many rows it has."""

TABLES = tuple(COUNTED_BY)

RUN_COLUMNS = (
    *("tx.hash", "address.key", "transfer.token", "transfer.from", "transfer.to"),
    "event.subject",
)
"""What runs are made of."""
