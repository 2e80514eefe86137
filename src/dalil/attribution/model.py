"""What is said about addresses: tags, actors, the files that say it, what is wrong.

A tag is a claim somebody published, not a fact. It keeps where it was read
(file, hash, line), how sure its author was and for which days it holds, so
that a reader can go and look.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dalil.chains.registry import fits_chain

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CONFIDENCE_LEVELS",
    "PROBLEM_KINDS",
    "Actor",
    "Problem",
    "SourceFile",
    "Tag",
]

CONFIDENCE_LEVELS = {
    "override": 100,
    "ownership": 100,
    "ledger_immanent": 100,
    "manual_transaction": 90,
    "forensic_investigation": 70,
    "service_api": 70,
    "authority_data": 60,
    "trusted_provider": 50,
    "service_data": 50,
    "forensic": 50,
    "untrusted_transaction": 40,
    "web_crawl": 20,
    "heuristic": 10,
    "unknown": 5,
}
"""TagPack's confidence classes and their levels, of 100."""

PROBLEM_KINDS = {
    "bad_checksum": "the address fails its checksum; refused",
    "case_lost": "base58 in lower case, from which the address cannot be had; refused",
    "no_address": "no address stands there; refused",
    "never_listed": "a list's entry on none of the days it covers; refused",
    "other_chain": "a valid address, but not of the chain the file says; kept there",
    "unchecked": "a chain without codec here; kept as printed, matches no ledger",
    "trimmed": "space around the address was taken off; kept",
    "ragged_row": "a row with more or fewer cells than the header; kept",
    "no_label": "a tag without a label; kept",
    "unknown_confidence": "a confidence class TagPack does not have; kept, no level",
    "no_confidence": "the file states no confidence class; kept",
    "no_source": "the file has no column for sources; kept",
    "no_retrieval_day": "neither file nor user says when it was fetched; kept",
    "no_tags": "a vocabulary; it holds no tags",
}
"""What can be wrong with a file's rows, and what became of them."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that tags were read from."""

    sha256: str
    name: str
    """The file's own name, without its folder."""
    kind: str
    """``tagpack``, ``actorpack``, ``csv``, ``list-json`` or ``vocabulary``."""
    n_bytes: int
    retrieved: str | None
    """The day it was fetched or last changed, as the file or the user says."""
    header: Mapping[str, Any] = field(default_factory=dict)
    """What the file says of all its tags and no field of `Tag` takes."""


@dataclass(frozen=True, slots=True)
class Tag:
    """One claim: this address belongs to an actor, or is of a kind."""

    address: str
    """Canonical spelling; as printed where Dalil has no codec for the chain."""
    chain: str | None
    """CAIP-2, or None where address and currency leave it open."""
    chains: tuple[str, ...]
    """All chains it may be of; empty where Dalil does not know the chain."""
    checksum: str
    """``valid``, ``none`` (the form has none) or ``unchecked`` (no codec)."""
    label: str
    actor: str | None
    """The actor as the file names it: an id, or a name."""
    concepts: tuple[str, ...]
    """Concepts, category and abuse as stated, in this order."""
    source: str | None
    confidence: str | None
    valid_from: str | None
    """First day (UTC) on which it holds; None where nobody says."""
    valid_to: str | None
    """Last day (UTC) on which it is known to hold; None where nobody says."""
    retrieved: str | None
    currency: str | None
    file_sha256: str
    file_name: str
    line: int
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Every other field of tag and header, under the file's own names."""
    actor_id: str | None = None
    """The ActorPack entry that `actor` names, where one is imported."""
    actor_name: str | None = None
    actor_concepts: tuple[str, ...] = ()

    @property
    def confidence_level(self) -> int | None:
        """The level (0 to 100) of the confidence class; None for a foreign one."""
        return CONFIDENCE_LEVELS.get(self.confidence or "")

    def is_of(self, chain: str) -> bool:
        """Tell whether the tag can speak of `chain` (CAIP-2)."""
        return fits_chain(self.chains, chain)

    def holds_on(self, day: str) -> bool:
        """Tell whether nothing says that it does not hold on `day` (YYYY-MM-DD)."""
        return not (
            (self.valid_from is not None and day < self.valid_from)
            or (self.valid_to is not None and day > self.valid_to)
        )

    def to_json(self) -> dict[str, Any]:
        """Return the tag as it goes over the wire."""
        return {
            "address": self.address,
            "chain": self.chain,
            "chains": list(self.chains),
            "checksum": self.checksum,
            "label": self.label,
            "actor": self.actor,
            "actor_id": self.actor_id,
            "actor_name": self.actor_name,
            "actor_concepts": list(self.actor_concepts),
            "concepts": list(self.concepts),
            "source": self.source,
            "confidence": self.confidence,
            "confidence_level": self.confidence_level,
            "valid_from": self.valid_from,
            "valid_to": self.valid_to,
            "retrieved": self.retrieved,
            "currency": self.currency,
            "file_sha256": self.file_sha256,
            "file_name": self.file_name,
            "line": self.line,
            "extra": dict(self.extra),
        }


@dataclass(frozen=True, slots=True)
class Actor:
    """A named real-world party, from an ActorPack."""

    id: str
    name: str
    concepts: tuple[str, ...]
    """Its categories."""
    aliases: tuple[str, ...]
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that a person should look at."""

    file_name: str
    line: int
    address: str
    """Empty where it concerns the file or a row without one."""
    kind: str
    """One of `PROBLEM_KINDS`."""
    what: str
    refused: bool
    """True where no tag was made; False where one was, all the same."""
    suggestion: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the warning as it goes over the wire."""
        return {
            "file": self.file_name,
            "line": self.line,
            "address": self.address,
            "kind": self.kind,
            "problem": self.what,
            "refused": self.refused,
            "suggestion": self.suggestion,
        }
