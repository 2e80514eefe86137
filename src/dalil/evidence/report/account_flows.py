"""From a walk over accounts to the nodes and edges of its picture.

A box is an account and a band a payment. Whoever paid the seeds is not drawn:
to have sent money to an address makes nobody a part of what came of it. What
reached an account from elsewhere is left out too, since no seed money is in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.evidence.report.figure import Edge, Node
from dalil.evidence.report.flows import Passage, role_of_reason
from dalil.evidence.report.reading import REST, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dalil.evidence.report.figure.model import LabelKind, Role
    from dalil.evidence.report.reading import Asset, Json
    from dalil.tracing.accounts import AccountTrace

__all__ = ["account_flow_of", "account_passages_of"]

_INDIRECT = ("deposit", "cluster")


def account_passages_of(found: AccountTrace) -> list[Passage]:
    """List the payments that a trace of accounts followed on, by name.

    What stayed with its payer is no payment, and a seed's own is drawn as the
    account it came to. Cost: linear in the trace.
    """
    from dalil.tracing.accounts.naming import coin_name

    graph, figures, ledger = found.graph, found.figures, found.ledger
    followed = (graph.flow.into >= 0) & ~graph.is_rest
    followed[: graph.flow.n_seeds] = False
    return [
        Passage(
            coin_name(ledger, graph, coin),
            ledger.address_text(int(graph.holder[coin])),
            int(figures.lower[coin]),
            int(figures.upper[coin]),
        )
        for coin in followed.nonzero()[0].tolist()
    ]


def account_flow_of(
    asset: Asset | None, trace: Json, passages: Sequence[Passage] | None
) -> tuple[list[Node], list[Edge]]:
    """Lay out one walk as nodes and edges, money going from seeds to ends."""
    builder = _Builder(asset, trace)
    if passages:
        builder.add_passages(passages)
    else:
        builder.add_hidden_middle()
    for end in trace["ends"]:
        builder.add_end(end)
    return list(builder.nodes.values()), builder.edges


class _Builder:
    """Collects the accounts and payments of one walk."""

    def __init__(self, asset: Asset | None, trace: Json) -> None:
        self.trace = trace
        self.nodes: dict[str, Node] = {}
        self.edges: list[Edge] = []
        self.rows = {row["name"]: row for row in trace["transfers"]}
        self.middle = False
        self.lines = {t.line["name"]: t for t in asset.targets} if asset else {}
        self.home: dict[str, list[str]] = {}
        for name in trace["seeds"]:
            if name in self.rows:
                self.home.setdefault(self.rows[name]["to"], []).append(name)
        for account, names in self.home.items():
            alone = len(names) == 1
            amount = _number(self.rows[names[0]]["amount"]) if alone else None
            bounds = None if amount is None else (amount, amount)
            self._node(f"account:{account}", "seed", account, "address", bounds)

    def add_passages(self, passages: Sequence[Passage]) -> None:
        """Add the payments that were followed on, and who got them."""
        for passage in passages:
            if passage.coin in self.rows:
                source = self._account(self.rows[passage.coin]["from"])
                bounds = passage.lower_sat, passage.upper_sat
                self._edge(source, self._account(passage.into), bounds)

    def add_hidden_middle(self) -> None:
        """Stand one box for all accounts whose wiring was not given."""
        between = {a["address"] for a in self.trace["accounts"]} - self.home.keys()
        self.middle = bool(between)
        if not between:
            return
        self.nodes["walk"] = Node(
            "walk", "more", "account", "word", n_folded=len(between)
        )
        for account in self.home:
            node = self.nodes[f"account:{account}"]
            self._edge(node.key, "walk", (node.lower_sat or 0, node.upper_sat or 0))

    def add_end(self, end: Json) -> None:
        """Add what stops: at a name, or where it lies."""
        found = self._place(end["coin"])
        if found is None:
            return
        payer, at = found
        bounds = _number(end["lower_amount"]) or 0, _number(end["upper_amount"]) or 0
        source = self._payer(payer)
        if end["name"] is None:
            role = role_of_reason(end["reason"])
            known = self.nodes.get(f"{role}:{at}")
            self._node(f"{role}:{at}", role, at, "address", None if known else bounds)
            if known:  # bounds of several coins may not be added up
                self.nodes[known.key] = Node(known.key, role, at, "address")
            self._edge(source, f"{role}:{at}", bounds)
            return
        self._add_named(end, source, at, bounds)

    def _place(self, coin: str) -> tuple[str, str] | None:
        """Say who let go of a coin and where it lies; the same where it stayed."""
        if rest := REST.fullmatch(coin):
            return rest[1], rest[1]
        row = self.rows.get(coin)
        if row is None:
            return None
        return row["to"] if coin in self.trace["seeds"] else row["from"], row["to"]

    def _add_named(
        self, end: Json, source: str, at: str, bounds: tuple[int, int]
    ) -> None:
        name, line = end["name"], self.lines.get(end["name"])
        service = line.line["service"] if line else end["reason"] != "target"
        total = None
        if line is not None:
            lower, upper = (_number(line.figure(k)) for k in ("lower", "upper"))
            total = None if lower is None or upper is None else (lower, upper)
        self._node(f"name:{name}", "service" if service else "target", name, "text",
                   total)  # fmt: skip
        rests = line.flow["premises"]["addresses"] if line and line.flow else []
        ways = {row["address"]: row["by"] for row in rests}
        guessed = ways.get(at) in _INDIRECT
        self._edge(source, f"name:{name}", bounds, heuristic=guessed)

    def _payer(self, account: str) -> str:
        """Name the node a payment leaves: a seed, an account, or the middle."""
        if self.middle and account not in self.home:
            return "walk"
        return self._account(account)

    def _account(self, account: str) -> str:
        self._node(f"account:{account}", "account", account, "address")
        return f"account:{account}"

    def _edge(
        self,
        source: str,
        target: str,
        bounds: tuple[int, int],
        *,
        heuristic: bool = False,
    ) -> None:
        if source != target:
            self.edges.append(Edge(source, target, *bounds, heuristic=heuristic))

    def _node(
        self,
        key: str,
        role: Role,
        label: str,
        kind: LabelKind,
        bounds: tuple[int, int] | None = None,
    ) -> None:
        lower, upper = bounds or (None, None)
        self.nodes.setdefault(key, Node(key, role, label, kind, 0, lower, upper))


def _number(value: int | str | None) -> int | None:
    read = whole(value)
    return read if isinstance(read, int) else None
