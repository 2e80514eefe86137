"""The flow picture as SVG: inert, and legible in print, in grey and unseen.

What a box is stands beside it as a shape *and* a word, never as a colour
alone. A solid ribbon is on the chain; a dashed one rests on a heuristic. The
table beside the picture says the same to who cannot see it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from dalil.evidence.report.figure.layout import BOX_WIDTH, MARGIN, laid_out
from dalil.evidence.report.figure.model import capped

if TYPE_CHECKING:
    from dalil.evidence.report.figure.layout import Box, Ribbon
    from dalil.evidence.report.figure.model import Edge, Node
    from dalil.evidence.report.paper import Paper
    from dalil.evidence.report.reading import Json

__all__ = ["ICONS", "drawn", "node_name"]

LONGEST_LABEL, LONGEST_FIRST = 30, 20
"""Characters of a name beside a box, less in the first column; the table has all."""

ICONS = {
    "seed": "M5 0L10 5L5 10L0 5Z",
    "tx": "M0 3H10V7H0Z",
    "account": "M5 0A2.5 2.5 0 1 1 4.99 0ZM0 10A5 4.5 0 0 1 10 10Z",
    "target": "M5 0A5 5 0 1 1 4.99 0ZM5 3A2 2 0 1 0 5.01 3Z",
    "service": "M0 0H10V10H0ZM3 3V7H7V3Z",
    "coinjoin": "M0 0L5 4L10 0V10L5 6L0 10Z",
    "border": "M0 0H3V10H0ZM6 0H10V2H6ZM6 4H10V6H6ZM6 8H10V10H6Z",
    "limit": "M3 0H7L10 3V7L7 10H3L0 7V3Z",
    "again": "M5 0A5 5 0 1 0 10 5H8A3 3 0 1 1 5 2V4L9 1.5L5 -1Z",
    "unspent": "M5 0A5 5 0 1 1 4.99 0ZM5 2A3 3 0 1 0 5.01 2Z",
    "held": "M0 0H2V7H8V0H10V10H0ZM4 0H6V5H4Z",
    "frozen": "M4 0H6V4H10V6H6V10H4V6H0V4H4ZM1 0L3 2L2 3L0 1ZM10 1L8 3L7 2L9 0Z"
    "M0 9L2 7L3 8L1 10ZM9 10L7 8L8 7L10 9Z",
    "gone": "M0 1L1 0L5 4L9 0L10 1L6 5L10 9L9 10L5 6L1 10L0 9L4 5Z",
    "fee": "M5 0L10 10H0Z",
    "more": "M4 0H6V4H10V6H6V10H4V6H0V4H4Z",
}
"""Shapes on a ten by ten grid, drawn even-odd; told apart without colour."""


def drawn(
    nodes: list[Node],
    edges: list[Edge],
    paper: Paper,
    *,
    name: str,
    backward: bool,
    asset: Json | None = None,
) -> tuple[Markup, list[Node], list[Edge]]:
    """Draw a flow.

    Parameters
    ----------
    nodes, edges : list
        The whole flow; what is too much for a picture is folded first.
    paper : Paper
        Writes the values.
    name : str
        The picture's name in the page, for its title and description.
    backward : bool
        Whether the edges lead from seeds to where their money came from; the
        picture then turns them, so that money still goes to the right.
    asset : dict, optional
        The token that amounts are of; coin without one.

    Returns
    -------
    svg, nodes, edges
        The picture, and what it shows, for its table.
    """
    nodes, edges, column = capped(nodes, edges)
    if backward:
        last = max(column.values(), default=0)
        column = {key: last - where for key, where in column.items()}
        edges = [replace(e, source=e.target, target=e.source) for e in edges]
    layout = laid_out(nodes, edges, column)
    ribbons = Markup("").join(_ribbon(r, paper) for r in layout.ribbons)
    boxes = Markup("").join(_box(b, paper, asset) for b in layout.boxes)
    svg = Markup(
        '<svg class="flow" role="img" aria-labelledby="{name}-title {name}-desc" '
        'viewBox="0 0 {w:.0f} {h:.0f}" width="{w:.0f}" height="{h:.0f}" '
        'direction="ltr"><title id="{name}-title">{title}</title>'
        '<desc id="{name}-desc">{desc}</desc>{ribbons}{boxes}</svg>'
    ).format(
        name=name,
        w=layout.width,
        h=layout.height,
        title=paper.words("flow.title"),
        desc=paper.words("flow.description"),
        ribbons=ribbons,
        boxes=boxes,
    )
    return svg, nodes, edges


def node_name(node: Node, paper: Paper) -> Markup:
    """Write a node's name in full, for the table."""
    if node.role == "more":
        return paper.words("flow.more", n=node.n_folded)
    if node.kind == "word":
        return paper.words(node.label)
    if node.kind == "text":
        return paper.party(node.label)
    return paper.id(node.label, node.kind)


def _ribbon(ribbon: Ribbon, paper: Paper) -> Markup:
    sort = "heuristic" if ribbon.edge.heuristic else "on-chain"
    half, bend = ribbon.width / 2, (ribbon.x0 + ribbon.x1) / 2
    return Markup(
        '<path class="ribbon {sort}" d="M{x0:.1f} {a:.2f}C{bend:.1f} {a:.2f} '
        "{bend:.1f} {b:.2f} {x1:.1f} {b:.2f}V{c:.2f}C{bend:.1f} {c:.2f} "
        '{bend:.1f} {d:.2f} {x0:.1f} {d:.2f}Z"><title>{tip}</title></path>'
    ).format(
        sort=sort,
        x0=ribbon.x0,
        x1=ribbon.x1,
        bend=bend,
        a=ribbon.y0 - half,
        b=ribbon.y1 - half,
        c=ribbon.y1 + half,
        d=ribbon.y0 + half,
        tip=paper.words(f"flow.{sort.replace('-', '_')}"),
    )


def _box(box: Box, paper: Paper, asset: Json | None) -> Markup:
    node = box.node
    role = node.label if node.role == "more" else node.role
    top = box.y - (34 if node.upper_sat is not None else 20)
    return Markup(
        '<g class="box {role}"><rect x="{x:.0f}" y="{y:.1f}" width="{w}" '
        'height="{h:.1f}"/><path class="icon" fill-rule="evenodd" '
        'transform="translate({x:.0f} {iy:.1f})" d="{icon}"/>'
        '<text class="word" direction="ltr" x="{tx:.0f}" y="{y1:.1f}">{word}</text>'
        "{label}{bounds}</g>"
    ).format(
        role=role,
        x=box.x,
        y=box.y,
        w=BOX_WIDTH,
        h=box.height,
        iy=top - 9,
        icon=ICONS["more" if node.role == "more" else role],
        tx=box.x + 15,
        y1=top,
        word=paper.words(f"role.{role}"),
        label=_label(box, top + 14, paper),
        bounds=_bounds(box, top + 28, paper, asset),
    )


def _bounds(box: Box, y: float, paper: Paper, asset: Json | None) -> Markup:
    """Write a node's bounds where it has some that may be quoted."""
    lower, upper = box.node.lower_sat, box.node.upper_sat
    if lower is None or upper is None:
        return Markup()
    shown = paper.plain_quantity(upper, asset)
    if lower < upper:
        unit = shown.rpartition(" ")[2]
        least = paper.plain_quantity(lower, asset).removesuffix(f" {unit}")
        shown = f"{least if lower else 0} … {shown}"
    return Markup(
        '<text class="id id-amount" direction="ltr" x="{:.0f}" y="{:.1f}">{}</text>'
    ).format(box.x, y, shown)


def _label(box: Box, y: float, paper: Paper) -> Markup:
    """Write the name beside a box: cut to fit, whole in its tooltip."""
    node, room = box.node, LONGEST_LABEL if box.x > MARGIN else LONGEST_FIRST
    if node.role == "more":
        shown, whole, sort = str(paper.words("flow.more", n=node.n_folded)), "", "text"
    elif node.kind == "word":
        shown, whole, sort = str(paper.words(node.label)), "", "text"
    elif node.kind == "text":
        whole = paper.bare_text(node.label)
        cut = len(whole) > room
        shown, sort = (whole[: room - 1] + "…" if cut else whole), "text"
    else:
        shown = paper.short(node.label, node.kind)
        whole, sort = paper.plain(node.label, node.kind), f"id id-{node.kind}"
    tip = Markup("<title>{}</title>").format(whole) if whole else Markup()
    return Markup(
        '<text class="{}" direction="ltr" x="{:.0f}" y="{:.1f}">{}{}</text>'
    ).format(sort, box.x, y, escape(shown), tip)
