"""Rows of the table of token transfers, as columns of bytes and whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dalil.chains import tron
from dalil.errors import DalilError, InputError
from dalil.extras import Foreign, needs
from dalil.sources.accounts.hexcolumns import GOOD, decimal_limbs, hex_rows
from dalil.sources.accounts.numbers import clip, decimal_of, second_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = ["COLUMNS", "Rows", "joined", "rows_of"]

COLUMNS = (
    "token_address",
    "from_address",
    "to_address",
    "value",
    "transaction_hash",
    "log_index",
    "block_number",
    "block_timestamp",
    "block_hash",
    "transaction_index",
)
_NEEDED = COLUMNS[:7]
_MOST_BLOCK, _MOST_LOG = 1 << 40, 1 << 30


class Rows(NamedTuple):
    """Columns of equally many rows.

    Attributes
    ----------
    token, source, to : (n, 20) uint8
    amount : (n, 4) uint64
        Least limb first.
    tx : (n, 32) uint8
    log, block, time : (n,) int64
        Time 0 where it is not told.
    block_hash : (n, 32) uint8
        Zeros where it is not told.
    place : (n,) int64
        Of the transaction in its block; -1 where it is not told.
    """

    token: NDArray[np.uint8]
    source: NDArray[np.uint8]
    to: NDArray[np.uint8]
    amount: NDArray[np.uint64]
    tx: NDArray[np.uint8]
    log: NDArray[np.int64]
    block: NDArray[np.int64]
    time: NDArray[np.int64]
    block_hash: NDArray[np.uint8]
    place: NDArray[np.int64]

    def at(self, chosen: Any) -> Rows:  # noqa: ANN401 - a slice, mask or index
        """Take some rows."""
        return Rows(*(column[chosen] for column in self))


def joined(parts: Sequence[Rows]) -> Rows:
    """Put rows after one another; there must be some."""
    if len(parts) == 1:
        return parts[0]
    return Rows(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def rows_of(batch: Foreign, where: str, first_row: int) -> Rows:
    """Read an Arrow batch of the table.

    Raises
    ------
    InputError
        At the first row that is not as the schema has it: the file is refused.
    """
    names = batch.schema.names
    if lacks := [name for name in _NEEDED if name not in names]:
        raise InputError(f"a table of transfers without {', '.join(lacks)}", where)
    n = batch.num_rows

    def read(name: str, how: Callable[[Foreign], Any], otherwise: Any = None) -> Any:  # noqa: ANN401
        if name not in names:
            return otherwise
        try:
            return how(batch.column(name))
        except _Bad as bad:
            problem, row = bad.args
            shown = clip(batch.column(name)[row].as_py())
            raise InputError(
                f"{name} at {where}, row {first_row + row}: {problem}", shown
            ) from None
        except DalilError as error:
            raise InputError(
                f"{name} at {where}: {error.message}", error.value
            ) from error

    return Rows(
        token=read("token_address", _addresses),
        source=read("from_address", _addresses),
        to=read("to_address", _addresses),
        amount=read("value", _amounts),
        tx=read("transaction_hash", lambda c: _fixed(c, 32)),
        log=read("log_index", lambda c: _numbers(c, _MOST_LOG)),
        block=read("block_number", lambda c: _numbers(c, _MOST_BLOCK)),
        time=read("block_timestamp", _seconds, np.zeros(n, np.int64)),
        block_hash=read(
            "block_hash", lambda c: _fixed(c, 32), np.zeros((n, 32), np.uint8)
        ),
        place=read(
            "transaction_index",
            lambda c: _numbers(c, _MOST_LOG),
            np.full(n, -1, np.int64),
        ),
    )


class _Bad(Exception):  # noqa: N818 - caught at once, and told in words
    """A problem, and the row within the batch."""


def _no_nulls(column: Foreign) -> Foreign:
    if column.null_count:
        row = int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])
        raise _Bad("nothing where a value belongs", row)
    return column


def _buffers(column: Foreign) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Get a string column's offsets and bytes without a copy."""
    offsets = np.frombuffer(column.buffers()[1], np.int32)
    text = column.buffers()[2]
    raw = np.frombuffer(text, np.uint8) if text is not None else np.zeros(0, np.uint8)
    return offsets[column.offset : column.offset + len(column) + 1], raw


def _text(column: Foreign) -> Foreign:
    pa = needs("pyarrow")
    column = _no_nulls(column)
    return column if pa.types.is_string(column.type) else column.cast(pa.string())


def _raw(column: Foreign, width: int) -> NDArray[np.uint8] | None:
    """Take bytes that are kept as bytes; None where the column is text."""
    types = needs("pyarrow").types
    kind = column.type
    if not (types.is_binary(kind) or types.is_fixed_size_binary(kind)):
        return None
    values = _no_nulls(column).to_pylist()
    for row, value in enumerate(values):
        if len(value) != width:
            raise _Bad(f"{len(value)} bytes where {width} belong", row)
    return np.frombuffer(b"".join(values), np.uint8).reshape(-1, width)


def _fixed(column: Foreign, width: int) -> NDArray[np.uint8]:
    held = _raw(column, width)
    if held is not None:
        return held
    text = _text(column)
    out = np.empty((len(text), width), np.uint8)
    if (bad := hex_rows(*_buffers(text), out)) != GOOD:
        raise _Bad(f"not {width} bytes in hex", bad)
    return out


def _addresses(column: Foreign) -> NDArray[np.uint8]:
    try:
        return _fixed(column, 20)
    except _Bad as bad:
        if not str(column[bad.args[1]].as_py() or "").startswith("T"):
            raise
    # TRON's own spelling, whose checksum is worth looking at once an address.
    coded = _no_nulls(column).dictionary_encode()
    keys = [tron.decode_address(text) for text in coded.dictionary.to_pylist()]
    table = np.frombuffer(b"".join(keys), np.uint8).reshape(-1, 20)
    taken: NDArray[np.uint8] = table[coded.indices.to_numpy()]
    return taken


def _amounts(column: Foreign) -> NDArray[np.uint64]:
    pa = needs("pyarrow")
    kind = column.type
    if pa.types.is_floating(kind):
        raise InputError("amounts in floating point have lost their last digits", kind)
    column = _no_nulls(column)
    out = np.zeros((len(column), 4), np.uint64)
    if pa.types.is_integer(kind):
        held = column.to_numpy()
        if len(held) and (low := held.argmin()) >= 0 and held[low] < 0:
            raise _Bad("an amount below nothing", int(low))
        out[:, 0] = held.astype(np.uint64)
        return out
    if pa.types.is_decimal(kind):
        return _decimals(column.cast(pa.decimal256(76, 0)))
    text = _text(column)
    if (bad := decimal_limbs(*_buffers(text), out)) != GOOD:
        raise _Bad("not a whole number below 2**256", bad)
    return out


def _decimals(column: Foreign) -> NDArray[np.uint64]:
    raw = np.frombuffer(column.buffers()[1], "<u8").reshape(-1, 4)
    held = raw[column.offset : column.offset + len(column)].astype(np.uint64)
    if (negative := np.flatnonzero(held[:, 3] >> np.uint64(63))).size:
        raise _Bad("an amount below nothing", int(negative[0]))
    return held


def _numbers(column: Foreign, most: int) -> NDArray[np.int64]:
    pa = needs("pyarrow")
    column = _no_nulls(column)
    if pa.types.is_integer(column.type):
        held = column.to_numpy().astype(np.int64)
    else:
        limbs = _amounts(column)
        wide = limbs[:, 1:].any(axis=1) | (limbs[:, 0] > np.uint64(most))
        held = np.where(wide, -1, limbs[:, 0].astype(np.int64))
    if (bad := np.flatnonzero((held < 0) | (held > most))).size:
        raise _Bad("a number out of range", int(bad[0]))
    numbers: NDArray[np.int64] = held
    return numbers


def _seconds(column: Foreign) -> NDArray[np.int64]:
    pa = needs("pyarrow")
    column = _no_nulls(column)
    if pa.types.is_timestamp(column.type):
        whole = column.cast(pa.timestamp("s", column.type.tz), safe=False)
        return np.asarray(whole.cast(pa.int64()).to_numpy(), dtype=np.int64)
    coded = column.dictionary_encode()
    times = [
        second_of(each) if isinstance(each, str) else decimal_of(each)
        for each in coded.dictionary.to_pylist()
    ]
    found: NDArray[np.int64] = np.array(times, np.int64)[coded.indices.to_numpy()]
    return found
