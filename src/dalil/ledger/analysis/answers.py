"""A query's rows as people, numpy and Arrow want them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.chains.bitcoin.scripts import ScriptType
from dalil.errors import InputError
from dalil.extras import needs
from dalil.ledger.analysis.columns import TABLES, column_of
from dalil.units import format_utc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dalil.extras import Foreign
    from dalil.ledger.analysis.columns import Column
    from dalil.ledger.analysis.query import Query
    from dalil.ledger.reader import Ledger

__all__ = [
    "head_rows",
    "hex_texts",
    "known_amounts",
    "shown",
    "to_arrow",
    "to_numpy",
    "type_array",
]


def known_amounts(column: Column, values: NDArray[Any]) -> NDArray[np.int64]:
    """Give amounts that can be added up: what is nothing (a coinbase's) counts 0.

    Raises
    ------
    InputError
        If one is not known: a sum would understate.
    """
    nulls = column.nulls(values)
    if nulls is None:
        return values.astype(np.int64, copy=False)
    assert column.null is not None
    if np.any(values == column.null - 1):
        raise InputError(
            "some of these amounts are not known, a sum would understate; "
            f"ask .where({column.name}__ne=None) for the known ones",
            column.name,
        )
    return np.where(nulls, np.int64(0), values)


def hex_texts(rows: NDArray[np.uint8]) -> list[str]:
    """Write hashes as people do: reversed hex."""
    text = np.ascontiguousarray(rows[:, ::-1]).tobytes().hex()
    width = 2 * rows.shape[1]
    return [text[at : at + width] for at in range(0, len(text), width)]


def shown(ledger: Ledger, column: Column, value: Any) -> Any:  # noqa: ANN401
    """Write one value as people read it; None where there is nothing."""
    nulls = column.nulls(np.array([value]))
    if nulls is not None and nulls[0]:
        return None
    if column.kind == "hash":
        return value[::-1].tobytes().hex()
    if column.kind == "type":
        return ScriptType(int(value)).label
    if column.kind == "address":
        return ledger.address_text(int(value))
    if column.kind == "time":
        return format_utc(int(value))
    return value.item()


def _chosen(query: Query, names: Sequence[str]) -> list[Column]:
    if not names:
        every = TABLES[query.table].values()
        known = query.ledger.heights_known
        return [column for column in every if known or column.name != "height"]
    return [column_of(query.table, name) for name in names]


def head_rows(query: Query, n: int) -> list[dict[str, Any]]:
    """Give the first rows of a query as dictionaries of plain values."""
    columns = _chosen(query, ())
    found: list[dict[str, Any]] = []
    for rows in query.chunks():
        ids = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
        part = ids[: n - len(found)]
        values = [column.read(query.ledger, part) for column in columns]
        for i in range(part.size):
            row = zip(columns, values, strict=True)
            found.append({c.name: shown(query.ledger, c, of[i]) for c, of in row})
        if len(found) >= n:
            break
    return found


def to_numpy(query: Query, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Give columns of a query's rows as arrays, sentinels and all."""
    columns = _chosen(query, names)
    parts: list[list[NDArray[Any]]] = [[] for _ in columns]
    for rows in query.chunks():
        for part, column in zip(parts, columns, strict=True):
            part.append(column.read(query.ledger, rows))
    empty = slice(0, 0)
    return {
        column.name: np.concatenate(part) if part else column.read(query.ledger, empty)
        for part, column in zip(parts, columns, strict=True)
    }


def to_arrow(query: Query, names: Sequence[str]) -> Foreign:
    """Give columns of a query's rows as a pyarrow Table.

    Hashes become text, script types a dictionary of labels; an address stays
    the row of the table of addresses (its text costs a call each: see
    ``address_text`` of `dalil ledger sql`). Nothing known is null.
    """
    pa = needs("pyarrow")
    columns = _chosen(query, names)
    arrays = to_numpy(query, names)
    return pa.table({c.name: _arrow(pa, c, arrays[c.name]) for c in columns})


def _arrow(pa: Foreign, column: Column, values: NDArray[Any]) -> Foreign:
    if column.kind == "hash":
        return pa.array(hex_texts(values), pa.string())
    if column.kind == "type":
        return type_array(pa, values)
    if column.kind == "time":
        return pa.array(values.astype(np.int64), pa.timestamp("s", "UTC"))
    return pa.array(values, mask=column.nulls(values))


def type_array(pa: Foreign, codes: NDArray[np.uint8]) -> Foreign:
    """Put labels to script types without touching the codes."""
    labels = [f"type_{code}" for code in range(256)]
    for kind in ScriptType:
        labels[kind] = kind.label
    indices = pa.Array.from_buffers(pa.uint8(), len(codes), [None, pa.py_buffer(codes)])
    return pa.DictionaryArray.from_arrays(indices, pa.array(labels))
