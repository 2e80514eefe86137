"""Typed links between accounts, the clusters that chosen ones make, and why.

No link says that two addresses have one owner. A cluster here is what hangs
together by the rules that were asked for, and names those rules; it is never
laid over the clusters of co-spent outputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dalil.clustering.accounts.columns import n_addresses, reference
from dalil.clustering.cospend import Incidence
from dalil.clustering.graph import shortest_path, spend_graph
from dalil.errors import InputError
from dalil.kernels import kernel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from dalil.ledger.accounts.view import I64, AccountView

__all__ = ["AccountClusters", "AccountLink", "Links", "Rule", "join", "links_of"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as a reader can cite it; a changed rule has another version."""

    name: str
    version: int
    source: str
    """Where it is published, or whose pattern it is."""


class AccountLink(NamedTuple):
    """One step between two addresses.

    `transfers` and `events` are the ledger's rows that made it: where there are
    many, the first and the last.
    """

    rule: str
    version: int
    a: int
    b: int
    transfers: tuple[int, ...]
    events: tuple[int, ...]

    def to_json(self, ledger: AccountView) -> dict[str, Any]:
        """Write the link with its addresses, transfers and events."""
        txs = ledger.tx_of_event(np.array(self.events, dtype=np.int64))
        return {
            "rule": self.rule,
            "rule_version": str(self.version),
            "from": ledger.address_text(self.a),
            "to": ledger.address_text(self.b),
            "transfers": [reference(ledger, row) for row in self.transfers],
            "events": [ledger.txid(int(tx)) for tx in txs],
        }


@dataclass(frozen=True)
class Links:
    """What one rule links, one link a row.

    Attributes
    ----------
    parameters : mapping of str to int
        What the rule was asked with.
    a, b : (n_links,) uint32
        Address ids.
    transfer : (n_links, 2) int64
        First and last transfer behind the link; -1 none.
    event : (n_links,) int64
        The event behind it; -1 none.
    """

    rule: Rule
    parameters: Mapping[str, int]
    a: NDArray[np.uint32]
    b: NDArray[np.uint32]
    transfer: I64
    event: I64

    def __len__(self) -> int:
        return int(self.a.size)

    def link(self, row: int) -> AccountLink:
        """Read one link."""
        rows = self.transfer[row].tolist()
        event = int(self.event[row])
        return AccountLink(
            self.rule.name,
            self.rule.version,
            int(self.a[row]),
            int(self.b[row]),
            tuple(dict.fromkeys(one for one in rows if one >= 0)),
            (event,) if event >= 0 else (),
        )

    def pairs(self) -> set[tuple[int, int]]:
        """List the linked pairs, the smaller id first."""
        low, high = np.minimum(self.a, self.b), np.maximum(self.a, self.b)
        return set(zip(low.tolist(), high.tolist(), strict=True))


@dataclass(frozen=True)
class AccountClusters:
    """What hangs together by the links of some rules.

    `label` is the smallest member of each address's cluster. It depends on the
    set of links alone, not on their order.
    """

    links: tuple[Links, ...]
    label: NDArray[np.uint32]

    @property
    def rules(self) -> tuple[str, ...]:
        """Name the rules that joined, in the order they were asked for."""
        return tuple(links.rule.name for links in self.links)

    def members(self, address: int) -> I64:
        """List the addresses of the cluster of `address`, ascending."""
        return np.flatnonzero(self.label == self.label[address])

    def why(self, a: int, b: int) -> list[AccountLink] | None:
        """Give the shortest chain of links from `a` to `b`.

        Returns
        -------
        list of AccountLink or None
            Empty where a is b, None where their clusters differ. Of several
            shortest chains the one whose addresses and links come first.
        """
        if self.label[a] != self.label[b]:
            return None
        if a == b:
            return []
        starts = np.cumsum([0, *map(len, self.links)])
        graph = spend_graph(self._incidence(int(self.label[a]), starts))
        start, goal = np.searchsorted(graph.addresses, [a, b])
        path = shortest_path(graph, int(start), int(goal))
        if path is None:
            raise InputError("labels and links are of different clusters", a)
        found = graph.txs[path[1::2] - graph.addresses.size]
        return [self._link(int(row), starts) for row in found]

    def _incidence(self, label: int, starts: I64) -> Incidence:
        rows, ends = [], []
        for links, start in zip(self.links, starts.tolist(), strict=False):
            mine = np.flatnonzero(self.label[links.a] == label)
            rows.append(np.repeat(mine + start, 2))
            ends.append(np.stack((links.a[mine], links.b[mine]), axis=1).ravel())
        return Incidence(np.concatenate(rows), np.concatenate(ends))

    def _link(self, row: int, starts: I64) -> AccountLink:
        part = int(np.searchsorted(starts, row, side="right")) - 1
        return self.links[part].link(row - int(starts[part]))

    def to_json(self, ledger: AccountView, address: int) -> dict[str, Any]:
        """Write the cluster of one address, and which rules made it."""
        members = self.members(address)
        return {
            "rules": [
                {
                    "rule": links.rule.name,
                    "rule_version": str(links.rule.version),
                    "parameters": dict(links.parameters),
                    "source": links.rule.source,
                }
                for links in self.links
            ],
            "cluster": ledger.address_text(int(members[0])),
            "n_addresses": int(members.size),
            "addresses": [ledger.address_text(int(m)) for m in members],
        }


def join(ledger: AccountView, links: Sequence[Links]) -> AccountClusters:
    """Join addresses by these links and by nothing else."""
    parent = np.arange(n_addresses(ledger), dtype=np.uint32)
    for one in links:
        _join_all(parent, one.a, one.b)
    _flatten(parent)
    return AccountClusters(tuple(links), parent)


def links_of(
    rule: Rule, parameters: Mapping[str, int], rows: Iterable[tuple[int, ...]]
) -> Links:
    """Lay out rows of (a, b, first transfer, last transfer, event)."""
    table = np.array(sorted(rows), dtype=np.int64).reshape(-1, 5)
    return Links(
        rule,
        parameters,
        table[:, 0].astype(np.uint32),
        table[:, 1].astype(np.uint32),
        np.ascontiguousarray(table[:, 2:4]),
        np.ascontiguousarray(table[:, 4]),
    )


@kernel
def _join_all(
    parent: NDArray[np.uint32], a: NDArray[np.uint32], b: NDArray[np.uint32]
) -> None:
    """Join each pair: Rem's algorithm with splicing, the smaller id on top."""
    for k in range(a.size):
        x, y = a[k], b[k]
        while parent[x] != parent[y]:
            if parent[x] < parent[y]:
                x, y = y, x
            above = parent[x]
            parent[x] = parent[y]
            if x == above:
                break
            x = above


@kernel
def _flatten(parent: NDArray[np.uint32]) -> None:
    for k in range(parent.size):
        parent[k] = parent[parent[k]]
