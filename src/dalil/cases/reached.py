"""What money reached: each target with its payments, its tags and its flow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dalil.attribution import conflicts
from dalil.cases.claims import (
    joined_finding,
    pays_finding,
    tag_claim,
    tagged_finding,
    valued_finding,
)
from dalil.cases.following import arrivals_of, flow_finding
from dalil.evidence.document import Money, NotChecked
from dalil.evidence.document import Target as TargetLine
from dalil.evidence.material import TagExtract, literal_fields
from dalil.evidence.questions import Text
from dalil.evidence.statements import TargetAddress
from dalil.tracing.money import money_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dalil.attribution import Tag
    from dalil.cases.citing import TagSources
    from dalil.cases.desk import Desk
    from dalil.cases.following import Followed
    from dalil.cases.sources import NamedDesk
    from dalil.evidence.findings import Finding
    from dalil.tracing import Target

__all__ = [
    "MAX_PAYMENTS",
    "Collected",
    "collect_address",
    "collect_payments",
    "collect_target",
]

MAX_PAYMENTS = 200
"""Payments stated one by one for a target or a seed; the rest are summed up."""


@dataclass(slots=True)
class Collected:
    """Findings by id, in the order they were made, and what they rest on."""

    sources: TagSources
    findings: dict[str, Finding] = field(default_factory=dict)
    extracts: dict[tuple[str, int | None], TagExtract] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)
    """By the id of the finding that states it."""
    targets: list[TargetLine] = field(default_factory=list)
    not_checked: list[NotChecked] = field(default_factory=list)

    def add(self, finding: Finding) -> str:
        """Keep a finding once; returns its id."""
        self.findings.setdefault(finding.id, finding)
        return finding.id

    def leave_out(self, name: str, n: int, finding: str) -> None:
        """Say that payments to a target are not stated one by one."""
        self.not_checked.append(_payments_left_out(name, n, finding))

    def add_tag(self, desk: NamedDesk[Any], tag: Tag, others: tuple[Tag, ...]) -> str:
        """State a tag, quoting its source where the case has it."""
        extract = self.sources.extract(tag)
        literal: tuple[str, ...] = ()
        if extract is not None:
            self.extracts[extract.file_sha256, extract.line] = extract
            literal = literal_fields(tag_claim(tag), extract)
        finding = tagged_finding(tag, desk.name_of(tag), others, literal)
        self.tags[self.add(finding)] = tag
        return finding.id


def collect_address(desk: NamedDesk[Any], into: Collected, address: str) -> list[str]:
    """State every tag of an address; returns the findings' ids."""
    tags = desk.tags_of(address)
    pairs = [(c.first, c.second) for c in conflicts(tags)]
    ids = []
    for tag in tags:
        others = [b if a == tag else a for a, b in pairs if tag in (a, b)]
        ids.append(into.add_tag(desk, tag, tuple(others)))
    return ids


def collect_payments(desk: Desk, into: Collected, outputs: Iterable[int]) -> int:
    """State payments with their value on the day; returns how many were left out."""
    rows = list(outputs)
    rows.sort(key=lambda o: (-int(desk.ledger.output_value[o]), o))
    for output in sorted(rows[:MAX_PAYMENTS]):
        paid = pays_finding(desk.ledger, output)
        into.add(paid)
        valued = valued_finding(desk, paid)
        if valued:
            into.add(valued)
    return max(0, len(rows) - MAX_PAYMENTS)


def _holders(
    desk: Desk, into: Collected, outputs: list[int], profile: str
) -> dict[int, TargetAddress]:
    """Say of each address paid on whose word it counts as the target's."""
    own = {mark.address for mark in desk.own_marks}
    holders = {}
    for address in sorted(set(desk.ledger.output_address[outputs].tolist())):
        text = desk.ledger.address_text(address)
        if address in own:
            ids = collect_address(desk, into, text)
            holders[address] = TargetAddress(
                address=text, by="tag", findings=tuple(ids)
            )
            continue
        named = _nearest_tagged(desk, address, profile)
        ids = collect_address(desk, into, desk.ledger.address_text(named))
        joined = joined_finding(desk, address, named)
        if joined:
            ids = [into.add(joined), *ids]
        holders[address] = TargetAddress(
            address=text, by="cluster", findings=tuple(ids)
        )
    return holders


def _nearest_tagged(desk: Desk, address: int, profile: str) -> int:
    """Choose the tagged service address of a cluster: the lowest id."""
    label = desk.clusters(profile).label
    return min(
        mark.address
        for mark in desk.own_marks
        if mark.reason != "target" and label[mark.address] == label[address]
    )


def collect_target(
    desk: Desk, into: Collected, followed: Followed, target: Target
) -> None:
    """State a target's flow with everything it rests on."""
    outputs = arrivals_of(followed.trace, target)
    left_out = collect_payments(desk, into, outputs)
    holders = _holders(desk, into, outputs, followed.profile)
    names = [desk.ledger.outpoint(output) for output in outputs]
    flow = flow_finding(followed, target, holders, names)
    into.add(flow)
    if left_out:
        into.leave_out(target.name, left_out, flow.id)
    into.targets.append(
        TargetLine(
            name=target.name,
            finding=flow.id,
            service=None if target.reason == "target" else target.reason,
            direct_sat=target.direct_sat,
            **target.amounts.to_json(),
            money=_money(desk, followed, target),
        )
    )


def _money(desk: Desk, followed: Followed, target: Target) -> Money | None:
    if desk.prices is None:
        return None
    worth = money_of(followed.trace, target, desk.prices, desk.charter.currency)
    told = worth.to_json()
    days = ", ".join(worth.missing_days)
    return Money(
        currency=worth.currency,
        direct=told["direct"],
        lower=told["lower"],
        upper=told["upper"],
        note=f"no price for {days}" if days else "",
    )


def _payments_left_out(name: str, n: int, finding: str) -> NotChecked:
    return NotChecked(
        what=f"{n} payments to {name}",
        why=Text(
            f"only the {MAX_PAYMENTS} largest payments are stated one by one; the "
            "flow counts them all",
            f"لا تُذكر دفعةً دفعةً إلا أكبر {MAX_PAYMENTS} دفعة؛ أمّا مسار الأموال "
            "فيحسبها كلها",
        ),
        findings=(finding,),
    )
