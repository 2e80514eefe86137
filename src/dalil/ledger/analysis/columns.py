"""What a query can ask of each table: columns stored, and columns worked out.

A chunk of rows is a slice (rows that follow one another) or an ascending array
of ids. A stored column of a slice is a view of the mapping, never a copy; a
column worked out (a row's height, a transaction's fee) exists for a chunk at
a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.errors import InputError, NotFoundError
from dalil.ledger.analysis.derived import (
    UNKNOWN_FEE,
    block_of,
    fee_of_tx,
    index_of,
    input_types,
    owner_of,
    per_tx,
    spender_of,
)
from dalil.ledger.layout import NO_ADDRESS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from dalil.ledger.analysis.derived import Rows
    from dalil.ledger.reader import Ledger

__all__ = ["TABLES", "Column", "column_of", "table_rows"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a query's table.

    `kind` says how it is asked for and shown: a ``number``, an ``amount`` (in
    base units, can be added up), a ``time``, ``type``, ``address``, ``hash``
    or ``flag``. `null` is where it holds nothing: below it, or equal to it
    for an address.
    """

    name: str
    kind: str
    read: Callable[[Ledger, Rows], NDArray[Any]]
    says: str
    null: int | None = None
    stored: bool = False

    def nulls(self, values: NDArray[Any]) -> NDArray[np.bool_] | None:
        """Mark the rows that hold nothing; None where none can."""
        if self.null is None:
            return None
        if self.kind == "address":
            return np.asarray(values == self.null)
        return np.asarray(values < self.null)


def _stored(name: str, kind: str, attribute: str, says: str, **more: Any) -> Column:  # noqa: ANN401
    return Column(
        name,
        kind,
        lambda of, rows: getattr(of, attribute)[rows],
        says,
        stored=True,
        **more,
    )


def _ids(of: Ledger, rows: Rows) -> NDArray[np.int64]:
    del of
    return np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows


def _heights(of: Ledger, blocks: NDArray[np.int64] | slice) -> NDArray[np.int32]:
    if not of.heights_known:
        raise NotFoundError(
            "no block of this ledger states its height; use block or time"
        )
    return of.block_height[blocks]


def _of_block(table: str) -> tuple[Column, ...]:
    return (
        Column(
            "block",
            "number",
            lambda of, rows: block_of(of, table, rows),
            "row of its block",
        ),
        Column(
            "height",
            "number",
            lambda of, rows: _heights(of, block_of(of, table, rows)),
            "height of its block",
        ),
        Column(
            "time",
            "time",
            lambda of, rows: of.block_time[block_of(of, table, rows)],
            "Unix seconds its block's header states",
        ),
    )


_ID = Column("id", "number", _ids, "the row, counted from 0 in chain order")

_BLOCKS = (
    _ID,
    Column("height", "number", _heights, "height; unknown in some partial ledgers"),
    _stored("time", "time", "block_time", "Unix seconds its header states"),
    _stored("hash", "hash", "block_hash", "hash, as hex the way it is printed"),
    Column(
        "n_tx",
        "amount",
        lambda of, rows: per_tx(of.block_first_tx, rows),
        "transactions",
    ),
)

_TXS = (
    _ID,
    _stored("txid", "hash", "tx_txid", "txid, as hex the way it is printed"),
    *_of_block("txs"),
    _stored("version", "number", "tx_version", "version"),
    _stored("locktime", "number", "tx_locktime", "lock time"),
    Column(
        "n_inputs",
        "amount",
        lambda of, rows: per_tx(of.tx_first_input, rows),
        "inputs, a coinbase's among them",
    ),
    Column(
        "n_outputs",
        "amount",
        lambda of, rows: per_tx(of.tx_first_output, rows),
        "outputs",
    ),
    Column(
        "fee_sat",
        "amount",
        fee_of_tx,
        "inputs less outputs; 0 for a coinbase; unknown where an input's value is",
        null=UNKNOWN_FEE + 1,
    ),
)

_INPUTS = (
    _ID,
    Column(
        "tx",
        "number",
        lambda of, rows: owner_of(of.tx_first_input, rows),
        "row of its transaction",
    ),
    Column(
        "index",
        "number",
        lambda of, rows: index_of(of.tx_first_input, rows),
        "place in its transaction",
    ),
    *_of_block("inputs"),
    _stored(
        "spends",
        "number",
        "input_spends",
        "row of the output it spends; none if outside or coinbase",
        null=0,
    ),
    _stored("sequence", "number", "input_sequence", "sequence number"),
    Column(
        "value_sat",
        "amount",
        lambda of, rows: of.input_values(_ids(of, rows)),
        "amount it spends; unknown or none (coinbase)",
        null=0,
    ),
    Column(
        "address",
        "address",
        lambda of, rows: of.input_addresses(_ids(of, rows)),
        "row of the address it spends from",
        null=NO_ADDRESS,
    ),
    Column(
        "type",
        "type",
        lambda of, rows: input_types(of, _ids(of, rows)),
        "script type it spends",
    ),
)

_OUTPUTS = (
    _ID,
    Column(
        "tx",
        "number",
        lambda of, rows: owner_of(of.tx_first_output, rows),
        "row of its transaction",
    ),
    Column(
        "index",
        "number",
        lambda of, rows: index_of(of.tx_first_output, rows),
        "place in its transaction",
    ),
    *_of_block("outputs"),
    _stored("value_sat", "amount", "output_value", "amount"),
    _stored(
        "address",
        "address",
        "output_address",
        "row of the address it pays",
        null=NO_ADDRESS,
    ),
    _stored("type", "type", "output_type", "script type"),
    Column(
        "spent_by",
        "number",
        lambda of, rows: spender_of(of, rows),
        "row of the input that spends it, in this snapshot",
        null=0,
    ),
    Column(
        "spent",
        "flag",
        lambda of, rows: spender_of(of, rows) >= 0,
        "whether this snapshot holds an input that spends it",
    ),
)


def _table(columns: Iterable[Column]) -> dict[str, Column]:
    return {column.name: column for column in columns}


TABLES = {
    "blocks": _table(_BLOCKS),
    "txs": _table(_TXS),
    "inputs": _table(_INPUTS),
    "outputs": _table(_OUTPUTS),
}
"""The columns of each table a query runs over, by name."""


def column_of(table: str, name: str) -> Column:
    """Find a column.

    Raises
    ------
    InputError
        If the table has none of that name; the message lists those it has.
    """
    found = TABLES[table].get(name)
    if found is None:
        raise InputError(
            f"{table} have no such column (they have {', '.join(TABLES[table])})", name
        )
    return found


def table_rows(of: Ledger, table: str) -> int:
    """Count a table's rows."""
    return {
        "blocks": of.n_blocks,
        "txs": of.n_tx,
        "inputs": of.n_inputs,
        "outputs": of.n_outputs,
    }[table]
