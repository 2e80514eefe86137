"""Whether ids are dense and in the order of first appearance."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.errors import StoreError
from dalil.kernels import lean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dalil.ledger.accounts.reader import AccountLedger

__all__ = ["check_appearance"]

_NONE = 0xFFFF_FFFF


class _Rows(NamedTuple):
    first_transfer: NDArray[np.int64]
    event_tx: NDArray[np.int64]
    token: NDArray[np.uint32]
    source: NDArray[np.uint32]
    to: NDArray[np.uint32]
    contract: NDArray[np.uint32]
    subject: NDArray[np.uint32]
    other: NDArray[np.uint32]
    sender: NDArray[np.uint32]


@lean
def _next(seen: NDArray[np.int64], which: int, met: int) -> None:
    """Take one id: known, the next one, or none; else mark what is wrong."""
    if met == _NONE or met < seen[which]:
        return
    if met == seen[which]:
        seen[which] += 1
    else:
        seen[2] = 1


@lean
def _walk_block(
    txs: NDArray[np.int64], event: int, rows: _Rows, seen: NDArray[np.int64]
) -> int:
    """Go through some transactions; gives the first event behind them."""
    for tx in range(txs[0], txs[1]):
        for row in range(rows.first_transfer[tx], rows.first_transfer[tx + 1]):
            _next(seen, 1, int(rows.token[row]))
            _next(seen, 0, int(rows.source[row]))
            _next(seen, 0, int(rows.to[row]))
        while event < rows.event_tx.size and rows.event_tx[event] == tx:
            _next(seen, 0, int(rows.contract[event]))
            _next(seen, 0, int(rows.subject[event]))
            _next(seen, 0, int(rows.other[event]))
            event += 1
        _next(seen, 0, int(rows.sender[tx]))
    return event


def check_appearance(ledger: AccountLedger) -> Iterator[int]:
    """Go through a ledger in order, anchors first; counts blocks.

    Raises
    ------
    StoreError
        At the first block where an id is not the next one, or where the block's
        own counts are not those of its rows.
    """
    anchored = ledger.anchor_address, ledger.anchor_token
    seen = np.array([1 + max(map(int, ids), default=-1) for ids in anchored] + [0])
    event = 0
    addresses = ledger.column("block.first_address")
    tokens = ledger.column("block.first_token")
    rows = _Rows(
        ledger.tx_first_transfer,
        ledger.event_tx,
        ledger.transfer_token,
        ledger.transfer_from,
        ledger.transfer_to,
        ledger.event_contract,
        ledger.event_subject,
        ledger.event_other,
        ledger.tx_sender,
    )
    for block in range(ledger.n_blocks):
        event = _walk_block(ledger.block_first_tx[block : block + 2], event, rows, seen)
        ends = int(addresses[block + 1]), int(tokens[block + 1])
        if seen[2] or ends != (int(seen[0]), int(seen[1])):
            what = "ids are not in the order of first appearance, at block"
            raise StoreError(what, int(ledger.block_number[block]))
        yield 1
    if (int(seen[0]), int(seen[1])) != (ledger.n_addresses, ledger.n_tokens):
        raise StoreError("there are ids that nothing names", ledger.n_addresses)
