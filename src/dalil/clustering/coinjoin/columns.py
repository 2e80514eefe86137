"""The rules' verdicts for every transaction of a ledger, at a million a second."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from dalil.clustering.coinjoin import rules
from dalil.clustering.coinjoin.kinds import CoinJoinType
from dalil.clustering.coinjoin.shapes import N_FIELDS, arrays_of, shapes
from dalil.clustering.coinjoin.txcolumns import TxColumns
from dalil.errors import NotFoundError
from dalil.progress import silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.progress import Progress

__all__ = ["Verdicts", "coinjoin_of", "coinjoin_types", "coinjoin_verdicts"]

_CHUNK = 1 << 17


class _NamedColumns(TxColumns, Protocol):
    def find_tx(self, txid: str, /) -> int | None: ...


class Verdicts(NamedTuple):
    """What the rules said of every transaction."""

    types: NDArray[np.uint8]
    """(n_tx,) `CoinJoinType`."""
    suspicious: NDArray[np.bool_]
    """(n_tx,) True where a CoinJoin with equal outputs is possible at all."""


def coinjoin_types(ledger: TxColumns, progress: Progress = silent) -> NDArray[np.uint8]:
    """Type every transaction of a ledger.

    Returns
    -------
    (n_tx,) uint8
        `CoinJoinType`, equal to `classify` given what the ledger knows of each
        input. See `classify` for what a verdict does not prove.

    Notes
    -----
    Linear in inputs and outputs; memory is the result and a few megabytes.
    """
    return coinjoin_verdicts(ledger, progress).types


def coinjoin_verdicts(ledger: TxColumns, progress: Progress = silent) -> Verdicts:
    """Type every transaction and mark those that are merely suspicious."""
    arrays = arrays_of(ledger)
    n_tx = arrays.first_input.size - 1
    types = np.zeros(n_tx, dtype=np.uint8)
    doubts = np.zeros(n_tx, dtype=np.bool_)
    rows = np.zeros((min(_CHUNK, max(n_tx, 1)), N_FIELDS), dtype=np.int64)
    for start in range(0, n_tx, _CHUNK):
        end = min(start + _CHUNK, n_tx)
        shapes(arrays, start, end, rows)
        rules.decide_all(rows[: end - start], types[start:end], doubts[start:end])
        progress("typing CoinJoins", end, n_tx)
    return Verdicts(types, doubts)


def coinjoin_of(ledger: _NamedColumns, txid: str) -> str | None:
    """Type one transaction of a ledger; the label, None for no CoinJoin.

    Raises
    ------
    NotFoundError
        If the ledger does not hold it.
    """
    tx = ledger.find_tx(txid)
    if tx is None:
        raise NotFoundError("no such transaction in this ledger", txid)
    rows = np.zeros((1, N_FIELDS), dtype=np.int64)
    types, doubts = np.zeros(1, np.uint8), np.zeros(1, np.bool_)
    shapes(arrays_of(ledger), tx, tx + 1, rows)
    rules.decide_all(rows, types, doubts)
    return CoinJoinType(int(types[0])).label
