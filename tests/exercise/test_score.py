"""Scoring: full marks for the truth, and a named loss for every departure from it."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from dalil.cli.main import main
from dalil.errors import InputError
from dalil.exercise.flows import true_flows
from dalil.exercise.ledgerscore import score_clusters, score_coinjoins
from dalil.exercise.score import Score, score_case

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.exercise.truth import Truth
    from dalil.ledger import Ledger

Findings = dict[str, Any]


def address_of(truth: Truth, wallet: str) -> str:
    return next(a for a, name in truth.owner.items() if name == wallet)


def perfect(truth: Truth) -> Findings:
    """Findings that say exactly what happened to the published donations."""
    published = {posting["address"] for posting in truth.document["postings"]}
    receipts = [
        r
        for r in truth.receipts
        if r.address in published and r.to == "campaign_zinnia"
    ]
    appears = [
        {
            "kind": "appears",
            "statement": {
                "indicator": it["value"],
                "indicator_kind": "address",
                "exhibit": exhibit["sha256"],
            },
            "premises": {"checksum": it["checksum"]},
        }
        for exhibit in truth.document["exhibits"]
        for it in exhibit["indicators"]
    ]
    seeds = [r.outpoint for r in receipts]
    flows = [
        {
            "kind": "flow",
            "statement": {
                "direction": "forward",
                "target": actor,
                "seed_sat": sum(r.value for r in receipts),
                "lower_sat": flow.reached_tagged,
                "upper_sat": flow.arrived,
            },
            "premises": {"trace": "t1"},
        }
        for actor, flow in true_flows(truth, seeds).items()
        if flow.reached_tagged
    ]
    pool = [p["address"] for p in truth.document["postings"] if p["route"] == "P2"]
    link = {"kind": "same_cluster", "statement": {"a": pool[0], "b": pool[1]}}
    trace = {
        "id": "t1",
        "direction": "forward",
        "seeds": seeds,
        "seed_addresses": sorted({r.address for r in receipts}),
    }
    return {"findings": [*appears, *flows, link], "traces": [trace]}


def scored(world: Path, findings: Findings, tmp_path: Path) -> Score:
    case = tmp_path / "case"
    case.mkdir(exist_ok=True)
    (case / "findings.json").write_text(json.dumps(findings))
    return score_case(world, case)


def test_the_truth_gets_full_marks(world: Path, truth: Truth, tmp_path: Path) -> None:
    score = scored(world, perfect(truth), tmp_path)
    assert score.ok
    assert score.indicators.wrong == score.indicators.missed == []
    assert score.contained.hits == score.contained.n > 3
    assert score.flows_missed == []
    assert score.foreign_seeds == 0
    assert (score.links.hits, score.links.n) == (1, 1)
    assert not score.impostor_seeded


def test_an_indicator_left_out_and_one_made_up_both_count(
    world: Path, truth: Truth, tmp_path: Path
) -> None:
    findings = perfect(truth)
    findings["findings"][0]["statement"]["indicator"] = "bcrt1made-up"
    score = scored(world, findings, tmp_path)
    assert len(score.indicators.wrong) == len(score.indicators.missed) == 1
    assert score.indicators.wrong[0]["value"] == "bcrt1made-up"


def test_a_repaired_address_counts_neither_way(
    world: Path, truth: Truth, tmp_path: Path
) -> None:
    findings = perfect(truth)
    proposal = copy.deepcopy(findings["findings"][0])
    proposal["statement"]["indicator"] = "bcrt1proposal"
    proposal["premises"]["checksum"] = "repaired"
    findings["findings"].append(proposal)
    assert scored(world, findings, tmp_path).indicators.wrong == []


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        pytest.param(10**12, 10**12, id="a lower bound above the truth"),
        pytest.param(0, 1, id="an upper bound below the truth"),
    ],
)
def test_an_interval_beside_the_truth_is_told(
    world: Path, truth: Truth, tmp_path: Path, lower: int, upper: int
) -> None:
    findings = perfect(truth)
    flow = next(f for f in findings["findings"] if f["kind"] == "flow")
    flow["statement"] |= {"lower_sat": lower, "upper_sat": upper}
    score = scored(world, findings, tmp_path)
    assert score.contained.n - score.contained.hits == 1
    assert "MISSES" in score.to_text()


def test_a_service_that_was_reached_and_not_named_is_told(
    world: Path, truth: Truth, tmp_path: Path
) -> None:
    findings = perfect(truth)
    flow = next(f for f in findings["findings"] if f["kind"] == "flow")
    findings["findings"].remove(flow)
    score = scored(world, findings, tmp_path)
    assert score.flows_missed == [flow["statement"]["target"]]


def test_a_link_between_two_owners_is_wrong(
    world: Path, truth: Truth, tmp_path: Path
) -> None:
    findings = perfect(truth)
    findings["findings"][-1]["statement"]["b"] = address_of(truth, "broker_elm/desk")
    assert scored(world, findings, tmp_path).links.hits == 0


def accusing(truth: Truth, how: str) -> Findings:
    findings = perfect(truth)
    charity = address_of(truth, "charity_fig/published")
    if how == "seed":
        findings["traces"][0]["seed_addresses"].append(charity)
    elif how == "link":
        findings["findings"][-1]["statement"]["b"] = charity
    else:
        tag = {"concepts": ["terrorism_financing"]}
        statement = {"address": charity, "actor": "somebody"}
        entry = {"kind": "tagged", "statement": statement, "premises": {"tag": tag}}
        findings["findings"].append(entry)
    return findings


@pytest.mark.parametrize("how", ["seed", "link", "tag"])
def test_an_accused_charity_fails_the_score(
    world: Path, truth: Truth, tmp_path: Path, how: str
) -> None:
    score = scored(world, accusing(truth, how), tmp_path)
    assert not score.ok
    assert len(score.accused) == 1


def test_being_named_in_a_report_or_paid_accuses_nobody(
    world: Path, truth: Truth, tmp_path: Path
) -> None:
    findings = perfect(truth)
    charity = address_of(truth, "charity_fig/published")
    assert any(f["statement"].get("indicator") == charity for f in findings["findings"])
    tag = {"concepts": ["donation"]}
    statement = {"address": charity, "actor": "charity_fig"}
    findings["findings"].append(
        {"kind": "tagged", "statement": statement, "premises": {"tag": tag}}
    )
    assert scored(world, findings, tmp_path).ok


def test_taking_the_impostor_for_the_campaign_is_told(
    world: Path, truth: Truth, tmp_path: Path
) -> None:
    findings = perfect(truth)
    impostor = address_of(truth, "impostor_quince/purse")
    findings["traces"][0]["seed_addresses"].append(impostor)
    assert scored(world, findings, tmp_path).impostor_seeded


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("{", "not JSON", id="cut short"),
        pytest.param("[]", "not a document", id="another shape"),
        pytest.param('{"findings": [{"kind": "flow"}]}', "lack a part", id="hollow"),
    ],
)
def test_malformed_findings_are_refused(
    world: Path, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "findings.json").write_text(text)
    with pytest.raises(InputError, match=said):
        score_case(world, tmp_path)


def test_a_case_without_findings_says_what_to_do(world: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="dalil investigate"):
        score_case(world, tmp_path)


def test_a_folder_without_truth_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="dalil exercise make"):
        score_case(tmp_path, tmp_path)


def test_clusters_err_only_where_payjoins_mislead(truth: Truth, ledger: Ledger) -> None:
    score = score_clusters(truth, ledger)
    [trap] = [t for t in truth.document["traps"] if "PayJoin" in t["trap"]]
    impure = score.pure.n - score.pure.hits
    assert 1 <= impure <= len(trap["txids"])
    assert score.precision.hits / score.precision.n > 0.95


def test_coinjoins_are_typed_as_what_they_are(truth: Truth, ledger: Ledger) -> None:
    score = score_coinjoins(truth, ledger)
    assert score.recall.hits == score.recall.n == len(truth.coinjoins)
    assert score.precision.hits == score.precision.n


def run(*args: str) -> int:
    try:
        main([*args])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_the_command_ends_with_1_for_an_accusation_and_0_without(
    world: Path, truth: Truth, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    findings = tmp_path / "findings.json"
    findings.write_text(json.dumps(perfect(truth)))
    assert run("exercise", "score", str(world), str(tmp_path), "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["benign"] == {"n_charities": 3, "accused": []}
    assert printed["indicators"]["recall"]["rate"] == 1.0
    findings.write_text(json.dumps(accusing(truth, "seed")))
    assert run("exercise", "score", str(world), str(tmp_path)) == 1
    assert "charities accused" in capsys.readouterr().out


def test_the_command_makes_a_world(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "world"
    args = ("exercise", "make", str(folder), "--seed", "9", "--lang", "ar", "--json")
    assert run(*args) == 0
    assert json.loads(capsys.readouterr().out)["n_tx"] > 1_000
    assert 'language = "ar"' in (folder / "case" / "case.toml").read_text()
    assert run(*args) == 3
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "bad_input"
