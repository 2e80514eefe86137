"""A batch with its ids, as rows of the ledger's columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from dalil.chains.accounts import AccountBatch
    from dalil.ledger.accounts.names import Ids

    Rows = Iterator[tuple[str, NDArray[Any]]]

__all__ = ["block_rows", "transfer_rows"]


def transfer_rows(batch: AccountBatch, ids: Ids, counts: Mapping[str, int]) -> Rows:
    """Give names and values of the columns of transfers, events, names."""
    named, amount = ids.named, batch.transfer_amount
    wide = np.flatnonzero(amount[:, 1:].any(axis=1))
    yield "transfer.token", named.token
    yield "transfer.from", named.source
    yield "transfer.to", named.to
    yield "transfer.amount", amount[:, 0]
    yield "transfer.kind", batch.transfer_kind
    yield "transfer.log", batch.transfer_log
    yield "wide.transfer", wide + counts["transfer"]
    yield "wide.high", amount[wide, 1:]
    n_events = np.diff(batch.tx_first_event)
    txs = np.repeat(np.arange(n_events.size), n_events)
    yield "event.tx", txs + counts["tx"]
    yield "event.kind", batch.event_kind
    yield "event.contract", named.contract
    yield "event.subject", named.subject
    yield "event.other", named.other
    yield "event.log", batch.event_log
    yield "event.amount", batch.event_amount
    yield "event.ref", batch.event_ref
    yield "address.key", ids.new_addresses
    yield "token.kind", ids.new_token_kinds
    yield "token.key", ids.new_tokens


def block_rows(
    batch: AccountBatch, ids: Ids, follows: NDArray[np.uint8], counts: Mapping[str, int]
) -> Rows:
    """Give names and values of the columns of blocks and transactions."""
    yield "tx.hash", batch.tx_hash
    yield "tx.place", batch.tx_place
    yield "tx.status", batch.tx_status
    yield "tx.sender", ids.named.sender
    yield "tx.first_transfer", batch.tx_first_transfer[1:] + counts["transfer"]
    ends = batch.block_first_tx[1:]
    transfer_ends = batch.tx_first_transfer[ends]
    wide = np.cumsum(batch.transfer_amount[:, 1:].any(axis=1))
    wide = np.concatenate([[0], wide])
    before = [[counts["address"], counts["token"]]]
    known = np.concatenate([before, ids.known])[ends]
    yield "block.number", batch.block_number
    yield "block.time", batch.block_time
    yield "block.hash", batch.block_hash
    yield "block.parent", batch.block_parent
    yield "block.follows", follows
    yield "block.first_tx", ends + counts["tx"]
    yield "block.first_event", batch.tx_first_event[ends] + counts["event"]
    yield "block.first_wide", wide[transfer_ends] + counts["wide"]
    yield "block.first_address", known[:, 0]
    yield "block.first_token", known[:, 1]
