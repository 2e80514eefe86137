"""Where each box and ribbon of the flow picture stands: numbers only.

Columns run from left to right in every language, as money does in time. A
box is as high as the larger of what enters and what leaves it; ribbons keep
the order of their other ends, so that they cross as little as a few passes of
the barycentre rule can bring about. Heights are integers of a pixel where
they matter to text, so the same findings give the same picture, byte for byte.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dalil.evidence.report.figure.model import Edge, Node

__all__ = ["Box", "Layout", "Ribbon", "laid_out"]

BOX_WIDTH = 12
NARROWEST_STEP = 140
WIDEST_STEP = 220
STEPS_WIDTH = 700
LAST_COLUMN = 230
LABEL_HEIGHT = 46
INK_HEIGHT = 300
THINNEST = 1.5
MARGIN = 12
N_PASSES = 6


@dataclass(frozen=True, slots=True)
class Box:
    """One node: its left upper corner and height."""

    node: Node
    x: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Ribbon:
    """One edge: the middle of its two ends, and its width."""

    edge: Edge
    x0: float
    y0: float
    x1: float
    y1: float
    width: float


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole picture: its size, boxes and ribbons."""

    width: float
    height: float
    boxes: list[Box]
    ribbons: list[Ribbon]


def laid_out(nodes: list[Node], edges: list[Edge], column: Mapping[str, int]) -> Layout:
    """Place boxes and ribbons.

    Parameters
    ----------
    nodes, edges : list
        What is shown, already capped.
    column : mapping of str to int
        The column of every node.

    Returns
    -------
    Layout
        Coordinates in pixels, origin at the left upper corner.
    """
    order = _ordered(nodes, edges, column)
    fullest = _fullest(edges, order)
    n_steps = max(order, default=0)
    step = min(max(STEPS_WIDTH // max(n_steps, 1), NARROWEST_STEP), WIDEST_STEP)
    boxes: dict[str, Box] = {}
    for index, keys in sorted(order.items()):
        y: float = MARGIN + LABEL_HEIGHT
        for node in keys:
            height = _height(node.key, edges, fullest)
            x = MARGIN + index * step
            boxes[node.key] = Box(node, x, round(y, 1), height)
            y += height + LABEL_HEIGHT
    bottom = max((box.y + box.height for box in boxes.values()), default=0.0)
    return Layout(
        width=MARGIN + n_steps * step + LAST_COLUMN,
        height=round(bottom + MARGIN, 1),
        boxes=list(boxes.values()),
        ribbons=_ribbons(edges, boxes, fullest),
    )


def _ordered(
    nodes: list[Node], edges: list[Edge], column: Mapping[str, int]
) -> dict[int, list[Node]]:
    """Order each column so that ribbons cross little: barycentres, a few passes."""
    order: dict[int, list[Node]] = defaultdict(list)
    for node in nodes:
        order[column[node.key]].append(node)
    beside: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        beside[edge.source].append(edge.target)
        beside[edge.target].append(edge.source)
    for _ in range(N_PASSES):
        rank = {
            node.key: (i + 0.5) / len(keys)
            for keys in order.values()
            for i, node in enumerate(keys)
        }
        for keys in order.values():
            keys.sort(
                key=lambda n: (n.role == "more", _middle(n.key, beside, rank), n.key)
            )
    return order


def _middle(
    key: str, beside: Mapping[str, list[str]], rank: Mapping[str, float]
) -> float:
    near = [rank[other] for other in beside.get(key, ())]
    return sum(near) / len(near) if near else rank[key]


def _fullest(edges: list[Edge], order: Mapping[int, list[Node]]) -> int:
    """Amount in the fullest column, which takes the whole height of the ink."""
    return max(
        (sum(_throughput(n.key, edges) for n in keys) for keys in order.values()),
        default=0,
    )


def _throughput(key: str, edges: list[Edge]) -> int:
    enters = sum(e.upper_sat for e in edges if e.target == key)
    leaves = sum(e.upper_sat for e in edges if e.source == key)
    return max(enters, leaves)


def _thickness(edge: Edge, fullest: int) -> float:
    share = edge.upper_sat / fullest if fullest else 0.0
    return max(THINNEST, round(share * INK_HEIGHT, 2))


def _height(key: str, edges: list[Edge], fullest: int) -> float:
    enters = sum(_thickness(e, fullest) for e in edges if e.target == key)
    leaves = sum(_thickness(e, fullest) for e in edges if e.source == key)
    return round(max(enters, leaves, 4.0), 1)


def _ribbons(edges: list[Edge], boxes: Mapping[str, Box], fullest: int) -> list[Ribbon]:
    """Stack the ribbons at each side of a box in the order of their other ends."""
    starts = _stacked(edges, boxes, fullest, at_source=True)
    ends = _stacked(edges, boxes, fullest, at_source=False)
    return [
        Ribbon(
            edge,
            boxes[edge.source].x + BOX_WIDTH,
            starts[i],
            boxes[edge.target].x,
            ends[i],
            _thickness(edge, fullest),
        )
        for i, edge in enumerate(edges)
    ]


def _stacked(
    edges: list[Edge], boxes: Mapping[str, Box], fullest: int, *, at_source: bool
) -> dict[int, float]:
    """Height of the middle of every ribbon's end, on one side of the boxes."""
    here: dict[str, list[int]] = defaultdict(list)
    for i, edge in enumerate(edges):
        here[edge.source if at_source else edge.target].append(i)
    middle: dict[int, float] = {}
    for key, indices in here.items():
        far = {
            i: boxes[edges[i].target if at_source else edges[i].source].y
            for i in indices
        }
        y = boxes[key].y
        for i in sorted(indices, key=lambda i: (far[i], i)):
            thickness = _thickness(edges[i], fullest)
            middle[i] = round(y + thickness / 2, 2)
            y += thickness
    return middle
