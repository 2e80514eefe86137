"""What intake hands on: exhibits, their texts, and the indicators in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dalil.intake.fold import fold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dalil.intake.fold import Folded
    from dalil.intake.steps import Step

__all__ = ["Exhibit", "Extraction", "Indicator", "Passage", "Spot", "View"]


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A captured file, named by its hash; `name` is metadata, never a path."""

    sha256: str
    name: str
    n_bytes: int
    media_type: str
    stored: bool = False
    """Whether a read-only copy lies in the exhibits folder under `sha256`."""
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the exhibit as it stands on the wire."""
        return {
            "sha256": self.sha256,
            "name": self.name,
            "bytes": self.n_bytes,
            "media_type": self.media_type,
            "stored": self.stored,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Spot:
    """Where in a page a stretch of a view begins, and whether readers see it."""

    start: int
    where: Mapping[str, Any]
    hidden: bool


@dataclass(frozen=True, slots=True)
class View:
    """One folded view of a passage; `spots`, ascending, explain its places."""

    folded: Folded
    spots: Sequence[Spot] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """One text of an exhibit, to which spans refer.

    `text` is exactly what the source step and `where` select. A PDF's is
    *derived*: the standard library cannot make it again, so it must be kept.
    """

    text: str
    source: Step
    where: dict[str, Any] = field(default_factory=dict)
    views: tuple[View, ...] = ()
    """Empty: the text is its own and only view."""
    quotes: Sequence[tuple[int, str | None]] = ()
    """From each place on, ascending: the innermost quoting element, or None."""
    quoted: str | None = None
    """Why all of it is quoted, if it is."""
    hidden: bool = False
    message: dict[str, Any] | None = None
    """Facts about the Telegram message it belongs to."""

    @property
    def derived(self) -> bool:
        """Whether the text must be kept, since only a library can make it."""
        return bool(self.source["op"] == "pdf_text")

    def views_or_self(self) -> tuple[View, ...]:
        """Return the views to search."""
        return self.views or (View(fold(self.text)),)


@dataclass(frozen=True, slots=True)
class Indicator:
    """Something a captured file points at, with its exact place and its proof.

    It proves that the characters stand in the exhibit and what they spell;
    nothing about who wrote them, and nothing about who controls an address.
    """

    kind: str
    value: str
    raw: str
    start: int
    end: int
    where: dict[str, Any]
    checksum: str
    steps: tuple[Step, ...]
    chain: str | None = None
    chains: tuple[str, ...] = ()
    chain_basis: str | None = None
    form: str | None = None
    quoted: str | None = None
    hidden: bool = False
    message: dict[str, Any] | None = None
    id: str = ""
    exhibit: str = ""
    mention: str | None = None
    key: str = ""
    """Equal for two spellings of the same thing; groups mentions, not printed."""

    def to_json(self) -> dict[str, Any]:
        """Return the indicator as it stands on the wire."""
        wire: dict[str, Any] = {
            "id": self.id,
            "exhibit": self.exhibit,
            "kind": self.kind,
            "chain": self.chain,
            "chains": list(self.chains),
            "chain_basis": self.chain_basis,
            "form": self.form,
            "value": self.value,
            "raw": self.raw,
            "start": self.start,
            "end": self.end,
            "where": self.where,
            "checksum": self.checksum,
            "steps": list(self.steps),
            "quoted": self.quoted,
            "hidden": self.hidden,
            "mention": self.mention,
        }
        if self.message is not None:
            wire["message"] = self.message
        return wire


@dataclass(frozen=True, slots=True)
class Extraction:
    """Everything read from one captured file."""

    exhibit: Exhibit
    indicators: tuple[Indicator, ...] = ()
    passages: tuple[Passage, ...] = ()
    role: str = "unknown"
    """``report`` where the page declares itself a news article."""
    attachments: tuple[dict[str, Any], ...] = ()
    """Files a Telegram export refers to: listed, never opened."""
    notes: tuple[str, ...] = ()
    readable: bool = True
    """False where nothing of the file could be read as text."""
