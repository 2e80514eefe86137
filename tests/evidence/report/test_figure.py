"""The flow picture: what it folds, where it puts things, what it never loses."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.evidence.report.figure.drawing import ICONS, drawn, node_name
from dalil.evidence.report.figure.layout import BOX_WIDTH, laid_out
from dalil.evidence.report.figure.model import SINKS, Edge, Node, capped, columns_of
from dalil.evidence.report.flows import Passage, flow_of
from dalil.evidence.report.language import Words
from dalil.evidence.report.paper import Paper
from dalil.evidence.report.reading import Reading
from tests.evidence.report.sample import (
    HARBOUR,
    KESTREL,
    PASSAGES,
    SEEDS,
    SULLAM,
    TX1,
    TX2,
    TX3,
    document,
    wide,
)
from tests.evidence.report.tree import tree_of

PAPER = Paper(Words("en"), None, "working")


@st.composite
def flows(draw: st.DrawFn) -> tuple[list[Node], list[Edge]]:
    """A random flow: seeds, transactions that only pay later ones, and ends."""
    n_seeds, n_tx = draw(st.integers(1, 12)), draw(st.integers(0, 25))
    seeds = [Node(f"s{i}", "seed", f"s{i}") for i in range(n_seeds)]
    txs = [Node(f"t{i}", "tx", f"t{i}") for i in range(n_tx)]
    role = st.sampled_from(sorted(SINKS))
    ends = [Node(f"e{i}", draw(role), f"e{i}") for i in range(draw(st.integers(1, 20)))]
    order = [*seeds, *txs, *ends]
    edges = []
    for i, node in enumerate(order[:-1]):
        if node in ends:
            break
        later = st.integers(max(i + 1, n_seeds), len(order) - 1)
        for to in draw(st.lists(later, max_size=4)):
            value = draw(st.integers(0, 10**15))
            guess = draw(st.booleans())
            edges.append(Edge(node.key, order[to].key, 0, value, guess))
    return order, edges


@given(flows())
@settings(max_examples=60, deadline=None)
def test_money_always_goes_to_the_right(flow: tuple[list[Node], list[Edge]]) -> None:
    nodes, edges, column = capped(*flow)
    assert all(column[e.source] < column[e.target] for e in edges)
    layout = laid_out(nodes, edges, column)
    assert all(r.x0 < r.x1 for r in layout.ribbons)


@given(flows())
@settings(max_examples=60, deadline=None)
def test_folding_loses_no_node_and_no_output(
    flow: tuple[list[Node], list[Edge]],
) -> None:
    nodes, edges, _ = capped(*flow)
    assert sum(node.n_folded or 1 for node in nodes) == len(flow[0])
    column = columns_of(*flow)
    folded_inside = sum(e.n_outputs for e in flow[1]) - sum(e.n_outputs for e in edges)
    if max(column.values()) < 6:
        assert folded_inside == 0
        assert sum(e.upper_sat for e in edges) == sum(e.upper_sat for e in flow[1])
    assert folded_inside >= 0


@given(flows())
@settings(max_examples=60, deadline=None)
def test_boxes_of_a_column_do_not_overlap_and_hold_their_ribbons(
    flow: tuple[list[Node], list[Edge]],
) -> None:
    nodes, edges, column = capped(*flow)
    layout = laid_out(nodes, edges, column)
    by_column: dict[float, list[tuple[float, float]]] = {}
    for box in layout.boxes:
        by_column.setdefault(box.x, []).append((box.y, box.y + box.height))
        assert 0 <= box.x < layout.width
        assert box.y + box.height <= layout.height
    for spans in by_column.values():
        for above, below in pairwise(sorted(spans)):
            assert above[1] < below[0]
    at = {box.node.key: box for box in layout.boxes}
    for ribbon in layout.ribbons:
        for key, y in (
            (ribbon.edge.source, ribbon.y0),
            (ribbon.edge.target, ribbon.y1),
        ):
            box, half = at[key], ribbon.width / 2
            assert box.y - 0.2 <= y - half
            assert y + half <= box.y + box.height + 0.2


def test_a_wider_bound_is_a_wider_band() -> None:
    nodes = [Node("s", "seed", "s"), Node("a", "target", "a"), Node("b", "fee", "b")]
    edges = [Edge("s", "a", 0, 3_000), Edge("s", "b", 0, 1_000)]
    ribbons = laid_out(*capped(nodes, edges)).ribbons
    width = {r.edge.target: r.width for r in ribbons}
    assert width["a"] == pytest.approx(3 * width["b"])


def test_a_circle_of_claims_still_ends() -> None:
    nodes = [Node(k, "tx", k) for k in "abc"]
    edges = [Edge("a", "b", 0, 1), Edge("b", "c", 0, 1), Edge("c", "a", 0, 1)]
    laid_out(*capped(nodes, edges))


def test_too_many_nodes_become_one_that_says_how_many() -> None:
    nodes = [Node(f"s{i:02d}", "seed", f"s{i}") for i in range(20)]
    nodes.append(Node("t", "target", "t"))
    edges = [Edge(n.key, "t", i, i) for i, n in enumerate(nodes[:-1])]
    kept, joined, _ = capped(nodes, edges)
    (fold,) = [n for n in kept if n.role == "more"]
    assert (fold.label, fold.n_folded) == ("seed", 12)
    assert node_name(fold, PAPER) == "+12 more"
    (edge,) = [e for e in joined if e.source == fold.key]
    assert (edge.n_outputs, edge.upper_sat) == (12, sum(range(12)))


def test_the_sample_hangs_together_as_it_was_told() -> None:
    reading = Reading(document())
    nodes, edges = flow_of(reading, reading.document["traces"][0], PASSAGES)
    named = {(e.source, e.target, e.upper_sat, e.heuristic) for e in edges}
    assert named == {
        (f"seed:{SEEDS[0]}", TX1, 40_000_000, False),
        (f"seed:{SEEDS[1]}", TX1, 25_000_000, False),
        (f"seed:{SEEDS[2]}", TX3, 15_000_000, False),
        (TX1, TX2, 40_000_000, False),
        (TX2, TX3, 29_980_000, False),
        (TX1, f"name:{KESTREL}", 24_990_000, False),
        (TX2, f"name:{HARBOUR}", 40_000_000, False),
        (TX3, f"name:{SULLAM}", 19_970_000, True),
        (TX3, f"end:{TX3}:0", 20_000_000, False),
        (TX3, f"end:{TX3}:2", 5_000_000, False),
    }
    roles = {n.key: n.role for n in nodes}
    assert roles[f"name:{KESTREL}"] == "target"
    assert roles[f"name:{HARBOUR}"] == "service"
    assert roles[f"end:{TX3}:0"] == "coinjoin"


def test_a_target_shows_its_set_bounds_not_its_ends_added_up() -> None:
    whole = document()
    trace = whole["traces"][0]
    again = {**trace["ends"][1], "coin": f"{TX3}:9", "upper_sat": 40_000_000}
    trace["ends"].append(again)
    reading = Reading(whole)
    nodes, _ = flow_of(reading, trace, PASSAGES)
    (harbour,) = [n for n in nodes if n.key == f"name:{HARBOUR}"]
    assert (harbour.lower_sat, harbour.upper_sat) == (10_000_000, 40_000_000)


def test_without_passages_the_middle_is_one_box() -> None:
    reading = Reading(document())
    nodes, edges = flow_of(reading, reading.document["traces"][0], None)
    (middle,) = [n for n in nodes if n.role == "more"]
    assert middle.n_folded == 3
    assert {e.source for e in edges if e.target == middle.key} == {
        f"seed:{s}" for s in SEEDS
    }


def test_a_passage_into_a_transaction_outside_the_walk_is_not_drawn() -> None:
    reading = Reading(document())
    stray = Passage(f"{TX1}:7", "f" * 64, 0, 5)
    _, edges = flow_of(reading, reading.document["traces"][0], [*PASSAGES, stray])
    assert "f" * 64 not in {e.target for e in edges}


@pytest.mark.parametrize("backward", [False, True])
def test_seeds_stand_left_or_backward_right(backward: bool) -> None:
    nodes = [Node("s", "seed", "s"), Node("t", "tx", "t"), Node("e", "target", "e")]
    edges = [Edge("s", "t", 1, 1), Edge("t", "e", 1, 1)]
    svg, _, shown = drawn(nodes, edges, PAPER, name="p", backward=backward)
    x = {
        next(iter(g.classes - {"box"})): float(g.all("rect")[0].attributes["x"])
        for g in tree_of(str(svg)).all("g", "box")
    }
    assert (x["seed"] < x["tx"] < x["target"]) != backward
    assert [(e.source, e.target) for e in shown] == (
        [("t", "s"), ("e", "t")] if backward else [("s", "t"), ("t", "e")]
    )


def test_every_kind_of_box_has_a_shape_of_its_own() -> None:
    assert len(set(ICONS.values())) == len(ICONS)


def test_a_box_is_told_by_shape_and_word() -> None:
    svg, _, _ = drawn([Node("s", "seed", "s")], [], PAPER, name="p", backward=False)
    (box,) = tree_of(str(svg)).all("g", "box")
    assert box.all("path", "icon")[0].attributes["d"] == ICONS["seed"]
    assert [t.text for t in box.all("text", "word")] == ["Seed"]
    assert float(box.all("rect")[0].attributes["width"]) == BOX_WIDTH


def test_a_large_flow_is_drawn_small() -> None:
    whole, passages = wide(400)
    reading = Reading(whole)
    flow = flow_of(reading, whole["traces"][0], [*passages, *PASSAGES])
    svg, nodes, _ = drawn(*flow, PAPER, name="p", backward=False)
    assert len(nodes) < 60
    assert len(svg) < 60_000
