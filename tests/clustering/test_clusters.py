"""Clusters: who is joined, why, and what hangs on a single transaction."""

from __future__ import annotations

from dataclasses import dataclass, field

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.clustering import PROFILES, Clusters, cluster_columns
from dalil.clustering.clusters import COSPEND, GUARD_SIZE
from dalil.clustering.graph import cuts, shortest_path
from dalil.errors import InputError
from tests.clustering.columns import NO_ADDRESS, Coin, Columns, Tx, cospends

N = 9

Spends = list[list[int | None]]

spends = st.lists(
    st.lists(
        st.one_of(st.none(), st.integers(0, N - 1), st.integers(0, N - 1)),
        min_size=1,
        max_size=4,
    ),
    max_size=9,
)


def clustered(*txs: list[int | None], profile: str = "broad") -> Clusters:
    return cluster_columns(cospends(*txs), N, profile)


def groups(clusters: Clusters) -> set[frozenset[int]]:
    """The clusters of two addresses or more, as plain sets."""
    found = {frozenset(clusters.members(a).tolist()) for a in range(N)}
    return {group for group in found if len(group) > 1}


def bipartite(txs: Spends) -> nx.Graph:
    """The same graph in networkx: addresses as integers, transactions as names."""
    graph = nx.Graph()
    graph.add_nodes_from(range(N))
    for number, inputs in enumerate(txs):
        for address in {a for a in inputs if a is not None}:
            graph.add_edge(address, f"tx{number}")
    return graph


def parts_of(graph: nx.Graph) -> set[frozenset[int]]:
    found = (
        frozenset(node for node in part if isinstance(node, int))
        for part in nx.connected_components(graph)
    )
    return {part for part in found if len(part) > 1}


@dataclass(frozen=True)
class Case:
    why: str
    txs: Spends
    joined: set[frozenset[int]] = field(default_factory=set)


CASES = [
    Case("one input says nothing", [[0], [1]]),
    Case("two inputs share an owner", [[0, 1]], {frozenset({0, 1})}),
    Case("ownership is transitive", [[0, 1], [1, 2]], {frozenset({0, 1, 2})}),
    Case("reuse of one address adds nothing", [[3, 3, 3]]),
    Case(
        "an input of unknown address is passed over",
        [[None, 4, None, 5], [None, None]],
        {frozenset({4, 5})},
    ),
    Case(
        "two clusters stay two without a link",
        [[0, 1], [2, 3]],
        {frozenset({0, 1}), frozenset({2, 3})},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.why)
def test_joins_exactly(case: Case) -> None:
    assert groups(clustered(*case.txs)) == case.joined


@settings(deadline=None)
@given(spends)
def test_agrees_with_networkx(txs: Spends) -> None:
    made = clustered(*txs)
    assert groups(made) == parts_of(bipartite(txs))
    assert made.n_clusters == len(
        [p for p in nx.connected_components(bipartite(txs)) if p & set(range(N))]
    )


@settings(deadline=None)
@given(spends)
def test_labels_are_the_smallest_member(txs: Spends) -> None:
    made = clustered(*txs)
    for address in range(N):
        assert made.label[address] == made.members(address).min()
        assert made.size(address) == made.members(address).size


@settings(deadline=None)
@given(spends, st.randoms(use_true_random=False))
def test_labels_do_not_depend_on_the_order(txs: Spends, random: object) -> None:
    shuffled = [list(inputs) for inputs in txs]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for inputs in shuffled:
        random.shuffle(inputs)  # type: ignore[attr-defined]
    assert np.array_equal(clustered(*txs).label, clustered(*shuffled).label)


@settings(deadline=None)
@given(spends, spends)
def test_more_evidence_never_splits(txs: Spends, more: Spends) -> None:
    old, new = clustered(*txs).label, clustered(*txs, *more).label
    assert all(new[a] == new[root] for a, root in enumerate(old))


@settings(deadline=None)
@given(spends)
def test_the_forest_holds_each_cluster_together_and_nothing_more(txs: Spends) -> None:
    made = clustered(*txs)
    tree = nx.Graph()
    tree.add_nodes_from(range(N))
    tree.add_edges_from(
        zip(made.forest.a.tolist(), made.forest.b.tolist(), strict=True)
    )
    assert nx.is_forest(tree)
    assert tree.number_of_edges() == made.forest.a.size
    assert {frozenset(p) for p in nx.connected_components(tree) if len(p) > 1} == (
        groups(made)
    )
    for a, b, tx in zip(*made.forest[1:], strict=True):
        assert {a, b} <= set(txs[tx - 1])
    assert np.all(np.diff(made.forest.tx) >= 0)


@settings(deadline=None)
@given(spends, st.integers(0, N - 1), st.integers(0, N - 1))
def test_why_is_the_shortest_chain_and_really_connects(
    txs: Spends, a: int, b: int
) -> None:
    links = clustered(*txs).why(a, b)
    graph = bipartite(txs)
    if not nx.has_path(graph, a, b):
        assert links is None
        return
    assert links is not None
    at = a
    for link in links:
        assert link.rule == COSPEND
        assert link.a == at
        assert {link.a, link.b} <= set(txs[link.tx_id - 1])
        at = link.b
    assert at == b
    chains = [
        [int(n[2:]) + 1 if isinstance(n, str) else n for n in path]
        for path in nx.all_shortest_paths(graph, a, b)
    ]
    told = [a, *(n for link in links for n in (link.tx_id, link.b))]
    assert told == min(chains)


@settings(deadline=None)
@given(spends)
def test_bridges_are_what_removal_by_brute_force_finds(txs: Spends) -> None:
    made = clustered(*txs)
    for address in range(N):
        found = {b.tx_id: (b.n_parts, b.second) for b in made.bridges(address)}
        expected = {}
        members = set(made.members(address).tolist())
        for number in range(len(txs)):
            graph = bipartite(txs)
            if f"tx{number}" in graph:
                graph.remove_node(f"tx{number}")
            sizes = sorted(
                len(members & part)
                for part in nx.connected_components(graph)
                if members & part
            )
            if len(sizes) > 1:
                expected[number + 1] = (len(sizes), sizes[-2])
        assert found == expected


def test_a_bridge_names_how_much_hangs_on_it() -> None:
    made = clustered([0, 1], [0, 2], [1, 2], [2, 3], [3, 4], [3, 4])
    assert [tuple(bridge) for bridge in made.bridges(0)] == [(4, 2, 2)]
    assert made.weak_links(4) == made.bridges(4)
    assert made.bridges(8) == []


def test_leaves_are_bridges_but_no_weak_links() -> None:
    made = clustered([0, 1], [0, 2])
    assert [bridge.second for bridge in made.bridges(0)] == [1, 1]
    assert made.weak_links(0) == []


def test_volume_counts_what_was_paid_inside() -> None:
    made = clustered([0, 1], [2])
    mine = np.isin(made.columns.output_address, [0, 1])
    assert made.received_sat(1) == made.columns.output_value[mine].sum() > 0
    assert made.received_sat(8) == 0


JOIN = Tx(
    tuple(Coin(None, 20 + k) for k in range(5)),
    tuple((1_000_000, k) for k in range(5)),
)
STONEWALL = Tx(
    (Coin(None, 30), Coin(None, 31)),
    ((700_000, 0), (700_000, 1), (300_000, 2), (200_000, 3)),
)
PAYMENT = Tx((Coin(None, 20), Coin(None, 21)), ((5_000, 0),))


def test_a_coinjoin_joins_nobody_but_leaves_other_evidence_standing() -> None:
    made = cluster_columns(Columns([JOIN, PAYMENT]), 40)
    assert made.label[22] != made.label[23]
    assert made.label[20] == made.label[21]
    assert made.kept_out.tolist() == [False, True, False]
    assert made.why(20, 22) is None


@pytest.mark.parametrize(
    ("profile", "joined"), [("strict", False), ("default", True), ("broad", True)]
)
def test_only_the_strict_profile_declines_what_is_suspicious(
    profile: str, *, joined: bool
) -> None:
    made = cluster_columns(Columns([STONEWALL]), 40, profile)
    assert (made.label[30] == made.label[31]) == joined


def two_halves(size: int) -> Columns:
    """Two clusters of `size` addresses each, and one transaction that joins them."""
    left, right = list(range(size)), list(range(size, 2 * size))
    return cospends(left, left, right, right, [0, size])


@pytest.mark.parametrize("profile", ["strict", "default"])
def test_a_bridge_between_two_large_parts_is_removed(profile: str) -> None:
    made = cluster_columns(two_halves(GUARD_SIZE), 2 * GUARD_SIZE, profile)
    assert made.removed.tolist() == [5]
    assert made.label[0] != made.label[GUARD_SIZE]


def test_the_broad_profile_keeps_every_bridge() -> None:
    made = cluster_columns(two_halves(GUARD_SIZE), 2 * GUARD_SIZE, "broad")
    assert made.removed.size == 0
    assert made.label[0] == made.label[GUARD_SIZE]
    assert [b.second for b in made.weak_links(0)] == [GUARD_SIZE]


def test_a_bridge_to_a_smaller_part_stays() -> None:
    made = cluster_columns(two_halves(GUARD_SIZE - 1), 2 * GUARD_SIZE, "default")
    assert made.removed.size == 0


def test_two_ways_across_are_no_bridge() -> None:
    columns = cospends(
        *[list(range(GUARD_SIZE))] * 2,
        *[list(range(GUARD_SIZE, 2 * GUARD_SIZE))] * 2,
        [0, GUARD_SIZE],
        [1, GUARD_SIZE + 1],
    )
    assert cluster_columns(columns, 2 * GUARD_SIZE, "default").removed.size == 0


def test_an_unknown_profile_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=", ".join(PROFILES)):
        clustered(profile="lenient")


def test_no_addresses_at_all() -> None:
    made = cluster_columns(cospends([None]), 0)
    assert made.n_clusters == 0
    assert made.forest.a.size == 0


def test_a_long_chain_needs_no_recursion() -> None:
    n = 200_000
    chain = cospends(*([a, a + 1] for a in range(n)))
    made = cluster_columns(chain, n + 1, "broad")
    links = made.why(0, n)
    assert links is not None
    assert len(links) == n
    assert len(made.bridges(0)) == n


def test_what_is_not_in_the_graph_has_no_path() -> None:
    made = clustered([0, 1], [2, 3])
    graph = made._graph(0)
    assert shortest_path(graph, 0, 1) is not None
    assert cuts(graph).n_parts.tolist() == [2]
    assert NO_ADDRESS not in graph.addresses
