"""Transfers proven from saved answers, in a bundle; what is forged is found.

EXERCISE / تمرين: a world on TRON's test network, with signed blocks.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dalil.cases.investigate import Investigation, investigate
from dalil.cases.reading import read_charter
from dalil.evidence.account_statements import Transfers, TransfersPremises
from dalil.evidence.verify import verify
from dalil.exercise.accounts import Size, make_account_world
from dalil.ledger.accounts import build_accounts
from dalil.progress import silent
from tests.evidence.forger import Forger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def proven(tmp_path_factory: pytest.TempPathFactory) -> Investigation:
    folder = tmp_path_factory.mktemp("proofs")
    world = make_account_world(3, folder / "world", Size(n_people=20, n_children=20))
    build_accounts(folder / "world" / "ledger", world.source, silent)
    charter = folder / "world" / "case" / "case.toml"
    text = charter.read_text(encoding="utf-8")
    # Signatures are recovered in plain Python, some dozen a second.
    text = f'node_answers = ["../tron"]\n{text}\n[limits]\nuntil = 2025-02-07\n'
    charter.write_text(text, encoding="utf-8")
    return investigate(read_charter(charter.parent))


def test_direct_transfers_are_proven_by_the_tree(proven: Investigation) -> None:
    assert proven.published.verified
    premises = [finding.premises for finding in proven.document.findings]
    proofs = [one.proof for one in premises if isinstance(one, TransfersPremises)]
    assert proofs
    assert set(proofs) == {"tron-tree"}
    told = verify(str(proven.published.bundle))
    assert told["ok"]
    said = " ".join(entry["what"] for entry in told["not_checked"])
    assert "producers of TRON were elected" in said


def _transfer(f: Forger) -> Any:
    return f.of("transfers")


def _proof(f: Forger, told: dict[str, Any]) -> dict[str, Any]:
    (chain,) = told.values()
    found: dict[str, Any] = chain["transactions"][_transfer(f)["statement"]["txid"]]
    return found


def _flip(text: str, at: int) -> str:
    return text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :]


def _header(f: Forger, told: dict[str, Any]) -> None:
    proof = _proof(f, told)
    proof["header"] = _flip(proof["header"], 9)


def _branch(f: Forger, told: dict[str, Any]) -> None:
    proof = _proof(f, told)
    if proof["branch"]:
        proof["branch"][0] = _flip(proof["branch"][0], 9)
    else:
        proof["branch"].append("00" + "ab" * 32)


def _transaction(f: Forger, told: dict[str, Any]) -> None:
    proof = _proof(f, told)
    proof["transaction"] = _flip(proof["transaction"], 60)


def _signature(f: Forger, told: dict[str, Any]) -> None:
    proof = _proof(f, told)
    proof["witness_signature"] = _flip(proof["witness_signature"], 9)


def _stranger(f: Forger, told: dict[str, Any]) -> None:
    for chain in told.values():
        chain["witnesses"] = dict.fromkeys(chain["witnesses"], "11" * 20)


def _gone(f: Forger, told: dict[str, Any]) -> None:
    for chain in told.values():
        del chain["transactions"][_transfer(f)["statement"]["txid"]]


def _amount(f: Forger, told: dict[str, Any]) -> None:
    del told
    _transfer(f)["statement"]["amount"] = "82000000000000"


def _recipient(f: Forger, told: dict[str, Any]) -> None:
    del told
    statement = _transfer(f)["statement"]
    statement["to"] = statement["from"]


def _time(f: Forger, told: dict[str, Any]) -> None:
    del told
    _transfer(f)["premises"]["time_utc"] = "2020-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "forge",
    [
        _header,
        _branch,
        _transaction,
        _signature,
        _stranger,
        _gone,
        _amount,
        _recipient,
        _time,
    ],
    ids=lambda forge: forge.__name__.strip("_"),
)
def test_a_forged_proof_is_rejected_with_every_hash_remade(
    forge: Callable[[Forger, dict[str, Any]], None],
    proven: Investigation,
    tmp_path: Path,
) -> None:
    forger = Forger(proven.published.bundle)
    told = json.loads(forger.files["data/accounts.json"])
    forge(forger, told)
    forger.put("data/accounts.json", told)
    forger.seal(tmp_path / "forged")
    found = verify(str(tmp_path / "forged"))
    assert not found["ok"]
    premises = {failure["premise"] for failure in found["failures"]}
    assert any("statement" in one or "premises" in one for one in premises), premises


def test_other_saved_answers_prove_nothing(
    proven: Investigation, tmp_path: Path
) -> None:
    """Files that are no answers of a node leave a transfer its node's word."""
    from dalil.cases.accounts.proofs import SavedProofs

    (tmp_path / "a.json").write_text('{"transactions": [{"txID": "ab"}]}')
    (tmp_path / "b.json").write_text("[1, null]")
    stated = next(
        finding.statement
        for finding in proven.document.findings
        if isinstance(finding.statement, Transfers)
    )
    saved = SavedProofs(stated.chain, [tmp_path])
    assert saved.prove(stated) == "node-asserted"
    assert saved.to_json() is None
