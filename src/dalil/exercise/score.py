"""Score a worked case against the truth of its exercise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dalil.errors import InputError
from dalil.exercise.casescore import (
    Indicators,
    accusations,
    load_findings,
    score_indicators,
    score_links,
)
from dalil.exercise.flowscore import FlowScore, score_flows
from dalil.exercise.ledgerscore import (
    ClusterScore,
    CoinJoinScore,
    score_clusters,
    score_coinjoins,
)
from dalil.exercise.rates import Rate
from dalil.exercise.truth import Truth
from dalil.units import format_btc

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.ledger import Ledger

__all__ = ["Score", "score_case"]


@dataclass(frozen=True)
class Score:
    """How a case compares with the truth.

    The figures hold for this exercise. They are no error rate for real
    chains, whose owners behave in more ways than any cast.
    """

    indicators: Indicators
    links: Rate
    flows: list[FlowScore]
    flows_missed: list[str]
    foreign_seeds: int
    n_charities: int
    accused: list[str]
    impostor_seeded: bool
    clusters: ClusterScore | None
    coinjoins: CoinJoinScore | None

    @property
    def ok(self) -> bool:
        """Whether no charity is accused."""
        return not self.accused

    @property
    def contained(self) -> Rate:
        """Of the reported intervals, those that contain the true amount."""
        return Rate(sum(flow.contains for flow in self.flows), len(self.flows))

    def to_json(self) -> dict[str, Any]:
        """Return the command's JSON object."""
        found = self.indicators
        return {
            "ok": self.ok,
            "indicators": {
                "precision": found.precision.to_json(),
                "recall": found.recall.to_json(),
                "wrong": found.wrong,
                "missed": found.missed,
            },
            "same_cluster": {"precision": self.links.to_json()},
            "clusters": self.clusters
            and {
                "measure": "by address: purity, inverse purity; and pure clusters",
                "precision": self.clusters.precision.to_json(),
                "recall": self.clusters.recall.to_json(),
                "pure": self.clusters.pure.to_json(),
            },
            "flows": {
                "contained": self.contained.to_json(),
                "each": [flow.to_json() for flow in self.flows],
                "missed": self.flows_missed,
                "seeds_not_donations": self.foreign_seeds,
            },
            "coinjoins": self.coinjoins and self.coinjoins.to_json(),
            "benign": {"n_charities": self.n_charities, "accused": self.accused},
            "impostor_seeded": self.impostor_seeded,
        }

    def to_text(self) -> str:
        """Return a short table."""
        found = self.indicators
        rows = [
            ("indicators, precision", str(found.precision)),
            ("indicators, recall", str(found.recall)),
            ("same cluster, right", str(self.links)),
        ]
        if self.clusters:
            rows += [
                ("clusters, addresses with their owner", str(self.clusters.precision)),
                ("clusters, addresses with their wallet", str(self.clusters.recall)),
                ("clusters with one owner", str(self.clusters.pure)),
            ]
        if self.coinjoins:
            rows += [
                ("CoinJoins typed, precision", str(self.coinjoins.precision)),
                ("CoinJoins typed, recall", str(self.coinjoins.recall)),
            ]
        rows.append(("flows that contain the truth", str(self.contained)))
        rows += [(f"  {flow.name}", _amounts(flow)) for flow in self.flows]
        rows += [
            (f"  {name}", "reached, but not reported") for name in self.flows_missed
        ]
        rows.append(("impostor taken for the campaign", _yes(self.impostor_seeded)))
        rows.append(("charities accused", f"{len(self.accused)} of {self.n_charities}"))
        rows += [("", reason) for reason in self.accused]
        width = max(len(what) for what, _ in rows) + 2
        return "\n".join(f"{what:<{width}}{value}" for what, value in rows)


def score_case(folder: Path, case: Path, ledger: Ledger | None = None) -> Score:
    """Compare a case's findings with an exercise's truth.

    Parameters
    ----------
    folder : Path
        The exercise, with ``truth.json``.
    case : Path
        The worked case.
    ledger : Ledger, optional
        Of the exercise's blocks: clusters and CoinJoins are scored too.

    Raises
    ------
    InputError
        If there is no truth, there are no findings, or either is malformed.
    """
    truth = Truth.load(folder / "truth.json")
    findings = load_findings(case)
    try:
        flows, missed, foreign = score_flows(truth, findings)
        seeded = {a for t in findings.get("traces", []) for a in t["seed_addresses"]}
        return Score(
            score_indicators(truth, findings),
            score_links(truth, findings),
            flows,
            missed,
            foreign,
            sum(kind == "charity" for kind in truth.kind.values()),
            accusations(truth, findings),
            any(truth.kind.get(truth.actor_of(a) or "") == "impostor" for a in seeded),
            score_clusters(truth, ledger) if ledger else None,
            score_coinjoins(truth, ledger) if ledger else None,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            "the findings lack a part that scoring needs", error
        ) from error


def _amounts(flow: FlowScore) -> str:
    verdict = "contains" if flow.contains else "MISSES"
    low, high = format_btc(flow.lower), format_btc(flow.upper)
    return f"{low} to {high} {verdict} {format_btc(flow.arrived)}"


def _yes(value: bool) -> str:  # noqa: FBT001 - a word for a value
    return "yes" if value else "no"
