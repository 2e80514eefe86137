"""Compare reported flows with the truth for the very seeds they started from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dalil.exercise.casescore import of_kind
from dalil.exercise.flows import TrueFlow, true_flows
from dalil.tracing.groups import OUTSIDE_DATES

if TYPE_CHECKING:
    from dalil.exercise.casescore import Findings
    from dalil.exercise.truth import Truth

__all__ = ["FlowScore", "score_flows"]


@dataclass(frozen=True)
class FlowScore:
    """One reported flow beside the truth for the very seeds it started from.

    It contains the truth when the interval meets what arrived on the party's
    addresses, or what was left of that on its tagged ones: sweeps between
    the two cost fees.
    """

    name: str
    actor: str
    lower: int
    upper: int
    reached_tagged: int
    arrived: int
    seed: int

    @property
    def contains(self) -> bool:
        """Whether the interval contains the true amount."""
        return self.lower <= self.arrived and self.reached_tagged <= self.upper

    def to_json(self) -> dict[str, Any]:
        """Return the amounts in satoshi."""
        return {
            "target": self.name,
            "actor": self.actor,
            "lower_sat": self.lower,
            "upper_sat": self.upper,
            "width_sat": self.upper - self.lower,
            "true_reached_tagged_sat": self.reached_tagged,
            "true_arrived_sat": self.arrived,
            "seed_sat": self.seed,
            "contains": self.contains,
        }


def score_flows(
    truth: Truth, findings: Findings
) -> tuple[list[FlowScore], list[str], int]:
    """Compare every forward flow with what the wallets meant.

    Returns
    -------
    list of FlowScore
        One for each flow finding.
    list of str
        Parties with a tagged address that was reached, named by no flow.
    int
        Seeds that are no donations of this exercise.
    """
    donations = {receipt.outpoint for receipt in truth.receipts}
    scores: list[FlowScore] = []
    missed: set[str] = set()
    foreign: set[str] = set()
    flows = [
        flow
        for flow in of_kind(findings, "flow")
        if flow["statement"]["direction"] == "forward"
    ]
    for trace in findings.get("traces", []):
        mine = [f for f in flows if f["premises"]["trace"] == trace["id"]]
        if trace["direction"] != "forward":
            continue
        foreign |= set(trace["seeds"]) - donations
        true = true_flows(truth, trace["seeds"])
        named = [_score_flow(truth, true, flow["statement"]) for flow in mine]
        scores += named
        found = {actor for score in named for actor in score.actor.split(" | ")}
        missed |= {a for a, flow in true.items() if flow.reached_tagged} - found
    return scores, sorted(missed), len(foreign)


def _score_flow(
    truth: Truth, true: dict[str, TrueFlow], said: dict[str, Any]
) -> FlowScore:
    actors = _actors_named(truth, said["target"])
    flows = [true.get(actor, TrueFlow()) for actor in actors]
    return FlowScore(
        said["target"],
        " | ".join(actors),
        said["lower_sat"],
        said["upper_sat"],
        flows[0].reached_tagged if len(flows) == 1 else 0,
        sum(flow.arrived for flow in flows),
        said["seed_sat"],
    )


def _actors_named(truth: Truth, target: str) -> list[str]:
    """Return the parties a target's name means; more where tags contradict.

    Money outside a tag's dates went to whoever held the address by then.
    """
    suffix = f" ({OUTSIDE_DATES})"
    names = target.removesuffix(suffix).split(" | ")
    ids = {actor.get("name"): actor["id"] for actor in truth.document["actors"]}
    actors = [ids.get(name, name) for name in names]
    if target.endswith(suffix):
        heirs = {
            truth.tagged[trap["address"]]: trap["then"]
            for trap in truth.document["traps"]
            if trap["trap"] == "stale tag"
        }
        actors = [heirs.get(actor, actor) for actor in actors]
    return actors
