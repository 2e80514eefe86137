"""The columns as Arrow, over the very bytes that are mapped.

Every buffer of these tables points into the ledger's mapping: making them
costs nothing, whatever the chain's size, and pages are read when a column is.
So they hold what the files hold. Where a file writes a number for "nothing"
(an address of 4294967295, an input that spends -1 or -2), so do they: a bitmap
of nulls would have to be made. SQL's views and a query's ``to_arrow`` turn
these into nulls for the rows asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dalil.extras import needs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.extras import Foreign
    from dalil.ledger.snapshot import Columns

__all__ = ["ARROW_TABLES", "arrow_array", "arrow_tables"]

ARROW_TABLES: dict[str, dict[str, str]] = {
    "block": {
        "height": "block_height",
        "time": "block_time",
        "hash": "block_hash",
        "header": "block_header",
        "first_tx": "block_first_tx",
        "end_tx": "block_first_tx+1",
    },
    "tx": {
        "txid": "tx_txid",
        "version": "tx_version",
        "locktime": "tx_locktime",
        "first_input": "tx_first_input",
        "end_input": "tx_first_input+1",
        "first_output": "tx_first_output",
        "end_output": "tx_first_output+1",
    },
    "input": {"spends": "input_spends", "sequence": "input_sequence"},
    "output": {
        "value": "output_value",
        "address": "output_address",
        "type": "output_type",
    },
    "outside": {
        "input": "outside_input",
        "outpoint": "outside_outpoint",
        "value": "outside_value",
        "address": "outside_address",
        "type": "outside_type",
    },
    "address": {"type": "address_type", "key": "address_key"},
}
"""Each table's columns: name, and the attribute of `Columns` it shows. A
``first_…`` column has one entry more than its table; ``end_…`` is the same
bytes read one entry later, so that a row's things are [first, end)."""


def arrow_array(values: NDArray[Any]) -> Foreign:
    """Show a numpy column to Arrow without a copy.

    Parameters
    ----------
    values : (n,) integers, or (n, width) uint8
        Rows of bytes become ``fixed_size_binary``.

    Raises
    ------
    ValueError
        If the array is not contiguous.
    """
    pa = needs("pyarrow")
    if not values.flags.c_contiguous:
        raise ValueError("only a contiguous column can be shown without a copy")
    if values.ndim == 2:
        dtype = pa.binary(values.shape[1])
    else:
        dtype = pa.from_numpy_dtype(values.dtype)
    flat = values.reshape(-1)
    return pa.Array.from_buffers(dtype, len(values), [None, pa.py_buffer(flat)])


def arrow_tables(of: Columns) -> dict[str, Any]:
    """Give every table of a ledger as a pyarrow Table without copying a column.

    Returns
    -------
    dict of str to pyarrow.Table
        ``block``, ``tx``, ``input``, ``output``, ``outside``, ``address``; a
        row's number is its id. They keep the mapping open as long as they
        live. ``polars.from_arrow`` takes them; hashes are in hash order, the
        reverse of what is printed.

    Raises
    ------
    UsageError
        If pyarrow is not installed.
    """
    pa = needs("pyarrow")
    return {
        table: pa.table(
            {name: arrow_array(_column(of, at)) for name, at in columns.items()}
        )
        for table, columns in ARROW_TABLES.items()
    }


def _column(of: Columns, attribute: str) -> NDArray[Any]:
    name, later, _ = attribute.partition("+")
    values: NDArray[Any] = getattr(of, name)
    if name.startswith(("block_first", "tx_first")):
        return values[1:] if later else values[:-1]
    return values
