"""Where the traces of a case start: what it says, and what its appeals ask for.

An address that a captured appeal asks to pay starts a trace; one that is
only quoted, stands in a report, or fails its checksum does not. It is shown
all the same, and a person may make it a seed in ``case.toml``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dalil.attribution import service_kind
from dalil.chains.registry import fits_chain, read_address

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dalil.cases.captured import CapturedFile
    from dalil.cases.sources import NamedDesk
    from dalil.intake import Extraction, Indicator

__all__ = ["CaseExtraction", "Start", "Starts", "find_starts"]

_APPEAL = "appeal"


@dataclass(frozen=True, slots=True)
class CaseExtraction:
    """What one captured file held, and the role it plays."""

    file: CapturedFile
    extraction: Extraction
    role: str


@dataclass(frozen=True, slots=True)
class Start:
    """One address or outpoint to trace from, and on whose word."""

    text: str
    source: str
    address: int | None = None
    """Address id; None for an outpoint."""
    service: str | None = None
    """The kind of service that a tag says holds it: then it is a border."""


@dataclass(slots=True)
class Starts:
    """All starts of a case, and the addresses that were not taken as one."""

    traced: list[Start] = field(default_factory=list)
    borders: list[Start] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    """(address, why)."""

    @property
    def addresses(self) -> list[int]:
        """Ids of the addresses traced from, ascending."""
        return sorted({s.address for s in self.traced if s.address is not None})

    @property
    def outpoints(self) -> list[str]:
        """Outpoints traced from."""
        return sorted({s.text for s in self.traced if s.address is None})


def find_starts(desk: NamedDesk[Any], extractions: Iterable[CaseExtraction]) -> Starts:
    """Collect the starts of a case on one of its ledgers, the charter's first.

    A seed of another chain is none of this ledger's.
    """
    starts = Starts()
    seen: set[str] = set()
    for seed in desk.charter.seeds:
        if not _of_chain(seed.text, seed.kind, desk.ledger.chain):
            continue
        seen.add(seed.text)
        _add(desk, starts, seed.text, seed.source, outpoint=seed.kind == "outpoint")
    for item in extractions:
        for indicator in item.extraction.indicators:
            if indicator.kind != "address" or indicator.value in seen:
                continue
            why_not = _why_not(item, indicator, desk.ledger.chain)
            if why_not is None:
                seen.add(indicator.value)
                source = f"exhibit {item.extraction.exhibit.sha256[:16]}"
                _add(desk, starts, indicator.value, source, outpoint=False)
            elif why_not:
                starts.left_out.append((indicator.value, why_not))
    starts.left_out = sorted({row for row in starts.left_out if row[0] not in seen})
    return starts


def _of_chain(text: str, kind: str, chain: str) -> bool:
    if kind == "outpoint":
        return chain.startswith("bip122:")
    return any(fits_chain(reading.chains, chain) for reading in read_address(text))


def _why_not(item: CaseExtraction, indicator: Indicator, chain: str) -> str | None:
    """Say why an address starts no trace; empty: not of this ledger; None: it does."""
    if chain != indicator.chain and not fits_chain(indicator.chains, chain):
        return ""
    if indicator.checksum == "invalid":
        return "its checksum fails"
    if item.role != _APPEAL:
        return f"it stands in a captured {item.role}"
    if indicator.quoted:
        return f"it is quoted ({indicator.quoted})"
    return "it is hidden from readers" if indicator.hidden else None


def _add(
    desk: NamedDesk[Any], starts: Starts, text: str, source: str, *, outpoint: bool
) -> None:
    if outpoint:
        starts.traced.append(Start(text, source))
        return
    address = desk.ledger.find_address(text)
    if address is None:
        starts.absent.append(text)
        return
    kinds = [kind for tag in desk.tags_of(text) if (kind := service_kind(tag))]
    start = Start(text, source, address, kinds[0] if kinds else None)
    (starts.borders if kinds else starts.traced).append(start)
