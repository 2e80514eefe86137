"""Findings of a case other than flows: what appears, pays, is tagged, is joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.attribution import service_kind
from dalil.clustering.coinjoin import RULES_VERSION
from dalil.clustering.cospend import COSPEND_VERSION
from dalil.evidence.findings import PROFILES, Finding
from dalil.evidence.statements import (
    Appears,
    AppearsPremises,
    Link,
    Pays,
    PaysPremises,
    SameCluster,
    SameClusterPremises,
    TagClaim,
    Tagged,
    TaggedPremises,
    Valued,
    ValuedPremises,
)
from dalil.units import format_utc, utc_day

if TYPE_CHECKING:
    from dalil.attribution import Tag
    from dalil.cases.desk import Desk
    from dalil.clustering.clusters import Link as StepLink
    from dalil.evidence.findings import Profile
    from dalil.intake import Indicator
    from dalil.ledger import Ledger

__all__ = [
    "appears_finding",
    "joined_finding",
    "pays_finding",
    "tag_claim",
    "tagged_finding",
    "valued_finding",
]


def appears_finding(indicator: Indicator, text_sha256: str | None) -> Finding:
    """State that an indicator stands in its exhibit."""
    statement = Appears(
        indicator=indicator.value,
        indicator_kind=indicator.kind,
        chain=indicator.chain,
        exhibit=indicator.exhibit,
    )
    premises = AppearsPremises(
        where=indicator.where,
        start=indicator.start,
        end=indicator.end,
        raw=indicator.raw,
        steps=indicator.steps,
        checksum=indicator.checksum,  # type: ignore[arg-type]
        text_sha256=text_sha256,
    )
    return Finding.of(statement, premises)


def pays_finding(ledger: Ledger, output: int) -> Finding:
    """State that a transaction pays an output, in the block where it stands."""
    tx = int(ledger.tx_of_output(output))
    block = int(ledger.block_of_tx(tx))
    owner = int(ledger.output_address[output])
    has_address = owner < ledger.n_addresses
    statement = Pays(
        chain=ledger.chain,
        txid=ledger.txid(tx),
        n=output - int(ledger.tx_first_output[tx]),
        address=ledger.address_text(owner) if has_address else None,
        value_sat=int(ledger.output_value[output]),
    )
    premises = PaysPremises(
        height=int(ledger.block_height[block]),
        block_hash=ledger.block_hash[block].tobytes()[::-1].hex(),
        position=ledger.tx_position(tx),
        time_utc=format_utc(int(ledger.block_time[block])),
    )
    return Finding.of(statement, premises)


def tag_claim(tag: Tag) -> TagClaim:
    """Take a tag over as its source has it."""
    return TagClaim(
        label=tag.label,
        actor=tag.actor,
        concepts=tag.concepts,
        source=tag.source,
        confidence=tag.confidence,
        valid_from=tag.valid_from,
        valid_to=tag.valid_to,
        retrieved=tag.retrieved,
        file_sha256=tag.file_sha256,
        file_name=tag.file_name,
        line=tag.line,
    )


def tagged_finding(
    tag: Tag, actor: str, others: tuple[Tag, ...], literal: tuple[str, ...]
) -> Finding:
    """State what a source says of an address; `others` contradict it.

    `actor` is the name results use for whom the tag names.
    """
    statement = Tagged(
        chain=tag.chain,
        address=tag.address,
        actor=actor,
        service=service_kind(tag),
    )
    premises = TaggedPremises(
        tag=tag_claim(tag),
        literal=literal,
        contradicting=tuple(tag_claim(other) for other in others),
    )
    return Finding.of(statement, premises)


def joined_finding(desk: Desk, a: int, b: int) -> Finding | None:
    """State that two addresses act together; None where no profile joins them."""
    held: dict[Profile, list[StepLink]] = {}
    for profile in PROFILES:
        links = desk.clusters(profile).why(a, b)
        if links:
            held[profile] = links
    if not held:
        return None
    ledger = desk.ledger
    own = [links for name, links in held.items() if name == desk.charter.profile]
    links = own[0] if own else next(iter(held.values()))
    statement = SameCluster(
        chain=ledger.chain, a=ledger.address_text(a), b=ledger.address_text(b)
    )
    premises = SameClusterPremises(
        links=tuple(
            Link(
                ledger.txid(link.tx_id),
                link.rule,
                ledger.address_text(link.a),
                ledger.address_text(link.b),
            )
            for link in links
        ),
        rule_version=str(COSPEND_VERSION),
        coinjoin_rule=f"coinjoin {RULES_VERSION}",
    )
    return Finding.of(statement, premises, tuple(held))


def valued_finding(desk: Desk, paid: Finding) -> Finding | None:
    """State what a payment was worth on its day; None without a price file."""
    series, statement = desk.prices, paid.statement
    assert isinstance(statement, Pays)
    assert isinstance(paid.premises, PaysPremises)
    if series is None:
        return None
    tx = desk.ledger.find_tx(statement.txid)
    assert tx is not None
    seconds = int(desk.ledger.time_of_tx(tx))
    currency = desk.charter.currency
    worth = series.value(statement.value_sat, seconds, currency)
    valued = Valued(
        subject=paid.id,
        amount_sat=statement.value_sat,
        time_utc=paid.premises.time_utc,
        currency=currency,
        value=worth.rounded() if worth else None,
    )
    premises = ValuedPremises(
        day=utc_day(seconds),
        price=str(worth.price) if worth else None,
        series_sha256=series.sha256,
        source=series.source,
    )
    return Finding.of(valued, premises)
