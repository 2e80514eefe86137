"""A Bitcoin node as a source: blocks, headers and spent outputs as it serves them."""

from __future__ import annotations

from dalil.sources.node.access import NodeAccess, node_access
from dalil.sources.node.client import Node
from dalil.sources.node.fetch import GroupLimits
from dalil.sources.node.notices import Notices
from dalil.sources.node.patience import Patience
from dalil.sources.node.rpc import Rpc
from dalil.sources.node.spool import Spool

__all__ = [
    "GroupLimits",
    "Node",
    "NodeAccess",
    "Notices",
    "Patience",
    "Rpc",
    "Spool",
    "node_access",
]
