"""Rows that tables tell of one block: once each, and of this block only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dalil.errors import InputError
from dalil.sources.accounts.numbers import clip, hash_of, second_of
from dalil.sources.accounts.shaping import NO_HASH

if TYPE_CHECKING:
    from collections.abc import Callable

    from dalil.sources.accounts.report import SourceReport
    from dalil.sources.accounts.shaping import BlockRows

__all__ = ["agreeing", "once"]

Row = dict[str, Any]


def once(
    rows: list[Row], key: Callable[[Row], tuple[Any, ...]], report: SourceReport
) -> list[Row]:
    """Drop rows repeated in everything.

    Raises
    ------
    InputError
        If two rows share a key and differ.
    """
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        held = found.setdefault(key(row), row)
        if held is row:
            continue
        if held != row:
            raise InputError("two different rows of one key", clip(key(row)))
        report.n_duplicates_dropped += 1
    return list(found.values())


def agreeing(
    block: BlockRows, rows: dict[str, list[Row]], report: SourceReport
) -> dict[str, list[Row]]:
    """Leave out what says to be of another block of this height, by name.

    Its hash and time are taken from rows that tell them.

    Raises
    ------
    InputError
        If rows tell two hashes and no table of blocks says which is right, or
        two times.
    """
    listed = block.hash != NO_HASH
    strays: set[str] = set()
    for table, held in rows.items():
        for row in held if table != "blocks" else ():
            told = hash_of(row["block_hash"]) if row.get("block_hash") else None
            if told is not None and block.hash == NO_HASH:
                block.hash = told
            if told in (None, block.hash):
                _take_time(block, table, row)
                continue
            if not listed:
                raise InputError(f"{table} are of another block", told.hex())
            strays.add(_name(row))
    for name in sorted(strays):
        report.note(
            f"transaction {name}",
            f"its row names block {block.number} and another's hash; left out",
        )
    return {
        table: [row for row in held if table == "blocks" or _name(row) not in strays]
        for table, held in rows.items()
    }


def _take_time(block: BlockRows, table: str, row: Row) -> None:
    if row.get("block_timestamp"):
        second = second_of(row["block_timestamp"])
        if block.time not in (0, second):
            raise InputError(f"{table} have another time", second)
        block.time = second


def _name(row: Row) -> str:
    """Give a row's transaction, as it is written."""
    return str(row.get("transaction_hash") or row.get("hash"))
