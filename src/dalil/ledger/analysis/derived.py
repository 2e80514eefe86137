"""Columns no file holds, worked out for a chunk of rows from those that do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.chains.bitcoin.scripts import ScriptType

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import NDArray

    from dalil.ledger.reader import Ledger
    from dalil.ledger.snapshot import Columns

    Rows: TypeAlias = slice | NDArray[np.int64]

__all__ = [
    "UNKNOWN_FEE",
    "block_of",
    "fee_of_tx",
    "index_of",
    "input_types",
    "owner_of",
    "per_tx",
    "spender_of",
    "sums_between",
]

UNKNOWN_FEE = -(1 << 63)
"""In `fee_of_tx`: an input's value is not known."""


def owner_of(first: NDArray[np.int64], rows: Rows) -> NDArray[np.int64]:
    """Say to which owner each row belongs; owner i holds ``first[i]:first[i + 1]``.

    For a slice two searches and a repetition, however many rows it has.
    """
    if not isinstance(rows, slice):
        return np.searchsorted(first, rows, side="right") - 1
    start, stop = int(rows.start), int(rows.stop)
    if start >= stop:
        return np.zeros(0, np.int64)
    low = int(np.searchsorted(first, start, side="right")) - 1
    high = int(np.searchsorted(first, stop - 1, side="right"))
    ends = np.clip(first[low : high + 1], start, stop)
    return np.repeat(np.arange(low, high), np.diff(ends))


def index_of(first: NDArray[np.int64], rows: Rows) -> NDArray[np.int64]:
    """Say at which place of its owner each row stands."""
    ids = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
    return ids - first[owner_of(first, rows)]


def per_tx(first: NDArray[np.int64], rows: Rows) -> NDArray[np.int64]:
    """Count what each of some owners holds."""
    if isinstance(rows, slice):
        return np.diff(first[rows.start : rows.stop + 1])
    return first[rows + 1] - first[rows]


def block_of(of: Columns, table: str, rows: Rows) -> NDArray[np.int64]:
    """Say in which block each row of a table stands."""
    if table == "blocks":
        return np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
    if table == "txs":
        return owner_of(of.block_first_tx, rows)
    first = of.tx_first_input if table == "inputs" else of.tx_first_output
    txs = owner_of(first, rows)
    if not txs.size:
        return txs
    low, high = int(txs[0]), int(txs[-1])
    if high - low < 2 * txs.size:
        return owner_of(of.block_first_tx, slice(low, high + 1))[txs - low]
    return owner_of(of.block_first_tx, txs)


def spender_of(of: Ledger, outputs: Rows) -> NDArray[np.int64]:
    """Give the input of this snapshot that spends each output; -1 for none.

    Asks the runs for these outputs only: the whole column is never put together.
    """
    if isinstance(outputs, slice):
        outputs = np.arange(outputs.start, outputs.stop)
    return of.spenders(outputs)


def input_types(of: Columns, inputs: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Give the script type each input spends; `UNKNOWN` for a coinbase."""
    spends = of.input_spends[inputs]
    found = np.full(inputs.size, int(ScriptType.UNKNOWN), np.uint8)
    inside, outside = spends >= 0, spends == -1
    found[inside] = of.output_type[spends[inside]]
    rows = np.searchsorted(of.outside_input, inputs[outside])
    found[outside] = of.outside_type[rows]
    return found


def fee_of_tx(of: Columns, rows: Rows) -> NDArray[np.int64]:
    """Give each transaction's fee in base units; `UNKNOWN_FEE` where not known.

    A coinbase pays none: 0. Amounts of one transaction fit in int64.
    """
    txs = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
    inputs, owned_inputs = _members(of.tx_first_input, txs)
    outputs, owned_outputs = _members(of.tx_first_output, txs)
    values, spends = of.input_values(inputs), of.input_spends[inputs]
    fee = sums_between(values, owned_inputs) - sums_between(
        of.output_value[outputs], owned_outputs
    )
    fee[sums_between(values == -1, owned_inputs) > 0] = UNKNOWN_FEE
    fee[sums_between(spends == -2, owned_inputs) > 0] = 0
    return fee


def _members(
    first: NDArray[np.int64], owners: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List the rows of some owners, and the bounds of each owner's in the list."""
    counts = first[owners + 1] - first[owners]
    bounds = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
    shift = np.repeat(first[owners] - bounds[:-1], counts)
    return np.arange(int(bounds[-1])) + shift, bounds


def sums_between(values: NDArray[Any], bounds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Add up between bounds; what wraps on the way up unwraps in the difference."""
    running = np.concatenate((np.zeros(1, np.int64), np.cumsum(values, dtype=np.int64)))
    return running[bounds[1:]] - running[bounds[:-1]]
