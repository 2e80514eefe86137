"""Many runs as one argument: tables of where their sections lie in memory.

A look-up asks a dozen runs. Handing their arrays to a kernel one by one would
cost more than the look-up, and a tuple of them a compilation for each number
of runs; so a kernel gets one table, a record for each run, and makes arrays
of the addresses in it. Whoever holds a table holds the runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.numpy_support import carray

from dalil.kernels import kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from dalil.ledger.index import Index
    from dalil.ledger.runs.postings import Postings
    from dalil.ledger.runs.run import Run

__all__ = [
    "Table",
    "bytes4",
    "index_table",
    "pairs8",
    "postings_table",
    "spent_table",
    "words8",
]

Table = Any
"""A 1-d array of records, oldest run first."""

_INDEX = np.dtype(
    [("entries", "u8"), ("n", "i8"), ("buckets", "u8"), ("bits", "i8"), ("first", "i8")]
)
_SPENT = np.dtype(
    [("own", "u8"), ("start", "i8"), ("stop", "i8"), ("older", "u8"), ("n", "i8")]
)
_POSTINGS = np.dtype(
    [
        ("own", "u8"),
        ("start", "i8"),
        ("stop", "i8"),
        ("older", "u8"),
        ("n", "i8"),
        ("offsets", "u8"),
        ("rows", "u8"),
        ("n_rows", "i8"),
        ("first", "i8"),
    ]
)


def _pointer_type(_context: object, _address: object) -> tuple[Any, Any]:
    def generate(_c: object, builder: Any, _s: object, args: Any) -> Any:  # noqa: ANN401
        return builder.inttoptr(args[0], cgutils.voidptr_t)

    return types.voidptr(types.uint64), generate


_pointer = cast("Callable[[np.uint64], Any]", intrinsic(_pointer_type))


@kernel
def pairs8(address: np.uint64, n: int) -> NDArray[np.uint64]:
    """See memory as (n, 2) uint64."""
    seen: NDArray[np.uint64] = carray(_pointer(address), (n, 2), np.uint64)
    return seen


@kernel
def words8(address: np.uint64, n: int) -> NDArray[np.int64]:
    """See memory as (n,) int64."""
    seen: NDArray[np.int64] = carray(_pointer(address), (n,), np.int64)
    return seen


@kernel
def bytes4(address: np.uint64, n: int) -> NDArray[np.uint32]:
    """See memory as (n,) uint32."""
    seen: NDArray[np.uint32] = carray(_pointer(address), (n,), np.uint32)
    return seen


def _at(values: NDArray[Any]) -> int:
    return int(values.ctypes.data)


def index_table(indexes: Sequence[Index]) -> Table:
    """Make a table of indexes."""
    rows = [
        (_at(i.entries), i.entries.shape[0], _at(i.offsets), i.bits, i.first)
        for i in indexes
    ]
    return np.array(rows, _INDEX)


def spent_table(runs: Sequence[Run]) -> Table:
    """Make a table of what is spent by whom."""
    rows = [
        (_at(run.spent.own), *run.rows.output, _at(older), older.shape[0])
        for run in runs
        for older in [run.spent.older]
    ]
    return np.array(rows, _SPENT)


def postings_table(parts: Sequence[tuple[Postings, int, int]]) -> Table:
    """Make a table of postings, each with its first own address and first row."""
    rows = [
        (
            *(_at(part.own), address, address + part.own.size - 1),
            *(_at(part.older), part.older.size, _at(part.offsets)),
            *(_at(part.rows), part.rows.size, row),
        )
        for part, address, row in parts
    ]
    return np.array(rows, _POSTINGS)
