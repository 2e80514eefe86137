"""What a case works with on a ledger of outputs: marks, clusters, CoinJoins."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from dalil.cases.sources import CaseSources, NamedDesk
from dalil.clustering import clusters
from dalil.clustering.coinjoin import coinjoin_types
from dalil.ledger import Ledger
from dalil.tracing.naming import spread_over_clusters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from dalil.clustering import Clusters
    from dalil.tracing import Mark
    from dalil.tracing.prices import PriceSeries

__all__ = ["Desk"]


class Desk(NamedDesk[Ledger]):
    """A case's tools on one ledger, each opened when first asked for.

    Parameters
    ----------
    sources : CaseSources
    ledger : Path
    """

    def __init__(self, sources: CaseSources, ledger: Path) -> None:
        super().__init__(sources, Ledger.open(ledger))
        self._clusters: dict[str, Clusters] = {}

    @property
    def prices(self) -> PriceSeries | None:
        """The daily prices the charter names."""
        return self.sources.prices

    @cached_property
    def coinjoin(self) -> NDArray[np.uint8]:
        """(n_tx,) CoinJoin type of each transaction."""
        return coinjoin_types(self.ledger, self.progress)

    def clusters(self, profile: str) -> Clusters:
        """Clusters under a profile."""
        if profile not in self._clusters:
            self._clusters[profile] = clusters(self.ledger, profile, self.progress)
        return self._clusters[profile]

    def marks(self, profile: str, leaving_out: Sequence[int] = ()) -> list[Mark]:
        """Mark tagged addresses and the clusters of services.

        `leaving_out` are addresses that no cluster may put a name on: a seed
        is what the case says it is.
        """
        marks = self.own_marks
        spread = spread_over_clusters(marks, self.clusters(profile)) if marks else []
        out = set(leaving_out)
        return [*marks, *(mark for mark in spread if mark.address not in out)]
