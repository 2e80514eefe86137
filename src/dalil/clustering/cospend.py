"""Common-input ownership: addresses spent together belong together.

The oldest and strongest clustering rule (Nakamoto 2008, section 10; Meiklejohn
et al. 2013). Its systematic failure is collaborative spending, so
transactions marked in `kept_out` join nothing. A PayJoin has no mark anyone
could see, and joins two strangers; one wrong transaction is enough to merge
two clusters, which is why `bridges` names those whose removal would split one.

Everything here sees columns only: it reads no files and knows no names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import kernel, shared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.clustering.coinjoin import TxColumns

__all__ = [
    "COSPEND_VERSION",
    "EVERY_CLUSTER",
    "Forest",
    "Incidence",
    "InputAddresses",
    "incidence",
    "input_addresses_of",
    "union",
]

COSPEND_VERSION = 1
EVERY_CLUSTER = -1
"""As `wanted` of `incidence`: every cluster, not one."""

_NO_ADDRESS = np.uint32(0xFFFF_FFFF)


class InputAddresses(NamedTuple):
    """The columns that tell which address each input spends from."""

    first_input: NDArray[np.int64]
    spends: NDArray[np.int64]
    output_address: NDArray[np.uint32]
    outside_input: NDArray[np.int64]
    outside_address: NDArray[np.uint32]


class Forest(NamedTuple):
    """Clusters, and for each a tree of links that holds it together.

    Attributes
    ----------
    label : (n_addresses,) uint32
        The smallest member of each address's cluster: ``label[i] <= i``.
    a, b : (n_links,) uint32
        Two addresses that `tx` spends together, and that were in different
        clusters before it.
    tx : (n_links,) int64
        Ascending.
    """

    label: NDArray[np.uint32]
    a: NDArray[np.uint32]
    b: NDArray[np.uint32]
    tx: NDArray[np.int64]


class Incidence(NamedTuple):
    """Which address is spent in which transaction, one pair a row.

    Only transactions that spend from two addresses or more, sorted by
    transaction, then address; no pair twice.
    """

    tx: NDArray[np.int64]
    address: NDArray[np.uint32]


def input_addresses_of(ledger: TxColumns) -> InputAddresses:
    """Gather the columns, without their memory-map class, for the kernels."""
    return InputAddresses(
        np.asarray(ledger.tx_first_input),
        np.asarray(ledger.input_spends),
        np.asarray(ledger.output_address),
        np.asarray(ledger.outside_input),
        np.asarray(ledger.outside_address),
    )


def union(
    columns: InputAddresses, kept_out: NDArray[np.bool_], n_addresses: int
) -> Forest:
    """Join all addresses that a transaction spends from, in chain order.

    Inputs whose address is unknown join nothing.

    Parameters
    ----------
    kept_out : (n_tx,) bool
        Transactions that must not join, such as CoinJoins.

    Notes
    -----
    Nearly linear in the inputs; memory is five words an address. The labels
    depend on the set of transactions alone, the tree on their order too.
    """
    parent = np.arange(n_addresses, dtype=np.uint32)
    most = max(n_addresses - 1, 0)
    a = np.empty(most, dtype=np.uint32)
    b = np.empty(most, dtype=np.uint32)
    tx = np.empty(most, dtype=np.int64)
    n = _union(columns, kept_out, parent, (a, b, tx))
    return Forest(parent, a[:n].copy(), b[:n].copy(), tx[:n].copy())


def incidence(
    columns: InputAddresses,
    kept_out: NDArray[np.bool_],
    label: NDArray[np.uint32],
    wanted: int = EVERY_CLUSTER,
) -> Incidence:
    """List which addresses of cluster `wanted` each transaction spends from.

    Notes
    -----
    One pass over all inputs to count, one to fill.
    """
    none = Incidence(np.empty(0, np.int64), np.empty(0, np.uint32))
    n = _incidence(columns, kept_out, label, wanted, none)
    pairs = Incidence(np.empty(n, np.int64), np.empty(n, np.uint32))
    _incidence(columns, kept_out, label, wanted, pairs)
    return pairs


@kernel
def _union(
    columns: InputAddresses,
    kept_out: NDArray[np.bool_],
    parent: NDArray[np.uint32],
    links: tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.int64]],
) -> int:
    """Join in place, write the links, flatten `parent`; return how many links."""
    a, b, tx_of = links
    n = 0
    outside = 0
    for tx in range(columns.first_input.size - 1):
        if kept_out[tx]:
            continue
        first = _NO_ADDRESS
        for i in range(columns.first_input[tx], columns.first_input[tx + 1]):
            address, outside = _address(columns, i, outside)
            if address in (_NO_ADDRESS, first):
                continue
            if first == _NO_ADDRESS:
                first = address
                continue
            low, high = _root(parent, first), _root(parent, address)
            if low == high:
                continue
            if low > high:
                low, high = high, low
            parent[high] = low
            a[n], b[n], tx_of[n] = first, address, tx
            n += 1
    for k in range(parent.size):
        parent[k] = parent[parent[k]]
    return n


@shared
def _address(columns: InputAddresses, i: int, outside: int) -> tuple[np.uint32, int]:
    """Address of input `i`; `outside` walks the outside rows as `i` ascends."""
    source = columns.spends[i]
    if source >= 0:
        return columns.output_address[source], outside
    rows = columns.outside_input
    while outside < rows.size and rows[outside] < i:
        outside += 1
    if outside < rows.size and rows[outside] == i:
        return columns.outside_address[outside], outside
    return _NO_ADDRESS, outside


@shared
def _root(parent: NDArray[np.uint32], address: np.uint32) -> np.uint32:
    """Find a cluster's smallest member so far, halving the path to it."""
    while parent[address] != address:
        parent[address] = parent[parent[address]]
        address = parent[address]
    return address


@kernel
def _incidence(
    columns: InputAddresses,
    kept_out: NDArray[np.bool_],
    label: NDArray[np.uint32],
    wanted: int,
    pairs: Incidence,
) -> int:
    """Count the pairs, and write them where `pairs` has room."""
    n = 0
    outside = 0
    found = np.empty(64, dtype=np.uint32)
    for tx in range(columns.first_input.size - 1):
        low, high = columns.first_input[tx], columns.first_input[tx + 1]
        if kept_out[tx] or high - low < 2:
            continue
        if found.size < high - low:
            found = np.empty(2 * (high - low), dtype=np.uint32)
        n_found = 0
        for i in range(low, high):
            address, outside = _address(columns, i, outside)
            if address == _NO_ADDRESS:
                continue
            if wanted == EVERY_CLUSTER or wanted == label[address]:
                found[n_found] = address
                n_found += 1
        if n_found < 2:
            continue
        mine = found[:n_found]
        mine.sort()
        if mine[0] == mine[-1]:
            continue
        for k in range(n_found):
            if k == 0 or mine[k] != mine[k - 1]:
                if n < pairs.tx.size:
                    pairs.tx[n], pairs.address[n] = tx, mine[k]
                n += 1
    return n
