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
    first_input, spends, output_address, outside, outside_address = columns
    a, b, tx_of = links
    n = 0
    row = 0
    for tx in range(first_input.size - 1):
        if kept_out[tx]:
            continue
        first = _NO_ADDRESS
        for i in range(first_input[tx], first_input[tx + 1]):
            address = _NO_ADDRESS
            if spends[i] >= 0:
                address = output_address[spends[i]]
            else:
                row = _row(outside, row, i)
                if row < outside.size and outside[row] == i:
                    address = outside_address[row]
            if address in (_NO_ADDRESS, first):
                continue
            if first == _NO_ADDRESS:
                first = address
            elif _join(parent, first, address):
                a[n], b[n], tx_of[n] = first, address, tx
                n += 1
    for k in range(parent.size):
        parent[k] = parent[parent[k]]
    return n


@shared
def _row(outside: NDArray[np.int64], row: int, i: int) -> int:
    """Walk on to the first outside row at or after input `i`."""
    while row < outside.size and outside[row] < i:
        row += 1
    return row


@shared
def _join(parent: NDArray[np.uint32], x: np.uint32, y: np.uint32) -> bool:
    """Join two clusters; False if they are one already.

    Rem's algorithm with splicing (Patwary, Blair, Manne 2010), the smaller id
    always the parent, so that each root is its cluster's smallest member.
    """
    while parent[x] != parent[y]:
        if parent[x] < parent[y]:
            x, y = y, x
        above = parent[x]
        parent[x] = parent[y]
        if x == above:
            return True
        x = above
    return False


@kernel
def _incidence(
    columns: InputAddresses,
    kept_out: NDArray[np.bool_],
    label: NDArray[np.uint32],
    wanted: int,
    pairs: Incidence,
) -> int:
    """Count the pairs, and write them where `pairs` has room."""
    first_input, spends, output_address, outside, outside_address = columns
    n = 0
    row = 0
    found = np.empty(64, dtype=np.uint32)
    for tx in range(first_input.size - 1):
        low, high = first_input[tx], first_input[tx + 1]
        if kept_out[tx] or high - low < 2:
            continue
        if found.size < high - low:
            found = np.empty(2 * (high - low), dtype=np.uint32)
        n_found = 0
        for i in range(low, high):
            address = _NO_ADDRESS
            if spends[i] >= 0:
                address = output_address[spends[i]]
            else:
                row = _row(outside, row, i)
                if row < outside.size and outside[row] == i:
                    address = outside_address[row]
            if address != _NO_ADDRESS and _is_wanted(label[address], wanted):
                found[n_found] = address
                n_found += 1
        n_found = _sort_distinct(found[:n_found])
        if n_found < 2:
            continue
        if n + n_found <= pairs.tx.size:
            pairs.tx[n : n + n_found] = tx
            pairs.address[n : n + n_found] = found[:n_found]
        n += n_found
    return n


@shared
def _is_wanted(label: np.uint32, wanted: int) -> bool:
    return wanted in (EVERY_CLUSTER, np.int64(label))


@shared
def _sort_distinct(addresses: NDArray[np.uint32]) -> int:
    """Sort in place, the different ones in front; return how many those are."""
    addresses.sort()
    n = 0
    for k in range(addresses.size):
        if n == 0 or addresses[k] != addresses[n - 1]:
            addresses[n] = addresses[k]
            n += 1
    return n
