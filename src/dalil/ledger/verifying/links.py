"""Whether what runs tell agrees with the columns, both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.errors import StoreError
from dalil.ledger.layout import NO_ADDRESS
from dalil.ledger.marks import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dalil.ledger.reader import Ledger

__all__ = ["check_histories", "check_indexes", "check_spends"]

_AT_ONCE = 1 << 18


def check_spends(ledger: Ledger) -> Iterator[int]:
    """Each input's output names that input, and no other output does."""
    n_spent, n_inside = 0, 0
    for at in range(0, ledger.n_inputs, _AT_ONCE):
        spends = ledger.input_spends[at : at + _AT_ONCE]
        inside = np.flatnonzero(spends >= 0)
        if np.any(spends < -2) or np.any(spends >= ledger.n_outputs):
            raise StoreError("an input spends what is no output", at)
        if not np.array_equal(ledger.spenders(spends[inside]), inside + at):
            raise StoreError("an input's output does not name it", at)
        n_inside += inside.size
        yield spends.size
    for at in range(0, ledger.n_outputs, _AT_ONCE):
        outputs = np.arange(at, min(at + _AT_ONCE, ledger.n_outputs))
        n_spent += int(np.count_nonzero(ledger.spenders(outputs) >= 0))
        yield outputs.size
    if n_spent != n_inside:
        raise StoreError("outputs are spent that no input spends", n_spent - n_inside)


def check_histories(ledger: Ledger) -> Iterator[int]:
    """Each output is in its address's history, and there are no others there."""
    with_address = 0
    for at in range(0, ledger.n_outputs, _AT_ONCE):
        address = ledger.output_address[at : at + _AT_ONCE]
        real = address != NO_ADDRESS
        if np.any(address[real] >= ledger.n_addresses):
            raise StoreError("an output is paid to what is no address", at)
        with_address += int(np.count_nonzero(real))
        yield address.size
    listed = 0
    for run in ledger.runs.runs:
        history, first = run.history, run.rows.output[0]
        own = run.rows.address[0] + np.arange(history.own.size - 1)
        for owners, ends in ((own, history.own), (history.older, history.offsets)):
            listed += _check_postings(ledger, owners, ends, history.rows, first)
        yield 1
    if listed != with_address:
        raise StoreError("histories lack outputs", with_address - listed)


def _check_postings(
    ledger: Ledger,
    owners: NDArray[np.generic],
    ends: NDArray[np.uint32],
    rows: NDArray[np.uint32],
    first: int,
) -> int:
    """Compare one run's lists with the column; returns how many rows they have."""
    total = 0
    for at in range(0, owners.size, _AT_ONCE):
        part = ends[at : at + _AT_ONCE + 1].astype(np.int64)
        outputs = rows[part[0] : part[-1]].astype(np.int64) + first
        wanted = np.repeat(owners[at : at + _AT_ONCE], np.diff(part))
        if not np.array_equal(ledger.output_address[outputs], wanted):
            raise StoreError("a history holds another address's output", at)
        total += outputs.size
    return total


def check_indexes(ledger: Ledger) -> Iterator[int]:
    """Each txid and each address is found, at its own row or a twin's behind it."""
    txids = words(ledger.tx_txid)
    for at in range(0, ledger.n_tx, _AT_ONCE):
        part = txids[at : at + _AT_ONCE]
        found = ledger.runs.find_txs(part, txids)
        rows = np.arange(at, at + part.shape[0])
        same = np.all(txids[np.maximum(found, 0)] == part, axis=1)
        if np.any(found < rows) or not np.all(same):
            raise StoreError("a transaction is not found by its txid", at)
        yield part.shape[0]
    keys, kinds = words(ledger.address_key), ledger.address_type
    for at in range(0, ledger.n_addresses, _AT_ONCE):
        rows = np.arange(at, min(at + _AT_ONCE, ledger.n_addresses))
        wanted = keys[at : at + _AT_ONCE], kinds[at : at + _AT_ONCE]
        if not np.array_equal(ledger.runs.find_addresses(wanted, keys, kinds), rows):
            raise StoreError("an address is not found by its key", at)
        yield rows.size
