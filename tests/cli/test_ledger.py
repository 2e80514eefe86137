"""`dalil ledger` and `dalil investigate` as others build on them: keys and codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dalil.cli import main
from dalil.exercise import MiniChain

if TYPE_CHECKING:
    from pathlib import Path


def run(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, Any]:
    """Exit code and the one JSON object on stdout."""
    code = 0
    try:
        main([str(arg) for arg in args])
    except SystemExit as end:
        code = int(end.code or 0)
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], str]:
    """A ledger's folder, addresses of payer and payee, and the payment's txid."""
    folder = tmp_path_factory.mktemp("cli")
    made = MiniChain(seed=8)
    payer, payee = made.wallet("payer"), made.wallet("payee", "p2pkh")
    made.fund(payer, 3_000_000)
    made.mine()
    paid = payer.pays(payee, 1_000_000)
    made.mine()
    made.write(folder / "blocks")
    main_quietly("ledger", "build", folder / "ledger", "--blocks", folder / "blocks")
    addresses = [made.addresses(wallet)[0] for wallet in (payer, payee)]
    return folder, addresses, paid.id


def main_quietly(*args: object) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("click.echo", lambda *a, **k: None)
        main([str(arg) for arg in args])


def test_info_counts_and_names(
    chain: tuple[Path, list[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, info = run(capsys, "ledger", "info", chain[0] / "ledger", "--json")
    assert code == 0
    assert set(info) >= {
        "chain", "tip_height", "tip_hash", "n_blocks", "n_tx", "n_inputs",
        "n_coinbase_inputs", "n_inputs_resolved", "n_inputs_outside", "n_outputs",
        "outputs_by_type", "n_addresses", "manifest_sha256",
    }  # fmt: skip
    assert info["n_inputs"] == info["n_coinbase_inputs"] + info["n_inputs_resolved"]
    assert sum(info["outputs_by_type"].values()) == info["n_outputs"]


def test_tx_tells_sources_spenders_and_fee(
    chain: tuple[Path, list[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, (payer, payee), txid = chain
    code, tx = run(capsys, "ledger", "tx", folder / "ledger", txid, "--json")
    assert code == 0
    assert set(tx) >= {"txid", "height", "time_utc", "fee_sat", "coinjoin"}
    assert tx["coinjoin"] is None
    (spent,) = tx["inputs"]
    assert (spent["address"], spent["source"]) == (payer, "inside")
    assert [o["value_sat"] for o in tx["outputs"] if o["address"] == payee] == [
        1_000_000
    ]
    assert tx["fee_sat"] == spent["value_sat"] - sum(
        o["value_sat"] for o in tx["outputs"]
    )
    funding = spent["outpoint"].partition(":")[0]
    _, before = run(capsys, "ledger", "tx", folder / "ledger", funding, "--json")
    assert f"{txid}:0" in [o["spent_by"] for o in before["outputs"]]


def test_address_sums_up_and_an_absent_one_gives_zeros(
    chain: tuple[Path, list[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, (payer, payee), _ = chain
    _, seen = run(capsys, "ledger", "address", folder / "ledger", payee, "--json")
    assert (seen["received_sat"], seen["spent_sat"], seen["n_tx"]) == (1_000_000, 0, 1)
    assert seen["cluster"] == payee
    _, giver = run(capsys, "ledger", "address", folder / "ledger", payer, "--json")
    assert giver["spent_sat"] == giver["received_sat"] == 3_000_000
    stranger = MiniChain(seed=99, warm_up=0)
    absent = stranger.wallet("x")
    stranger.issue_lock(absent)
    other = stranger.addresses(absent)[0]
    code, zeros = run(capsys, "ledger", "address", folder / "ledger", other, "--json")
    assert code == 0
    assert (zeros["received_sat"], zeros["spent_sat"], zeros["n_tx"]) == (0, 0, 0)
    assert (zeros["cluster"], zeros["tags"]) == (None, [])


WRONG = [
    ("a txid that is none", ("tx", "{L}", "zz"), 3, "bad_input"),
    ("a txid the ledger lacks", ("tx", "{L}", "00" * 32), 3, "not_found"),
    ("a folder that is no ledger", ("info", "{L}/g1"), 3, "bad_store"),
    (
        "an address with a wrong checksum",
        ("address", "{L}", "1BadAddress"),
        3,
        "bad_address",
    ),
    ("nothing to build from", ("build", "{L}/new"), 2, "usage"),
    (
        "both kinds of source",
        ("build", "{L}/new", "--blocks", "a", "--source", "b"),
        2,
        "usage",
    ),
    (
        "an unknown network",
        ("build", "{L}/new", "--blocks", "a", "--network", "x"),
        3,
        "bad_input",
    ),
    ("no such command", ("frob",), 2, "usage"),
]


@pytest.mark.parametrize(
    ("why", "args", "code", "name"), WRONG, ids=[w[0] for w in WRONG]
)
def test_errors_have_one_shape_and_a_documented_code(
    chain: tuple[Path, list[str], str],
    capsys: pytest.CaptureFixture[str],
    why: str,
    args: tuple[str, ...],
    code: int,
    name: str,
) -> None:
    del why
    put = [arg.replace("{L}", str(chain[0] / "ledger")) for arg in args]
    got, answer = run(capsys, "ledger", *put, "--json")
    assert (got, answer["error"]["code"]) == (code, name)
    assert set(answer["error"]) == {"code", "message", "value"}


def test_a_case_runs_to_a_verified_bundle(
    chain: tuple[Path, list[str], str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder, (payer, _), _ = chain
    (tmp_path / "post.txt").write_text(f"EXERCISE / تمرين {payer}", encoding="utf-8")
    code, result = run(
        capsys, "investigate", tmp_path, "--ledger", folder / "ledger", "--json"
    )
    assert code == 0
    assert set(result) >= {
        "indicators", "targets", "report", "bundle", "root", "verified", "review",
    }  # fmt: skip
    code, verdict = run(
        capsys, "verify", result["bundle"], "--root", result["root"], "--json"
    )
    assert (code, verdict["ok"], verdict["review"]) == (0, True, "DRAFT")
    assert set(verdict) >= {"ok", "n_checks", "failures", "not_checked", "review"}
    code, _ = run(capsys, "verify", result["bundle"], "--root", "00" * 32, "--json")
    assert code == 1
