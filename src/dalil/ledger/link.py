"""Linking: every input to the output it spends, every output to its address.

One pass over a batch in chain order. Rows of earlier batches are seen through
mapped files, rows of this one through its arrays; ids are global throughout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.chains.bitcoin.parse import Columns  # noqa: TC001 - a kernel argument
from dalil.kernels import kernel
from dalil.ledger.table import Keys, Slots, find, insert, mark_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BackLinks", "BatchKeys", "Earlier", "Linked", "Prevouts", "link_batch"]

_COINBASE = -2
_OUTSIDE = -1
_FIRST_ADDRESS_TYPE = 1
_LAST_ADDRESS_TYPE = 7


class Prevouts(NamedTuple):
    """What undo data tells of each input of the batch: (n_inputs,) rows or none.

    `kind` is 255 where nothing is told.
    """

    value: NDArray[np.int64]
    kind: NDArray[np.uint8]
    key: NDArray[np.uint8]


class Earlier(NamedTuple):
    """Rows before this batch: counts, and the columns linking looks into."""

    n_tx: int
    n_input: int
    n_output: int
    n_address: int
    n_outside: int
    txid: NDArray[np.uint64]
    first_output: NDArray[np.int64]
    address_key: NDArray[np.uint64]
    address_type: NDArray[np.uint8]


class BatchKeys(NamedTuple):
    """Keys of the batch as words: (n, 4) each, views of its columns."""

    txid: NDArray[np.uint64]
    spent_txid: NDArray[np.uint64]
    output: NDArray[np.uint64]
    prevout: NDArray[np.uint64]
    new_address: NDArray[np.uint64]


class BackLinks(NamedTuple):
    """Derived columns, whole (earlier rows and this batch's): all int64, -1 none.

    `spent_by` and `output_before` are per output, `last_output` and
    `last_outside` per address, `outside_before` per outside input.
    """

    spent_by: NDArray[np.int64]
    output_before: NDArray[np.int64]
    last_output: NDArray[np.int64]
    outside_before: NDArray[np.int64]
    last_outside: NDArray[np.int64]


class Linked(NamedTuple):
    """What linking adds to a batch. Arrays are large enough for the worst case.

    `counts` (2,): new addresses, new outside inputs. `address_source` tells
    where a new address was first seen: output row of the batch, or
    -1 - input row.
    """

    spends: NDArray[np.int64]
    output_address: NDArray[np.uint32]
    address_type: NDArray[np.uint8]
    address_key: NDArray[np.uint8]
    address_source: NDArray[np.int64]
    outside_input: NDArray[np.int64]
    outside_address: NDArray[np.uint32]
    counts: NDArray[np.int64]


@kernel
def _intern(
    slots: Slots,
    keys: Keys,
    n_known: int,
    kind: int,
    key: NDArray[np.uint64],
    source: int,
    linked: Linked,
) -> int:
    row = find(slots, keys, key, kind, n_known)
    if row >= 0:
        return row
    new = n_known - keys.split
    linked.address_type[new] = kind
    for word in range(4):
        keys.new[new, word] = key[word]
    linked.address_source[new] = source
    insert(slots, mark_of(key, kind, slots.seed), n_known)
    return n_known


@kernel
def _output_of(
    earlier: Earlier, batch: Columns, tx: int, index: int, n_batch: int
) -> int:
    """Id of output `index` of a transaction, or -1 if it has fewer."""
    if tx < earlier.n_tx:
        first, last = earlier.first_output[tx], earlier.first_output[tx + 1]
    else:
        local = tx - earlier.n_tx
        last = batch.first_output[local + 1] if local < n_batch else 0
        first = batch.first_output[local] + earlier.n_output
        last += earlier.n_output
    return first + index if first + index < last else -1


@kernel
def link_batch(
    batch: Columns,
    names: BatchKeys,
    earlier: Earlier,
    prevouts: Prevouts,
    tx_slots: Slots,
    address_slots: Slots,
    back: BackLinks,
    linked: Linked,
) -> int:
    """Link one batch; returns 0, or 1 + the row of an input that cannot be.

    An input cannot be linked if it names an output its transaction does not
    have, or one that was spent before: the chain contradicts itself.
    """
    n_tx = batch.txid.shape[0]
    untagged = np.zeros(0, np.uint8)
    tx_keys = Keys(earlier.txid, untagged, names.txid, untagged, earlier.n_tx)
    address_keys = Keys(
        earlier.address_key,
        earlier.address_type,
        names.new_address,
        linked.address_type,
        earlier.n_address,
    )
    n_address, n_outside = earlier.n_address, 0
    told = prevouts.kind.size > 0
    for t in range(n_tx):
        for i in range(batch.first_input[t], batch.first_input[t + 1]):
            index, spent = np.int64(batch.spent_index[i]), names.spent_txid[i]
            if index == 0xFFFF_FFFF and not np.any(spent):
                linked.spends[i] = _COINBASE
                continue
            tx = find(tx_slots, tx_keys, spent, 0, earlier.n_tx + t)
            if tx >= 0:
                output = _output_of(earlier, batch, tx, index, n_tx)
                if output < 0 or back.spent_by[output] >= 0:
                    return 1 + i
                linked.spends[i] = output
                back.spent_by[output] = earlier.n_input + i
                continue
            linked.spends[i] = _OUTSIDE
            address = np.int64(0xFFFF_FFFF)
            if told and _FIRST_ADDRESS_TYPE <= prevouts.kind[i] <= _LAST_ADDRESS_TYPE:
                address = _intern(
                    address_slots,
                    address_keys,
                    n_address,
                    prevouts.kind[i],
                    names.prevout[i],
                    -1 - i,
                    linked,
                )
                n_address = max(n_address, address + 1)
                row = earlier.n_outside + n_outside
                back.outside_before[row] = back.last_outside[address]
                back.last_outside[address] = row
            linked.outside_input[n_outside] = i
            linked.outside_address[n_outside] = address
            n_outside += 1
        for o in range(batch.first_output[t], batch.first_output[t + 1]):
            kind = batch.kind[o]
            if not _FIRST_ADDRESS_TYPE <= kind <= _LAST_ADDRESS_TYPE:
                linked.output_address[o] = 0xFFFF_FFFF
                continue
            address = _intern(
                address_slots, address_keys, n_address, kind, names.output[o], o, linked
            )
            n_address = max(n_address, address + 1)
            linked.output_address[o] = address
            output = earlier.n_output + o
            back.output_before[output] = back.last_output[address]
            back.last_output[address] = output
        mark = mark_of(names.txid[t], 0, tx_slots.seed)
        insert(tx_slots, mark, earlier.n_tx + t)
    linked.counts[0] = n_address - earlier.n_address
    linked.counts[1] = n_outside
    return 0
