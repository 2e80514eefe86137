"""Compare what a case found with the truth: indicators, links, charities."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dalil.errors import InputError
from dalil.exercise.rates import Rate

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.exercise.truth import Truth

__all__ = [
    "Indicators",
    "accusations",
    "load_findings",
    "of_kind",
    "score_indicators",
    "score_links",
]

_PLACES = ("bundle/data/findings.json", "findings.json")
_ABUSE = {"terrorism", "terrorism_financing", "extremism", "sanction"}

Findings = dict[str, Any]


def load_findings(case: Path) -> Findings:
    """Read what `dalil investigate` wrote into a case.

    Raises
    ------
    InputError
        If the case holds no findings yet, or they are not Dalil's.
    """
    for place in _PLACES:
        path = case / place
        if path.is_file():
            break
    else:
        raise InputError("the case has no findings; run `dalil investigate`", case)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError("the findings are not JSON", path) from error
    if not isinstance(found, dict) or not isinstance(found.get("findings"), list):
        raise InputError("not a document of findings", path)
    return found


@dataclass
class Indicators:
    """Addresses found in the captured files, by file and checksum verdict.

    A misspelt address counts as found when it is reported as invalid; one
    that the tool repaired is a proposal and counts neither way.
    """

    right: int = 0
    wrong: list[dict[str, str]] = field(default_factory=list)
    missed: list[dict[str, str]] = field(default_factory=list)

    @property
    def precision(self) -> Rate:
        """Of what was reported, what is there."""
        return Rate(self.right, self.right + len(self.wrong))

    @property
    def recall(self) -> Rate:
        """Of what is there, what was reported."""
        return Rate(self.right, self.right + len(self.missed))


def score_indicators(truth: Truth, findings: Findings) -> Indicators:
    """Compare the addresses that appear in exhibits with those put there."""
    exhibits = truth.document["exhibits"]
    name = {exhibit["sha256"]: exhibit["file"] for exhibit in exhibits}
    there = {
        (exhibit["file"], it["value"], it["checksum"])
        for exhibit in exhibits
        for it in exhibit["indicators"]
    }
    found = set()
    for finding in of_kind(findings, "appears"):
        said, premises = finding["statement"], finding["premises"]
        if said["indicator_kind"] == "address" and premises["checksum"] != "repaired":
            file = name.get(said["exhibit"], said["exhibit"])
            found.add((file, said["indicator"], premises["checksum"]))
    return Indicators(
        len(found & there),
        [_place(*key) for key in sorted(found - there)],
        [_place(*key) for key in sorted(there - found)],
    )


def score_links(truth: Truth, findings: Findings) -> Rate:
    """Of the pairs said to act together, how many have one owner."""
    pairs = [
        (finding["statement"]["a"], finding["statement"]["b"])
        for finding in of_kind(findings, "same_cluster")
    ]
    right = [
        truth.actor_of(a) is not None and truth.actor_of(a) == truth.actor_of(b)
        for a, b in pairs
    ]
    return Rate(sum(right), len(right))


def accusations(truth: Truth, findings: Findings) -> list[str]:
    """Say where a case treats a charity as part of the campaign; must be empty.

    Accused is a charity whose address starts a trace, is said to act together
    with somebody else's, or is tagged with an abuse or with the campaign's
    name. Being named in a report, or being paid, is no accusation.
    """
    charities = {actor for actor, kind in truth.kind.items() if kind == "charity"}
    campaign = {actor for actor, kind in truth.kind.items() if kind == "campaign"}
    said: list[str] = []
    for trace in findings.get("traces", []):
        said += [
            f"{truth.actor_of(address)}: {address} starts a trace"
            for address in trace["seed_addresses"]
            if truth.actor_of(address) in charities
        ]
    for finding in of_kind(findings, "same_cluster"):
        a, b = finding["statement"]["a"], finding["statement"]["b"]
        owners = {truth.actor_of(a), truth.actor_of(b)}
        if len(owners) > 1 and owners & charities:
            said.append(f"{a} is said to act together with {b}")
    for finding in of_kind(findings, "tagged"):
        statement, tag = finding["statement"], finding["premises"]["tag"]
        owner = truth.actor_of(statement["address"])
        bad = _ABUSE & set(tag["concepts"]) or {statement["actor"]} & campaign
        if owner in charities and bad:
            said.append(f"{owner}: {statement['address']} is tagged {sorted(bad)}")
    return said


def of_kind(findings: Findings, kind: str) -> list[dict[str, Any]]:
    """Return the findings of one kind."""
    return [finding for finding in findings["findings"] if finding.get("kind") == kind]


def _place(file: str, value: str, checksum: str) -> dict[str, str]:
    return {"file": file, "value": value, "checksum": checksum}
