"""Which addresses act together, and why; blind to every name.

Links come from transactions alone: a name never changes who is joined with
whom. `clusters` gives a ledger's clusters under a profile; `coinjoin` types
the transactions that must not join anybody.
"""

from __future__ import annotations

from dalil.clustering.clusters import (
    PROFILES,
    Bridge,
    Clusters,
    Link,
    Profile,
    cluster_columns,
    clusters,
)

__all__ = [
    "PROFILES",
    "Bridge",
    "Clusters",
    "Link",
    "Profile",
    "cluster_columns",
    "clusters",
]
