"""What a finding states and what it rests on: one pair of types for each kind.

A statement is what a reader may quote; its premises are what a verifier may
deny. Both are plain data: addresses, txids and outpoints by name, amounts in
satoshi, times in RFC 3339, never a ledger's dense ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from dalil.evidence.account_statements import (
    Frozen,
    FrozenPremises,
    Linked,
    LinkedPremises,
    TokenFlow,
    TokenFlowPremises,
    Transfers,
    TransfersPremises,
)

__all__ = [
    "Appears",
    "AppearsPremises",
    "Flow",
    "FlowPremises",
    "Link",
    "Pays",
    "PaysPremises",
    "Premises",
    "SameCluster",
    "SameClusterPremises",
    "Statement",
    "TagClaim",
    "Tagged",
    "TaggedPremises",
    "TargetAddress",
    "Valued",
    "ValuedPremises",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Appears:
    """An indicator stands in an exhibit."""

    kind: ClassVar[str] = "appears"
    indicator: str
    indicator_kind: str
    chain: str | None
    exhibit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppearsPremises:
    """Where it stands, and each step from the raw form to the value.

    `text_sha256` names the derived text in the bundle where the exhibit's own
    text cannot be had with a standard library (a page of a PDF), else None.
    """

    where: dict[str, Any]
    start: int
    end: int
    raw: str
    steps: tuple[dict[str, Any], ...]
    checksum: Literal["valid", "invalid", "none", "repaired"]
    text_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pays:
    """A transaction pays an amount to an output."""

    kind: ClassVar[str] = "pays"
    chain: str
    txid: str
    n: int
    address: str | None
    value_sat: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaysPremises:
    """The block the transaction stands in."""

    height: int
    block_hash: str
    position: int
    time_utc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SameCluster:
    """Two addresses act together."""

    kind: ClassVar[str] = "same_cluster"
    chain: str
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class Link:
    """One step of the chain: a transaction that joins two addresses by a rule."""

    txid: str
    rule: str
    from_: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SameClusterPremises:
    """The shortest chain of links, and the rule that keeps CoinJoins out."""

    links: tuple[Link, ...]
    rule_version: str
    coinjoin_rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TagClaim:
    """A tag as its source file has it; dates as written, or None."""

    label: str
    actor: str | None
    concepts: tuple[str, ...]
    source: str | None
    confidence: str | None
    valid_from: str | None
    valid_to: str | None
    retrieved: str | None
    file_sha256: str
    file_name: str
    line: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged:
    """A source says whose an address is. It says so; that is not its truth."""

    kind: ClassVar[str] = "tagged"
    chain: str | None
    address: str
    actor: str
    service: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedPremises:
    """The claim, its fields that stand word for word in the extract, and others.

    `contradicting` holds claims about the same address for other actors.
    """

    tag: TagClaim
    literal: tuple[str, ...]
    contradicting: tuple[TagClaim, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """How much of the seeds' money came to a target (backward: from it).

    `direct_sat` is exact; the interval holds under every rule that conserves
    value; the conventions are null where an unknown value stops them.
    """

    kind: ClassVar[str] = "flow"
    chain: str
    direction: Literal["forward", "backward"]
    seed_sat: int
    target: str
    direct_sat: int
    lower_sat: int
    upper_sat: int
    haircut_sat: int | None
    fifo_sat: int | None
    lifo_sat: int | None
    poison_sat: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetAddress:
    """Why an address counts as the target: findings, or the analyst's word."""

    address: str
    by: Literal["tag", "cluster", "deposit", "request"]
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowPremises:
    """The walk, the coins that arrived, and a maximum flow for each bound.

    A flow is pairs (coin, satoshi) that conserve value at each transaction of
    the walk from which the arrivals can be reached; that no other flow does
    better is checked by searching it for a way to improve it.
    """

    trace: str
    arrivals: tuple[str, ...]
    addresses: tuple[TargetAddress, ...]
    reentry: bool
    receipts_sat: int | None
    upper_flow: tuple[tuple[str, int], ...]
    lower_flow: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Valued:
    """What an amount was worth on its day; null where there is no price."""

    kind: ClassVar[str] = "valued"
    subject: str
    amount_sat: int
    time_utc: str
    currency: str
    value: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuedPremises:
    """The price used, and the file it stands in."""

    day: str
    price: str | None
    series_sha256: str
    source: str


Statement = (
    Appears
    | Pays
    | SameCluster
    | Tagged
    | Flow
    | Valued
    | Transfers
    | TokenFlow
    | Linked
    | Frozen
)
Premises = (
    AppearsPremises
    | PaysPremises
    | SameClusterPremises
    | TaggedPremises
    | FlowPremises
    | ValuedPremises
    | TransfersPremises
    | TokenFlowPremises
    | LinkedPremises
    | FrozenPremises
)
