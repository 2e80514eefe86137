"""Where to look at all: a range of rows by height and time, or an index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.ledger.analysis.columns import column_of, table_rows
from dalil.ledger.analysis.derived import spender_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.ledger.analysis.conditions import Condition
    from dalil.ledger.analysis.derived import Rows
    from dalil.ledger.reader import Ledger

__all__ = ["narrow"]

_OF_BLOCK = {"height": "height", "time": "time", "block": "id"}


def narrow(
    ledger: Ledger, table: str, conditions: tuple[Condition, ...]
) -> tuple[tuple[Condition, ...], Rows]:
    """Find rows that hold every row wanted, and the conditions left to test there.

    Conditions on height, time and block are met block by block: a mask of the
    blocks, never of the rows. One on an address reads the address's history,
    one on a txid the txid index (the later of two transactions of one txid).
    """
    for condition in conditions:
        found = _indexed(ledger, table, condition)
        if found is not None:
            return tuple(c for c in conditions if c is not condition), found
    by_block = [
        c for c in conditions if c.column.name in _OF_BLOCK and table != "blocks"
    ]
    if not by_block:
        return conditions, slice(0, table_rows(ledger, table))
    mask = np.ones(ledger.n_blocks, np.bool_)
    every = slice(0, ledger.n_blocks)
    for condition in by_block:
        of_blocks = column_of("blocks", _OF_BLOCK[condition.column.name])
        mask &= condition.mask(of_blocks.read(ledger, every))
    met = np.flatnonzero(mask)
    if not met.size:
        return (), slice(0, 0)
    first, last = int(met[0]), int(met[-1]) + 1
    rows = slice(_first_row(ledger, table, first), _first_row(ledger, table, last))
    whole = met.size == last - first
    left = tuple(c for c in conditions if not (whole and c in by_block))
    return left, rows


def _first_row(ledger: Ledger, table: str, block: int) -> int:
    tx = int(ledger.block_first_tx[block])
    if table == "txs":
        return tx
    first = ledger.tx_first_input if table == "inputs" else ledger.tx_first_output
    return int(first[tx])


def _indexed(
    ledger: Ledger, table: str, condition: Condition
) -> NDArray[np.int64] | None:
    name = condition.column.name
    if name == "address" and condition.test == "eq":
        if not 0 <= condition.operand < ledger.n_addresses:
            return np.zeros(0, np.int64)
        outputs = ledger.outputs_of_address(condition.operand)
        if table == "outputs":
            return outputs
        spenders = spender_of(ledger, outputs)
        outside = ledger.outside_inputs_of_address(condition.operand)
        return np.sort(np.concatenate((spenders[spenders >= 0], outside)))
    if name == "txid" and condition.test == "in":
        found = (ledger.find_tx(raw.tobytes()) for raw in condition.operand)
        return np.unique(np.array([tx for tx in found if tx is not None], np.int64))
    return None
