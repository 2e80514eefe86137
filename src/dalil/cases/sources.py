"""What a case's ledgers share: its charter, its tags, its prices."""

from __future__ import annotations

import contextlib
from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

from dalil.attribution import TagStore
from dalil.errors import AddressError, InputError
from dalil.progress import silent
from dalil.tracing.naming import Named, marks_of, shown_name, tags_met
from dalil.tracing.prices import PriceSeries

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.attribution import Tag
    from dalil.cases.charter import Charter
    from dalil.progress import Progress
    from dalil.tracing import Mark

__all__ = ["CaseSources", "NamedDesk"]

_CASE_TAGS = ".tags"


class CaseSources:
    """A case's charter, tags and prices, each opened when first asked for.

    Parameters
    ----------
    charter : Charter
    beside : Path
        A ledger; the tags beside it serve a case that names none.
    progress : Progress, optional
    """

    def __init__(
        self, charter: Charter, beside: Path, progress: Progress = silent
    ) -> None:
        self.charter, self.progress = charter, progress
        self._beside = beside

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

        folder = default_tag_store(self._beside)
        has_store = (folder / "manifest.json").is_file()
        return TagStore.open(folder) if has_store else None

    @cached_property
    def prices(self) -> PriceSeries | None:
        """The daily prices of coin the charter names."""
        return PriceSeries.load(self.charter.prices) if self.charter.prices else None


L = TypeVar("L", bound=Named)


class NamedDesk(Generic[L]):
    """One ledger of a case, and who its tags say its addresses are.

    Attributes
    ----------
    ledger : L
        Anything with a chain and addresses.
    """

    def __init__(self, sources: CaseSources, ledger: L) -> None:
        self.sources, self.ledger = sources, ledger
        self.charter, self.progress = sources.charter, sources.progress

    @property
    def tags(self) -> TagStore | None:
        """The case's tags."""
        return self.sources.tags

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

    def tags_of(self, address: str) -> list[Tag]:
        """Tags of one address on this ledger's chain."""
        with contextlib.suppress(AddressError):
            if self.tags:
                return self.tags.find(address, self.ledger.chain)
        return []
