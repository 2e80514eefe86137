"""What a case works with, opened once: ledger, tags, prices, clusters."""

from __future__ import annotations

import contextlib
from functools import cached_property
from typing import TYPE_CHECKING

from dalil.attribution import TagStore
from dalil.clustering import clusters
from dalil.clustering.coinjoin import coinjoin_types
from dalil.errors import AddressError, InputError
from dalil.ledger import Ledger
from dalil.progress import silent
from dalil.tracing.naming import (
    marks_of,
    shown_name,
    spread_over_clusters,
    tags_met,
)
from dalil.tracing.prices import PriceSeries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from dalil.attribution import Tag
    from dalil.cases.charter import Charter
    from dalil.clustering import Clusters
    from dalil.progress import Progress
    from dalil.tracing import Mark

__all__ = ["Desk"]

_CASE_TAGS = ".tags"


class Desk:
    """A case's tools, each opened when first asked for.

    Parameters
    ----------
    charter : Charter
    ledger : Path
        The ledger of this run; the charter's first one where none is given.
    progress : Progress
    """

    def __init__(
        self, charter: Charter, ledger: Path | None = None, progress: Progress = silent
    ) -> None:
        if ledger is None and not charter.ledgers:
            raise InputError(
                "the case names no ledger; give --ledger, or `ledgers` in case.toml",
                charter.folder,
            )
        self.charter = charter
        self.progress = progress
        self.ledger = Ledger.open(ledger or charter.ledgers[0])
        self._clusters: dict[str, Clusters] = {}

    @cached_property
    def tags(self) -> TagStore | None:
        """The tag store the charter names, or one made of the files it names."""
        stores = [p for p in self.charter.tags if (p / "manifest.json").is_file()]
        files = [p for p in self.charter.tags if p not in stores]
        if len(stores) > 1 or (stores and files):
            raise InputError(
                "a case takes one tag store, or tag files; import the files into "
                "the store with `dalil tags import`",
                stores[0],
            )
        if stores:
            return TagStore.open(stores[0])
        if not files:
            return self._beside_ledger()
        store = TagStore.open(self.charter.folder / _CASE_TAGS, create=True)
        store.import_files(files, progress=self.progress)
        return store

    def _beside_ledger(self) -> TagStore | None:
        from dalil.settings import default_tag_store

        folder = default_tag_store(self.ledger.path)
        has_store = (folder / "manifest.json").is_file()
        return TagStore.open(folder) if has_store else None

    @cached_property
    def prices(self) -> PriceSeries | None:
        """The daily prices the charter names."""
        return PriceSeries.load(self.charter.prices) if self.charter.prices else None

    @cached_property
    def coinjoin(self) -> NDArray[np.uint8]:
        """(n_tx,) CoinJoin type of each transaction."""
        return coinjoin_types(self.ledger, self.progress)

    def clusters(self, profile: str) -> Clusters:
        """Clusters under a profile."""
        if profile not in self._clusters:
            self._clusters[profile] = clusters(self.ledger, profile, self.progress)
        return self._clusters[profile]

    def name_of(self, tag: Tag) -> str:
        """Name the actor of a tag as results do."""
        return shown_name(tag, self._named[1])

    @property
    def own_marks(self) -> list[Mark]:
        """Marks on the tagged addresses of the ledger."""
        return self._named[0]

    @cached_property
    def _named(self) -> tuple[list[Mark], dict[str, str]]:
        """Marks, and the spelling they use for each actor."""
        names: dict[str, str] = {}
        met = tags_met(self.ledger, self.tags) if self.tags else ()
        return marks_of(met, names), names

    def marks(self, profile: str, leaving_out: Sequence[int] = ()) -> list[Mark]:
        """Mark tagged addresses and the clusters of services.

        `leaving_out` are addresses that no cluster may put a name on: a seed
        is what the case says it is.
        """
        marks = self.own_marks
        spread = spread_over_clusters(marks, self.clusters(profile)) if marks else []
        out = set(leaving_out)
        return [*marks, *(mark for mark in spread if mark.address not in out)]

    def tags_of(self, address: str) -> list[Tag]:
        """Tags of one address on this ledger's chain."""
        with contextlib.suppress(AddressError):
            if self.tags:
                return self.tags.find(address, self.ledger.chain)
        return []
