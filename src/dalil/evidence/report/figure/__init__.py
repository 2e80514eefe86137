"""The flow picture: what it shows (`model`), where (`layout`), how (`drawing`)."""

from __future__ import annotations

from dalil.evidence.report.figure.drawing import ICONS, drawn, node_name
from dalil.evidence.report.figure.model import Edge, Node

__all__ = ["ICONS", "Edge", "Node", "drawn", "node_name"]
