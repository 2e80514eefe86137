"""Whether seed money can have moved where the ledger does not see.

Only a ledger of whole, consecutive blocks shows every spend. Elsewhere money
last seen unspent may have moved and come back as an outside input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.tracing.request import Direction

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dalil.tracing.columns import I64, LedgerColumns, ReachColumns
    from dalil.tracing.graph import FlowGraph
    from dalil.tracing.request import Mark

__all__ = ["gaps_in_sight", "receipts"]


def _seed_txs(columns: ReachColumns, graph: FlowGraph) -> I64:
    output, spender = graph.output[: graph.n_seeds], graph.input[: graph.n_seeds]
    made = np.searchsorted(columns.tx_first_output, output, side="right") - 1
    # A seed from outside first moves where its input stands.
    moved = np.searchsorted(columns.tx_first_input, spender, side="right") - 1
    return np.where(output >= 0, made, moved)


def gaps_in_sight(
    ledger: LedgerColumns, columns: ReachColumns, graph: FlowGraph
) -> str | None:
    """Say why seed money may have re-entered unseen; None if it cannot have.

    Forward the blocks must be whole and consecutive from the first seed to
    the tip; backward from the start of the ledger to the last seed.
    """
    if ledger.contiguous or not graph.n_seeds:
        return None
    if ledger.source != "blocks":
        return (
            "the ledger holds single transactions, so others may have moved this money"
        )
    txs = _seed_txs(columns, graph)
    block = np.searchsorted(columns.block_first_tx, txs, side="right") - 1
    heights = np.asarray(ledger.block_height)
    seen = (
        heights[block.min() :]
        if graph.direction is Direction.FORWARD
        else heights[: block.max() + 1]
    )
    missing = int(seen[-1]) - int(seen[0]) + 1 - seen.size
    if not missing:
        return None
    return (
        f"{missing} of the blocks from {seen[0]} to {seen[-1]} are not in the ledger; "
        "money may have moved there"
    )


def receipts(
    ledger: LedgerColumns,
    columns: ReachColumns,
    graph: FlowGraph,
    marks: Iterable[Mark],
) -> int:
    """Add up all that some addresses can have had of the seeds' money.

    Forward, every output they received in or after the first seed's
    transaction; backward, all they ever held up to the last seed's. Satoshi.
    """
    txs, forward = _seed_txs(columns, graph), graph.direction is Direction.FORWARD
    total = 0
    for address in {mark.address for mark in marks}:
        outputs = ledger.outputs_of_address(address)
        made = np.searchsorted(columns.tx_first_output, outputs, side="right") - 1
        near = made >= txs.min() if forward else made <= txs.max()
        total += sum(columns.output_value[outputs[near]].tolist())
        if not forward:
            rows = ledger.outside_inputs_of_address(address)
            at = np.searchsorted(columns.outside_input, rows)
            total += sum(v for v in columns.outside_value[at].tolist() if v > 0)
    return total
