"""From a trace of the findings to the nodes and edges of its picture.

Findings name the transactions of a walk and where it ends; which transaction
spends which coin stands in the raw transactions. A caller who has the trace
at hand gives it as passages; without them the transactions between seeds and
ends are drawn as one box that says how many they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dalil.evidence.report.figure import Edge, Node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dalil.evidence.report.figure.model import LabelKind, Role
    from dalil.evidence.report.reading import Json, Reading
    from dalil.tracing.result import Trace

__all__ = ["Passage", "flow_of", "passages_of", "role_of_reason"]

_ROLE_OF_REASON: dict[str, Role] = {
    "unspent": "unspent",
    "coinjoin": "coinjoin",
    "border": "border",
    "coinbase": "border",
    "returned to a seed": "again",
    "time limit": "limit",
    "value limit": "limit",
    "hop limit": "limit",
    "size limit": "limit",
    "fee": "fee",
    "burned": "gone",
    "destroyed": "gone",
    "minted": "border",
    "held": "held",
    "held, frozen": "frozen",
    "balances are no sums": "border",
    "target": "target",
    "named address": "target",
}


def role_of_reason(reason: str) -> Role:
    """Say what a stop looks like; a service unless its reason is known."""
    return _ROLE_OF_REASON.get(reason, "service")


@dataclass(frozen=True, slots=True)
class Passage:
    """A coin that is followed on, and the transaction it enters.

    Parameters
    ----------
    coin : str
        ``txid:n``; of a walk over accounts, a transfer.
    into : str
        Txid of the transaction of the walk that spends it (backward: that
        made it); of a walk over accounts, the address it came to.
    lower_sat, upper_sat : int
        Its local bounds; of a token, in base units.
    """

    coin: str
    into: str
    lower_sat: int
    upper_sat: int


def passages_of(trace: Trace) -> list[Passage]:
    """List the coins a trace followed on, by name.

    Cost: one look-up of a name for each coin; linear in the trace.
    """
    graph, figures, ledger = trace.graph, trace.figures, trace.ledger
    passages = []
    for coin in (graph.into >= 0).nonzero()[0].tolist():
        output, spender = int(graph.output[coin]), int(graph.input[coin])
        name = ledger.outpoint(output) if output >= 0 else ledger.prevout(spender)
        if name is None:
            continue
        into = ledger.txid(int(graph.tx[graph.into[coin]]))
        lower, upper = int(figures.lower[coin]), int(figures.upper[coin])
        passages.append(Passage(name, into, lower, upper))
    return passages


def flow_of(
    reading: Reading, trace: Json, passages: Sequence[Passage] | None
) -> tuple[list[Node], list[Edge]]:
    """Lay out one trace as nodes and edges, money going from seeds to ends."""
    builder = _Builder(reading, trace)
    if passages:
        builder.add_passages(passages)
    else:
        builder.add_hidden_middle()
    for end in trace["ends"]:
        builder.add_end(end)
    return list(builder.nodes.values()), builder.edges


class _Builder:
    """Collects the nodes and edges of one trace."""

    def __init__(self, reading: Reading, trace: Json) -> None:
        self.trace = trace
        self.nodes: dict[str, Node] = {}
        self.edges: list[Edge] = []
        self.seeds = set(trace["seeds"])
        self.inside = set(trace["transactions"])
        self.middle: str | None = None
        self.flows = {
            f["statement"]["target"]: f
            for f in reading.of("flow")
            if f["premises"]["trace"] == trace["id"]
        }
        self.service = {t["name"]: t["service"] for t in reading.summary["targets"]}
        self.paid = {
            f"{f['statement']['txid']}:{f['statement']['n']}": f["statement"]
            for f in reading.of("pays")
        }

    def add_passages(self, passages: Sequence[Passage]) -> None:
        """Add the transactions of the walk and the coins between them."""
        for passage in passages:
            if passage.into not in self.inside:
                continue
            bounds = passage.lower_sat, passage.upper_sat
            source = self._source(passage.coin, bounds)
            self._node(passage.into, "tx", passage.into, "txid")
            self.edges.append(Edge(source, passage.into, *bounds))

    def add_hidden_middle(self) -> None:
        """Stand one box for all transactions whose wiring was not given."""
        followed = self.seeds - {end["coin"] for end in self.trace["ends"]}
        if not self.inside or not followed:
            return
        self.middle = "walk"
        self.nodes["walk"] = Node(
            "walk", "more", "tx", "word", n_folded=len(self.inside)
        )
        for seed in sorted(followed):
            value = self.paid.get(seed, {}).get("value_sat")
            source = self._source(seed, None if value is None else (value, value))
            self.edges.append(Edge(source, "walk", value or 0, value or 0))

    def add_end(self, end: Json) -> None:
        """Add a coin that stops, to its target or on its own."""
        bounds = end["lower_sat"], end["upper_sat"]
        source = self._source(end["coin"], bounds)
        name, flow = end["name"], self.flows.get(end["name"] or "")
        if name is None:
            role = role_of_reason(end["reason"])
            self._node(f"end:{end['coin']}", role, end["coin"], "outpoint", bounds)
            self.edges.append(Edge(source, f"end:{end['coin']}", *bounds))
            return
        role = (
            "service" if self.service.get(name, end["reason"] != "target") else "target"
        )
        total = _bounds(flow) if flow else None
        self._node(f"name:{name}", role, name, "text", total)
        guessed = flow is not None and self._by_cluster(end["coin"], flow)
        self.edges.append(Edge(source, f"name:{name}", *bounds, heuristic=guessed))

    def _by_cluster(self, coin: str, flow: Json) -> bool:
        """Whether a coin counts for a target only because addresses act together."""
        ways = {row["address"]: row["by"] for row in flow["premises"]["addresses"]}
        known = ways.get(self.paid.get(coin, {}).get("address"))
        return known == "cluster" if known else "cluster" in ways.values()

    def _source(self, coin: str, bounds: tuple[int, int] | None) -> str:
        """Name the node a coin leaves: its seed, its transaction, or the middle."""
        if coin in self.seeds:
            self._node(f"seed:{coin}", "seed", coin, "outpoint", bounds)
            return f"seed:{coin}"
        if self.middle:
            return self.middle
        txid = coin.partition(":")[0]
        self._node(txid, "tx", txid, "txid")
        return txid

    def _node(
        self,
        key: str,
        role: Role,
        label: str,
        kind: LabelKind,
        bounds: tuple[int, int] | None = None,
    ) -> None:
        lower, upper = bounds or (None, None)
        known = self.nodes.get(key)
        if known is None or (known.upper_sat is None and upper is not None):
            self.nodes[key] = Node(key, role, label, kind, 0, lower, upper)


def _bounds(flow: Json) -> tuple[int, int]:
    statement: dict[str, Any] = flow["statement"]
    return statement["lower_sat"], statement["upper_sat"]
