"""The findings document as a report reads it: grouped, joined, never changed.

Nothing is computed here that the findings do not already state. Grouping
only puts beside each other what belongs together: a payment and its value,
the tags of an address, a critical question that many findings answer alike.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KINDS", "Question", "Reading", "Target"]

KINDS = ("appears", "pays", "same_cluster", "tagged", "flow", "valued")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """A line of the summary with the flow finding it quotes, where it is there."""

    line: Json
    flow: Json | None

    @property
    def direction(self) -> str:
        """Which way the money was followed."""
        return str(self.flow["statement"]["direction"]) if self.flow else "forward"

    @property
    def receipts_sat(self) -> int | None:
        """All the target took in: what its share is a share of."""
        return self.flow["premises"]["receipts_sat"] if self.flow else None

    @property
    def reentry(self) -> bool:
        """Whether seed money may have come back unseen."""
        return bool(self.flow and self.flow["premises"]["reentry"])

    def n_addresses(self, by: str) -> int:
        """How many of its addresses count by tag, by cluster or on request."""
        rows = self.flow["premises"]["addresses"] if self.flow else []
        return sum(row["by"] == by for row in rows)


@dataclass(frozen=True, slots=True)
class Question:
    """A critical question with one answer, and every finding that gives it."""

    kind: str
    body: Json
    findings: list[str]


class Reading:
    """A findings document whose shape was checked; see `shape.check_shape`."""

    def __init__(self, document: Json) -> None:
        self.document = document
        self.case: Json = document["case"]
        self.summary: Json = document["summary"]
        self._by_id: Mapping[str, Json] = {f["id"]: f for f in document["findings"]}
        self._kinds: dict[str, list[Json]] = defaultdict(list)
        for finding in document["findings"]:
            self._kinds[finding["kind"]].append(finding)

    def of(self, kind: str) -> list[Json]:
        """List the findings of one kind, in the document's order."""
        return self._kinds[kind]

    @property
    def targets(self) -> list[Target]:
        """The summary's targets: named parties first, services after them."""
        lines = sorted(
            self.summary["targets"],
            key=lambda t: (t["service"] is not None, -t["upper_sat"], t["name"]),
        )
        return [Target(line, self._by_id.get(line["finding"])) for line in lines]

    @property
    def values(self) -> dict[str, Json]:
        """What each finding's amount was worth, by the finding's id."""
        return {f["statement"]["subject"]: f for f in self.of("valued")}

    @property
    def questions(self) -> list[Question]:
        """Every critical question once for each answer; open ones first."""
        groups: dict[tuple[str, ...], Question] = {}
        for kind in KINDS:
            for finding in self.of(kind):
                for body in finding["questions"]:
                    key = (kind, body["id"], body["status"], body["answer"]["en"])
                    group = groups.setdefault(key, Question(kind, body, []))
                    group.findings.append(finding["id"])
        rank = {"open": 0, "answered": 1}
        return sorted(
            groups.values(),
            key=lambda q: (rank.get(q.body["status"], 2), KINDS.index(q.kind)),
        )

    def ends(self, *reasons: str) -> list[Json]:
        """List stops for the named reasons, or with ``"*"`` for all but two.

        Unspent outputs and fees stand apart; where the document's stops do not
        hold them, the ends of its traces do.
        """
        apart = {"unspent", "fee"}
        told, ends = self.document["stops"], self._ends_of_traces()
        if reasons == ("*",):
            return [stop for stop in told or ends if stop["reason"] not in apart]
        named = [stop for stop in told if stop["reason"] in reasons]
        return named or [end for end in ends if end["reason"] in reasons]

    def _ends_of_traces(self) -> list[Json]:
        arrived = {coin for f in self.of("flow") for coin in f["premises"]["arrivals"]}
        return [
            {**end, "where": end["coin"]}
            for trace in self.document["traces"]
            for end in trace["ends"]
            if end["coin"] not in arrived
        ]

    @property
    def unknowns(self) -> list[str]:
        """Names of what this case could not know, for the opening page."""
        document, targets = self.document, self.targets
        asked = {
            "nothing_found": not targets,
            "not_determinable": any(t.line["lower_sat"] == 0 for t in targets),
            "reentry": any(t.reentry for t in targets),
            "partial": any(not one["contiguous"] for one in document["ledgers"]),
            "unanchored": any(
                one["anchor"] == "unanchored" for one in document["ledgers"]
            ),
            "by_cluster": any(t.n_addresses("cluster") for t in targets),
            "services": any(t.line["service"] for t in targets),
            "contradicted": any(
                f["premises"]["contradicting"] for f in self.of("tagged")
            ),
            "no_tags": not document["tags"],
            "no_prices": not document["prices"],
            "no_price_day": any(
                f["statement"]["value"] is None for f in self.of("valued")
            ),
        }
        return [name for name, holds in asked.items() if holds]

    @property
    def unchecked(self) -> list[str]:
        """Names of what no bundle can show, as far as this case rests on it."""
        asked = {
            "charter": True,
            "stores": True,
            "profiles": True,
            "capture": bool(self.of("appears")),
            "pdf_text": any(f["premises"]["text_sha256"] for f in self.of("appears")),
            "prices": bool(self.of("valued")),
            "coinjoin": bool(self.of("same_cluster")),
            "tags": bool(self.of("tagged")),
            "completeness": bool(self.of("flow")),
        }
        return [name for name, holds in asked.items() if holds]
