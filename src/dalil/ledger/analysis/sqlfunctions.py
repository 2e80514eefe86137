"""Functions SQL can call on a ledger, a few thousand rows at a time.

What no column holds is worked out only for the rows that a statement is left
with: the transaction of an output, an input's amount, an address in letters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dalil.chains.bitcoin.scripts import ScriptType
from dalil.extras import needs
from dalil.ledger.analysis.answers import hex_texts, type_array
from dalil.ledger.analysis.derived import (
    UNKNOWN_FEE,
    fee_of_tx,
    input_types,
    spender_of,
)
from dalil.ledger.layout import NO_ADDRESS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from dalil.extras import Foreign
    from dalil.ledger.reader import Ledger

__all__ = ["FUNCTIONS", "SqlFunction", "add_functions"]


class SqlFunction(NamedTuple):
    """One function: what it takes and gives in SQL, what it says, how it works."""

    takes: str
    gives: str
    says: str
    work: Callable[[Ledger, Any], Any]


def _ints(array: Foreign) -> NDArray[np.int64]:
    """Give row numbers; -1, which no row has, for null."""
    values: NDArray[np.int64] = array.fill_null(-1).to_numpy(zero_copy_only=False)
    return values.astype(np.int64, copy=False)


def _within(ids: NDArray[np.int64], n: int) -> NDArray[np.bool_]:
    return (ids >= 0) & (ids < n)


def _looked_up(
    n_of: Callable[[Ledger], int],
    read: Callable[[Ledger, NDArray[np.int64]], NDArray[Any]],
    null_below: int | None = None,
) -> Callable[[Ledger, Any], Any]:
    """Read by row; a row that is not there gives null."""

    def work(ledger: Ledger, array: Foreign) -> Foreign:
        ids = _ints(array)
        there = _within(ids, n_of(ledger))
        found = np.zeros(ids.size, np.int64)
        found[there] = read(ledger, ids[there])
        if null_below is not None:
            there &= found >= null_below
        return needs("pyarrow").array(found, mask=~there)

    return work


def _n_tx(ledger: Ledger) -> int:
    return ledger.n_tx


def _n_inputs(ledger: Ledger) -> int:
    return ledger.n_inputs


def _n_outputs(ledger: Ledger) -> int:
    return ledger.n_outputs


def _heights(ledger: Ledger, txs: NDArray[np.int64]) -> NDArray[np.int64]:
    if not ledger.heights_known:
        return np.full(txs.size, -1, np.int64)
    return ledger.block_height[ledger.block_of_tx(txs)].astype(np.int64)


def _input_addresses(ledger: Ledger, inputs: NDArray[np.int64]) -> NDArray[np.int64]:
    found = ledger.input_addresses(inputs).astype(np.int64)
    found[found == NO_ADDRESS] = -1
    return found


def _texts(ledger: Ledger, array: Foreign) -> Foreign:
    ids = _ints(array)
    there = _within(ids, ledger.n_addresses)
    known = {int(i): ledger.address_text(int(i)) for i in np.unique(ids[there])}
    return needs("pyarrow").array([known.get(i) for i in ids.tolist()], "string")


def _rows(ledger: Ledger, array: Foreign) -> Foreign:
    def row(text: str | None) -> int | None:
        return None if text is None else ledger.find_address(text)

    return needs("pyarrow").array([row(text) for text in array.to_pylist()], "int64")


def _hex(ledger: Ledger, array: Foreign) -> Foreign:
    del ledger
    pa, blobs = needs("pyarrow"), array.to_pylist()
    if all(blob is not None and len(blob) == 32 for blob in blobs):
        rows = np.frombuffer(b"".join(blobs), np.uint8).reshape(-1, 32)
        return pa.array(hex_texts(rows), "string")
    texts = [None if blob is None else blob[::-1].hex() for blob in blobs]
    return pa.array(texts, "string")


def _tx_rows(ledger: Ledger, array: Foreign) -> Foreign:
    def row(text: str | None) -> int | None:
        return None if text is None else ledger.find_tx(text)

    return needs("pyarrow").array([row(text) for text in array.to_pylist()], "int64")


def _types(ledger: Ledger, array: Foreign) -> Foreign:
    pa, compute = needs("pyarrow"), needs("pyarrow.compute")
    ids = _ints(array)
    there = _within(ids, ledger.n_inputs)
    found = np.full(ids.size, int(ScriptType.UNKNOWN), np.uint8)
    found[there] = input_types(ledger, ids[there])
    labels = type_array(pa, found).cast(pa.string())
    return compute.if_else(pa.array(there), labels, None)


FUNCTIONS: dict[str, SqlFunction] = {
    "address_id": SqlFunction(
        "VARCHAR",
        "BIGINT",
        "row of an address; null if not seen here, an error if none",
        _rows,
    ),
    "address_text": SqlFunction(
        "BIGINT", "VARCHAR", "address of a row, as its network writes it", _texts
    ),
    "input_address": SqlFunction(
        "BIGINT",
        "BIGINT",
        "row of the address an input spends from",
        _looked_up(_n_inputs, _input_addresses, 0),
    ),
    "input_tx": SqlFunction(
        "BIGINT",
        "BIGINT",
        "row of an input's transaction",
        _looked_up(_n_inputs, lambda of, ids: of.tx_of_input(ids)),
    ),
    "input_type": SqlFunction(
        "BIGINT", "VARCHAR", "script type an input spends", _types
    ),
    "input_value": SqlFunction(
        "BIGINT",
        "BIGINT",
        "amount an input spends; null if unknown or a coinbase",
        _looked_up(_n_inputs, lambda of, ids: of.input_values(ids), 0),
    ),
    "output_tx": SqlFunction(
        "BIGINT",
        "BIGINT",
        "row of an output's transaction",
        _looked_up(_n_outputs, lambda of, ids: of.tx_of_output(ids)),
    ),
    "spent_by": SqlFunction(
        "BIGINT",
        "BIGINT",
        "row of the input that spends an output; null if none here does",
        _looked_up(_n_outputs, spender_of, 0),
    ),
    "tx_block": SqlFunction(
        "BIGINT",
        "BIGINT",
        "row of a transaction's block",
        _looked_up(_n_tx, lambda of, ids: of.block_of_tx(ids)),
    ),
    "tx_fee": SqlFunction(
        "BIGINT",
        "BIGINT",
        "fee of a transaction; 0 for a coinbase; null if not known",
        _looked_up(_n_tx, fee_of_tx, UNKNOWN_FEE + 1),
    ),
    "tx_height": SqlFunction(
        "BIGINT",
        "BIGINT",
        "height of a transaction's block; null if not known",
        _looked_up(_n_tx, _heights, 0),
    ),
    "tx_id": SqlFunction(
        "VARCHAR",
        "BIGINT",
        "row of a transaction by its txid; null if not here",
        _tx_rows,
    ),
    "tx_time": SqlFunction(
        "BIGINT",
        "BIGINT",
        "Unix seconds a transaction's block states",
        _looked_up(_n_tx, lambda of, ids: of.time_of_tx(ids)),
    ),
    "txid_hex": SqlFunction(
        "BLOB", "VARCHAR", "32 bytes in hash order as hex the way it is printed", _hex
    ),
}
"""Every function SQL can call, by name; all give null for null."""


def add_functions(connection: Foreign, ledger: Ledger) -> None:
    """Give a DuckDB connection the functions of a ledger."""
    for name, function in FUNCTIONS.items():
        connection.create_function(
            name,
            _called(ledger, function.work),
            [function.takes],
            function.gives,
            type="arrow",
            null_handling="special",
        )


def _called(ledger: Ledger, work: Callable[[Ledger, Any], Any]) -> Callable[[Any], Any]:
    """Bind a function to its ledger; unannotated, for DuckDB reads annotations."""
    return lambda array: work(
        ledger, array.combine_chunks() if hasattr(array, "chunks") else array
    )
