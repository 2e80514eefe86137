"""From tags and clusters to marks: who is met, and which services are borders.

Every tagged address of the ledger bears a mark. A service's mark spreads to
the addresses that act together with it, since what lies behind any of them is
no more the customer's; nobody else's does: a person is met only at an address
that someone named.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import numpy as np

from dalil.attribution import actor_key, service_kind
from dalil.tracing.request import Mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from dalil.attribution import Tag

__all__ = [
    "Labels",
    "Named",
    "Tags",
    "marks_from_tags",
    "marks_of",
    "shown_name",
    "spread_over_clusters",
    "tags_met",
]


class Tags(Protocol):
    """What this module asks of a tag store; `dalil.attribution.TagStore` has it."""

    def addresses(self, chain: str | None = None) -> list[str]:
        """List the tagged addresses."""

    def find_many(
        self, addresses: Iterable[str], chain: str | None = None
    ) -> Mapping[str, Sequence[Tag]]:
        """Find the tags of many addresses."""


class Named(Protocol):
    """What this module asks of a ledger."""

    @property
    def chain(self) -> str:
        """CAIP-2."""

    def find_address(self, text: str, /) -> int | None:
        """Find an address by its text."""


class Labels(Protocol):
    """What this module asks of clusters; `dalil.clustering.Clusters` has it."""

    @property
    def label(self) -> NDArray[np.uint32]:
        """(n_addresses,) the smallest member of each address's cluster."""


def _start_of(day: str | None, days_later: int = 0) -> int | None:
    if day is None:
        return None
    midnight = datetime.fromisoformat(day[:10]).replace(tzinfo=UTC)
    return int((midnight + timedelta(days=days_later)).timestamp())


def _speaking(tags: Sequence[Tag]) -> list[Tag]:
    """Leave out labels that only repeat, without dates, what an actor's tag says."""
    named = [tag for tag in tags if tag.actor is not None]
    dated = [tag for tag in tags if tag.valid_from or tag.valid_to]
    return [t for t in tags if t in named or t in dated] if named else list(tags)


def shown_name(tag: Tag, names: dict[str, str]) -> str:
    """Name a tag's actor; all spellings of one actor take the first one seen."""
    key = actor_key(tag)
    shown = tag.actor_name or tag.actor or tag.label
    return shown if key is None else names.setdefault(key, shown)


def tags_met(ledger: Named, tags: Tags) -> Iterator[tuple[int, Tag]]:
    """Go through the tags of the ledger's own addresses, by address text.

    Costs a look-up in the ledger for every tagged address of its chain.
    """
    rows = {text: ledger.find_address(text) for text in tags.addresses(ledger.chain)}
    here = {text: row for text, row in rows.items() if row is not None}
    found = tags.find_many(here, ledger.chain)
    for text in sorted(found):
        for tag in _speaking(found[text]):
            yield here[text], tag


def marks_from_tags(ledger: Named, tags: Tags) -> list[Mark]:
    """Mark every tagged address that occurs in the ledger; see `marks_of`."""
    return marks_of(tags_met(ledger, tags), {})


def marks_of(met: Iterable[tuple[int, Tag]], names: dict[str, str]) -> list[Mark]:
    """Mark tagged addresses; `names` learns the spelling used for each actor.

    A tag's last day is included. Tags of one address that name different
    actors give several marks, and the trace shows them joined: which is right
    is for a person to settle.

    Notes
    -----
    A mark repeats a claim somebody published; it does not make it true.
    """
    marks: dict[Mark, None] = {}
    for address, tag in met:
        mark = Mark(
            address=address,
            name=shown_name(tag, names),
            reason=service_kind(tag) or "target",
            by="tag",
            valid_from=_start_of(tag.valid_from),
            valid_to=_start_of(tag.valid_to, days_later=1),
        )
        marks.setdefault(mark)
    return list(marks)


def spread_over_clusters(marks: Sequence[Mark], clusters: Labels) -> list[Mark]:
    """Mark every address that acts together with a service, as a border too.

    Addresses with a mark of their own keep it alone. Where one cluster holds
    several services, its other addresses bear all their names.

    Returns
    -------
    list of Mark
        The new marks only, `by` being ``cluster``.
    """
    label = clusters.label
    own = {mark.address for mark in marks}
    services = [mark for mark in marks if mark.reason != "target"]
    roots = np.unique(label[[mark.address for mark in services]])
    members = np.flatnonzero(np.isin(label, roots)) if services else roots
    by_root: dict[int, dict[Mark, None]] = {}
    for mark in services:
        shared = Mark(
            0, mark.name, mark.reason, "cluster", mark.valid_from, mark.valid_to
        )
        by_root.setdefault(int(label[mark.address]), {}).setdefault(shared)
    return [
        Mark(a, mark.name, mark.reason, "cluster", mark.valid_from, mark.valid_to)
        for a in members.tolist()
        if a not in own
        for mark in by_root[int(label[a])]
    ]
