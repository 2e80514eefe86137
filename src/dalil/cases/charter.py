"""The charter of a case: who asks, on what ground, about which money.

``case.toml`` in the case's folder holds it, `dalil.cases.reading` reads it.
Everything may be blank: a blank charter works and leaves every result a DRAFT;
`Charter.missing` says what a release would still need.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

__all__ = [
    "CHARTER_FILE",
    "LANGUAGES",
    "PROFILES",
    "ROLES",
    "CaseLimits",
    "Charter",
    "ExhibitRole",
    "Privacy",
    "Role",
    "Seed",
    "TokenPrices",
]

CHARTER_FILE = "case.toml"
LANGUAGES = ("en", "ar")
PROFILES = ("default", "strict", "broad")
ROLES = ("appeal", "report", "other")
Role = Literal["appeal", "report", "other"]


@dataclass(frozen=True, slots=True)
class Seed:
    """Where a trace starts, and who published that it should."""

    text: str
    """An address as its chain spells it, or an outpoint ``txid:index``."""
    kind: Literal["address", "outpoint"]
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ExhibitRole:
    """What a captured file is: an ``appeal`` asks for money, a ``report`` tells of it.

    Indicators in a report are shown, but never start a trace by themselves.
    """

    file: str
    """Relative to the case's folder, with forward slashes."""
    role: Role


@dataclass(frozen=True, slots=True)
class TokenPrices:
    """A file of daily prices for one token."""

    token: str
    """CAIP-19, or the symbol of a token that Dalil knows."""
    file: Path


@dataclass(frozen=True, slots=True)
class CaseLimits:
    """How far traces go; None sets no limit."""

    max_hops: int | None = None
    until: int | None = None
    """Unix seconds of the last block looked at."""
    min_value_sat: int = 0


@dataclass(frozen=True, slots=True)
class Privacy:
    """Whether senders become keyed pseudonyms at intake, and if not, why."""

    pseudonyms: bool = True
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charter:
    """A case as its analyst described it."""

    folder: Path
    title: str
    purpose: str = ""
    legal_basis: str = ""
    authority: str = ""
    analyst: str = ""
    reviewer: str = ""
    retention_date: date | None = None
    exercise: bool = False
    language: str = "en"
    ledgers: tuple[Path, ...] = ()
    tags: tuple[Path, ...] = ()
    """Tag stores (folders) and tag files."""
    prices: Path | None = None
    token_prices: tuple[TokenPrices, ...] = ()
    node_answers: tuple[Path, ...] = ()
    """Saved answers of nodes, for proofs of transfers between accounts."""
    currency: str = "USD"
    profile: str = "default"
    seeds: tuple[Seed, ...] = ()
    exhibits: tuple[ExhibitRole, ...] = ()
    limits: CaseLimits = field(default_factory=CaseLimits)
    privacy: Privacy = field(default_factory=Privacy)
    warnings: tuple[str, ...] = ()
    """Keys of the file that mean nothing, most likely misspelt."""

    def missing(self) -> tuple[str, ...]:
        """Name what a release needs and this charter leaves blank.

        An empty answer makes no release: that takes a reviewer's decision.
        """
        needed = ("purpose", "legal_basis", "authority", "analyst", "reviewer")
        blank = tuple(key for key in needed if not getattr(self, key))
        return blank if self.retention_date else (*blank, "retention_date")
