"""Clusters of a ledger's addresses under a profile, and why they hold.

A profile says which transactions may join addresses:

* ``strict``: co-spending, but no transaction that is typed a CoinJoin or
  merely suspicious of being one;
* ``default``: co-spending, but no typed CoinJoin, and no bridge: a
  transaction whose removal leaves two parts of `GUARD_SIZE` addresses or more;
* ``broad``: co-spending, but no typed CoinJoin.

A conclusion that rests on a cluster says under which profiles it holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from dalil.clustering.coinjoin import RULES_VERSION, TxColumns, coinjoin_verdicts
from dalil.clustering.cospend import (
    COSPEND_VERSION,
    Forest,
    incidence,
    input_addresses_of,
    union,
)
from dalil.clustering.graph import SpendGraph, cuts, shortest_path, spend_graph
from dalil.clustering.store import Stored, cache_file, load, save
from dalil.errors import InputError
from dalil.progress import silent

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.progress import Progress

__all__ = [
    "GUARD_SIZE",
    "PROFILES",
    "Bridge",
    "Clusters",
    "Link",
    "Profile",
    "ReadableLedger",
    "cluster_columns",
    "clusters",
]

GUARD_SIZE = 1_000
COSPEND = "co-spend"


@dataclass(frozen=True, slots=True)
class Profile:
    """What may join addresses."""

    name: str
    refuses_suspicious: bool
    guard_size: int | None
    """Bridges between two parts of at least so many addresses are removed."""


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("strict", refuses_suspicious=True, guard_size=GUARD_SIZE),
        Profile("default", refuses_suspicious=False, guard_size=GUARD_SIZE),
        Profile("broad", refuses_suspicious=False, guard_size=None),
    )
}


class ReadableLedger(TxColumns, Protocol):
    """A ledger on disk, as far as clustering reads it."""

    @property
    def path(self) -> Path:
        """Folder of the ledger; clusters are cached in its ``cache/``."""

    @property
    def manifest_sha256(self) -> str:
        """The ledger's identity, part of the cache's name."""

    @property
    def n_addresses(self) -> int:
        """Addresses."""


class Link(NamedTuple):
    """One step of a chain between two addresses: a transaction spends both."""

    tx_id: int
    rule: str
    a: int
    b: int


class Bridge(NamedTuple):
    """A transaction whose removal would split its cluster."""

    tx_id: int
    n_parts: int
    second: int
    """Addresses in the second largest part: how much hangs on this link."""


@dataclass(frozen=True)
class Clusters:
    """The clusters of one ledger snapshot under one profile.

    An address that joins no other is a cluster of one. That two addresses
    share a cluster means that a chain of transactions spent them together, not
    that a court would find one owner; that they do not means nothing.
    """

    columns: TxColumns
    profile: Profile
    forest: Forest
    kept_out: NDArray[np.bool_]
    """(n_tx,) transactions that joined nothing: CoinJoins, suspects, bridges."""
    removed: NDArray[np.int64]
    """Bridges that the size guard removed, among `kept_out`."""

    @property
    def label(self) -> NDArray[np.uint32]:
        """(n_addresses,) the smallest member of each address's cluster."""
        return self.forest.label

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """(n_addresses,) members of the cluster labelled so; 0 for other ids."""
        return np.bincount(self.label, minlength=self.label.size)

    @property
    def n_clusters(self) -> int:
        """How many clusters there are, those of one address included."""
        return int(np.count_nonzero(self.sizes))

    def size(self, address: int) -> int:
        """How many addresses the cluster of `address` has."""
        return int(self.sizes[self.label[address]])

    def members(self, address: int) -> NDArray[np.int64]:
        """List the addresses of the cluster of `address`, ascending."""
        return np.flatnonzero(self.label == self.label[address])

    def received_sat(self, address: int) -> int:
        """Sum what the outputs inside this ledger paid to the cluster.

        Change and transfers within the cluster count again each time.
        """
        paid = np.asarray(self.columns.output_address)
        known = np.flatnonzero(paid < self.label.size)
        mine = known[self.label[paid[known]] == self.label[address]]
        return sum(self.columns.output_value[mine].tolist())

    def why(self, a: int, b: int) -> list[Link] | None:
        """Give the shortest chain of co-spends from `a` to `b`.

        Returns
        -------
        list of Link or None
            Breadth first in the graph of addresses and transactions; of
            several shortest chains the one with the smallest ids, compared
            from `a` on. Empty where a is b, None where their clusters differ.
        """
        if self.label[a] != self.label[b]:
            return None
        if a == b:
            return []
        graph = self._graph(int(self.label[a]))
        start, goal = np.searchsorted(graph.addresses, [a, b])
        path = shortest_path(graph, int(start), int(goal))
        if path is None:
            raise InputError("clusters and columns are of different ledgers", a)
        steps = zip(path[0:-2:2], path[1:-1:2], path[2::2], strict=True)
        n = graph.addresses.size
        return [
            Link(
                int(graph.txs[tx - n]),
                COSPEND,
                int(graph.addresses[left]),
                int(graph.addresses[right]),
            )
            for left, tx, right in steps
        ]

    def bridges(self, address: int) -> list[Bridge]:
        """List the transactions whose removal splits the cluster, by id."""
        graph = self._graph(int(self.label[address]))
        found = cuts(graph)
        return [
            Bridge(int(graph.txs[t]), int(found.n_parts[t]), int(found.second[t]))
            for t in np.flatnonzero(found.n_parts > 1)
        ]

    def weak_links(self, address: int, most: int = 10) -> list[Bridge]:
        """List the bridges that most addresses hang on, the weightiest first."""
        bridges = [bridge for bridge in self.bridges(address) if bridge.second > 1]
        return sorted(bridges, key=lambda b: (-b.second, b.tx_id))[:most]

    def _graph(self, label: int) -> SpendGraph:
        columns = input_addresses_of(self.columns)
        return spend_graph(incidence(columns, self.kept_out, self.label, label))


def clusters(
    ledger: ReadableLedger, profile: str = "default", progress: Progress = silent
) -> Clusters:
    """Cluster a ledger's addresses, or read the clusters from its cache.

    The cache is a convenience: a damaged one is rebuilt, a folder that cannot
    be written to goes without.

    Raises
    ------
    InputError
        If no profile has that name.
    """
    chosen = _profile(profile)
    version = f"{COSPEND_VERSION}.{RULES_VERSION}"
    file = cache_file(ledger.path, ledger.manifest_sha256, chosen.name, version)
    n_tx = ledger.tx_first_input.size - 1
    stored = load(file, ledger.n_addresses, n_tx)
    if stored is not None:
        return Clusters(ledger, chosen, *stored)
    made = cluster_columns(ledger, ledger.n_addresses, profile, progress)
    save(file, Stored(made.forest, made.kept_out, made.removed))
    return made


def cluster_columns(
    columns: TxColumns,
    n_addresses: int,
    profile: str = "default",
    progress: Progress = silent,
) -> Clusters:
    """Cluster the addresses of some columns, without any cache."""
    chosen = _profile(profile)
    verdicts = coinjoin_verdicts(columns, progress)
    kept_out = verdicts.types != 0
    if chosen.refuses_suspicious:
        kept_out |= verdicts.suspicious
    progress("clustering", 0, 0)
    inputs = input_addresses_of(columns)
    forest = union(inputs, kept_out, n_addresses)
    removed = np.empty(0, dtype=np.int64)
    if chosen.guard_size is not None:
        sizes = np.bincount(forest.label, minlength=1)
        if sizes.max(initial=0) >= 2 * chosen.guard_size:
            graph = spend_graph(incidence(inputs, kept_out, forest.label))
            removed = graph.txs[cuts(graph).second >= chosen.guard_size]
    if removed.size:
        kept_out[removed] = True
        forest = union(inputs, kept_out, n_addresses)
    return Clusters(columns, chosen, forest, kept_out, removed)


def _profile(name: str) -> Profile:
    if name not in PROFILES:
        raise InputError(f"unknown profile (one of {', '.join(PROFILES)})", name)
    return PROFILES[name]
