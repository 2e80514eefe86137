"""One picture of the flow with all that stands around it: legend, table, caption."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dalil.evidence.report.figure import ICONS, drawn, node_name

if TYPE_CHECKING:
    from dalil.evidence.report.figure import Edge, Node
    from dalil.evidence.report.paper import Paper
    from dalil.evidence.report.reading import Json

__all__ = ["picture"]


def picture(
    number: int,
    trace: Json,
    flow: tuple[list[Node], list[Edge]],
    paper: Paper,
    *,
    hidden: bool,
    asset: Json | None = None,
) -> dict[str, Any]:
    """Draw one trace, and list what its picture shows for its table.

    Parameters
    ----------
    number : int
        How many pictures stand before it.
    trace : dict
        The walk.
    flow : (list of Node, list of Edge)
        All of it; what is too much for a picture is folded.
    paper : Paper
        Writes the values.
    hidden : bool
        Whether the middle of the walk is drawn as one box.
    asset : dict, optional
        The token it is of; none for coin.
    """
    svg, nodes, edges = drawn(
        *flow,
        paper,
        name=f"picture-{number + 1}",
        backward=trace["direction"] == "backward",
        asset=asset,
    )
    name = {node.key: node_name(node, paper) for node in nodes}
    role = {n.key: n.label if n.role == "more" else n.role for n in nodes}
    present = {*role.values(), *(n.role for n in nodes)}
    return {
        "svg": svg,
        "asset": asset,
        "direction": trace["direction"],
        "n_seeds": len(trace["seeds"]),
        "roles": [r for r in ICONS if r in present],
        "hidden_middle": hidden,
        "rows": [
            {
                "source": name[edge.source],
                "source_role": role[edge.source],
                "target": name[edge.target],
                "target_role": role[edge.target],
                "heuristic": edge.heuristic,
                "n_outputs": edge.n_outputs,
                "lower": edge.lower_sat,
                "upper": edge.upper_sat,
            }
            for edge in edges
        ],
    }
