"""What the flow picture shows, before any of it has a place on the page.

Nodes are transactions, or accounts, between what was seeded and where money
was seen to end; edges are outputs or payments, as wide as their upper bound. A
picture for a court holds a few dozen nodes: `capped` keeps those that can carry
most and folds the others of the same column into one that says how many it
stands for.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Edge", "Node", "Role", "capped", "columns_of"]

Role = Literal[
    "seed", "tx", "account", "target", "service", "coinjoin", "border", "limit",
    "again", "unspent", "held", "frozen", "gone", "fee", "more",
]  # fmt: skip
LabelKind = Literal["text", "word", "address", "txid", "outpoint"]
SINKS: frozenset[Role] = frozenset(
    ("target", "service", "coinjoin", "border", "limit", "again", "unspent", "held",
     "frozen", "gone", "fee")
)  # fmt: skip
ON_THE_WAY: frozenset[Role] = frozenset(("tx", "account"))


@dataclass(frozen=True, slots=True)
class Node:
    """A box: its key, what it is, and what is written beside it.

    `kind` says whether the label is captured text, a key of the word tables,
    or an identifier. A node that stands for others has the role "more" and
    their role as its label. The bounds are printed where one number may be
    quoted: a seed, a target (set bounds), a single end (local ones); in satoshi,
    or in a token's base units.
    """

    key: str
    role: Role
    label: str
    kind: LabelKind = "text"
    n_folded: int = 0
    lower_sat: int | None = None
    upper_sat: int | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """Money that may have gone from one box to another: satoshi, or base units.

    The bounds are one output's. Where an edge stands for several, they are
    added up for its width only: local bounds may not be quoted as a sum.
    """

    source: str
    target: str
    lower_sat: int
    upper_sat: int
    heuristic: bool = False
    n_outputs: int = 1


def columns_of(nodes: Iterable[Node], edges: Iterable[Edge]) -> dict[str, int]:
    """Give every node a column: seeds first, ends last, the rest by longest way.

    Transactions in ledger order form no cycle. Accounts do, where money comes
    back to one: of those the one named first stands first.
    """
    role = {node.key: node.role for node in nodes}
    after: dict[str, list[str]] = defaultdict(list)
    waiting: Counter[str] = Counter()
    for edge in edges:
        after[edge.source].append(edge.target)
        waiting[edge.target] += 1
    column = {key: 0 if what == "seed" else 1 for key, what in role.items()}
    ready = [key for key in role if not waiting[key]]
    todo = dict.fromkeys(role)
    while todo:
        key = ready.pop() if ready else next(iter(todo))
        del todo[key]
        for then in after[key]:
            if then not in todo:
                continue
            column[then] = max(column[then], column[key] + 1)
            waiting[then] -= 1
            if not waiting[then]:
                ready.append(then)
    on_the_way = [c for key, c in column.items() if role[key] not in SINKS]
    last = max(on_the_way, default=0) + 1
    return {key: last if role[key] in SINKS else c for key, c in column.items()}


def capped(
    nodes: list[Node], edges: list[Edge], *, per_column: int = 8, n_columns: int = 6
) -> tuple[list[Node], list[Edge], dict[str, int]]:
    """Fold what is too much for one picture into "+N more" nodes.

    Parameters
    ----------
    nodes, edges : list
        The whole flow.
    per_column : int, default 8
        Nodes of one column that keep their name, those of largest upper bound.
    n_columns : int, default 6
        Columns drawn. The steps beyond them become one node before the ends.

    Returns
    -------
    nodes, edges, columns
        The picture's own; parallel edges are summed, so widths stay whole.
    """
    column = columns_of(nodes, edges)
    deep = max(column.values(), default=0) >= n_columns
    if deep:
        column = _squeezed(column, n_columns)
    through = _through(edges)
    groups: dict[tuple[int, Role], list[Node]] = defaultdict(list)
    for node in nodes:
        groups[column[node.key], node.role].append(node)
    kept: list[Node] = []
    becomes: dict[str, str] = {}
    for (where, role), group in groups.items():
        group.sort(key=lambda node: (-through[node.key], node.key))
        last = role in ON_THE_WAY and where == n_columns - 2
        room = 0 if deep and last else per_column
        if len(group) <= room + 1:
            kept += group
            continue
        fold = Node(f"+{role}@{where}", "more", role, "word", len(group) - room)
        kept += [*group[:room], fold]
        column[fold.key] = where
        becomes |= {node.key: fold.key for node in group[room:]}
    return kept, _joined(edges, becomes), {n.key: column[n.key] for n in kept}


def _through(edges: Iterable[Edge]) -> Counter[str]:
    """How much could pass each node, to rank them by."""
    through: Counter[str] = Counter()
    for edge in edges:
        through[edge.source] += edge.upper_sat
        through[edge.target] += edge.upper_sat
    return through


def _squeezed(column: dict[str, int], n_columns: int) -> dict[str, int]:
    """Move what lies past the last drawn column but one into it; ends stay last."""
    last, end = max(column.values()), n_columns - 1
    return {k: end if c == last else min(c, end - 1) for k, c in column.items()}


def _joined(edges: list[Edge], becomes: dict[str, str]) -> list[Edge]:
    """Redirect edges to folded nodes and sum those that now run in parallel."""
    joined: dict[tuple[str, str, bool], Edge] = {}
    for edge in edges:
        source = becomes.get(edge.source, edge.source)
        target = becomes.get(edge.target, edge.target)
        if source == target:
            continue
        key = source, target, edge.heuristic
        known = joined.get(key, Edge(source, target, 0, 0, edge.heuristic, 0))
        joined[key] = replace(
            known,
            lower_sat=known.lower_sat + edge.lower_sat,
            upper_sat=known.upper_sat + edge.upper_sat,
            n_outputs=known.n_outputs + edge.n_outputs,
        )
    return list(joined.values())
