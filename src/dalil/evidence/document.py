"""The findings document: what a case rests on and what it found, in one file.

Plain dataclasses, one for each object of `findings.schema.json`. The document
holds no path, no clock time and no float, so equal inputs give equal bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from dalil.errors import InputError
from dalil.evidence.canonical import canonical_bytes, content_hash, plain

if TYPE_CHECKING:
    from dalil.evidence.account_document import AccountTrace, Asset
    from dalil.evidence.findings import Finding
    from dalil.evidence.questions import Text

__all__ = [
    "SCHEMA",
    "CaseFacts",
    "Document",
    "End",
    "Exhibit",
    "LedgerFacts",
    "Method",
    "Money",
    "NotChecked",
    "PriceFacts",
    "ProfileText",
    "Rate",
    "RuleFacts",
    "Stop",
    "Summary",
    "TagFacts",
    "TagFile",
    "Target",
    "TraceRecord",
]

SCHEMA = "dalil-findings/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """The charter, as far as readers of the findings need it."""

    title: str
    purpose: str = ""
    legal_basis: str = ""
    authority: str = ""
    analyst: str = ""
    reviewer: str | None = None
    retention_date: str | None = None
    status: Literal["DRAFT", "REVIEWED"] = "DRAFT"
    exercise: bool = False

    def __post_init__(self) -> None:
        if self.status == "REVIEWED" and not self.reviewer:
            raise InputError("a case is REVIEWED only by a named reviewer", self.title)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFacts:
    """A ledger by its identity, and the part of the chain it holds."""

    chain: str
    manifest_sha256: str
    first_height: int
    tip_height: int
    tip_hash: str
    contiguous: bool
    anchor: str = "unanchored"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagFile:
    """One file that tags were read from."""

    name: str
    sha256: str
    n_tags: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TagFacts:
    """The tag store by its identity."""

    manifest_sha256: str
    n_tags: int
    files: tuple[TagFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceFacts:
    """The price series by its source and hash."""

    source: str
    sha256: str
    currency: str
    first_day: str
    last_day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A measured rate, hits of n, with its 95 % Wilson interval as text."""

    what: str
    population: str
    hits: int
    n: int
    low: str
    high: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFacts:
    """A rule that was applied: version, parameters, measured rates, source."""

    id: str
    version: str
    profile: str
    text: Text
    citation: str
    parameters: dict[str, Any] = field(default_factory=dict)
    measured: tuple[Rate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileText:
    """A rule profile in words."""

    id: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How the findings were reached."""

    rules: tuple[RuleFacts, ...] = ()
    profiles: tuple[ProfileText, ...] = ()
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """A captured file by its hash."""

    sha256: str
    name: str
    bytes: int
    media_type: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A coin that is not followed on, with its local bounds and conventions."""

    coin: str
    reason: str
    name: str | None
    lower_sat: int
    upper_sat: int
    haircut_sat: int | None
    fifo_sat: int | None
    lifo_sat: int | None
    poison_sat: int | None


@dataclass(frozen=True, kw_only=True)
class TraceRecord:
    """One walk over the ledger, as flow findings cite it.

    Parameters
    ----------
    transactions : tuple of str
        Txids in the order money is followed.
    ends : tuple of End
        Every coin of value that stops, fees apart.
    reentry : str, optional
        Why seed money may have come back unseen.
    """

    chain: str
    direction: Literal["forward", "backward"]
    seeds: tuple[str, ...]
    seed_addresses: tuple[str, ...]
    transactions: tuple[str, ...]
    ends: tuple[End, ...]
    reentry: str | None

    @property
    def id(self) -> str:
        """SHA-256 of the record in canonical form."""
        return content_hash(self)

    def to_json(self) -> dict[str, Any]:
        """Lay the record out with its id."""
        return {"id": self.id, **plain(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A place where a trace ends, as the report lists it."""

    reason: str
    where: str
    name: str | None
    lower_sat: int
    upper_sat: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotChecked:
    """What a bundle cannot show, and why."""

    what: str
    why: Text
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """A target's figures in money of the day; None where there is no price."""

    currency: str
    direct: str | None
    lower: str | None
    upper: str | None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One line of the summary; its figures are those of its flow finding."""

    name: str
    finding: str
    service: str | None
    direct_sat: int
    lower_sat: int
    upper_sat: int
    haircut_sat: int | None
    fifo_sat: int | None
    lifo_sat: int | None
    poison_sat: int | None
    money: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a reader sees first."""

    headline: Text
    seed_sat: int = 0
    n_indicators: int = 0
    n_clusters: int = 0
    n_tags_met: int = 0
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Document:
    """Everything a case found; `to_bytes` is ``data/findings.json`` of a bundle."""

    dalil: str
    case: CaseFacts
    ledgers: tuple[LedgerFacts, ...]
    summary: Summary
    method: Method = field(default_factory=Method)
    tags: TagFacts | None = None
    prices: PriceFacts | None = None
    exhibits: tuple[Exhibit, ...] = ()
    traces: tuple[TraceRecord, ...] = ()
    findings: tuple[Finding, ...] = ()
    not_checked: tuple[NotChecked, ...] = ()
    stops: tuple[Stop, ...] = ()
    assets: tuple[Asset, ...] = ()
    account_traces: tuple[AccountTrace, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Lay the document out as `findings.schema.json` has it."""
        apart = ("findings", "traces", "account_traces")
        rest = {k: plain(v) for k, v in vars(self).items() if k not in apart}
        return {
            "schema": SCHEMA,
            **rest,
            "findings": [finding.to_json() for finding in self.findings],
            "traces": [record.to_json() for record in self.traces],
            "account_traces": [record.to_json() for record in self.account_traces],
        }

    def to_bytes(self) -> bytes:
        """Write the document in canonical form, indented by one space."""
        return canonical_bytes(self.to_json(), indent=1)
