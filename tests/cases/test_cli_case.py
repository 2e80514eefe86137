"""`dalil case`: what it writes, prints and refuses."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from dalil.cases import read_charter
from dalil.cases.record import Record
from dalil.chains.bitcoin.address import encode_address
from dalil.chains.bitcoin.networks import REGTEST
from dalil.chains.bitcoin.scripts import ScriptType
from dalil.cli import main

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = encode_address(REGTEST, ScriptType.P2PKH, bytes(20))


def run(
    capsys: pytest.CaptureFixture[str], *args: object
) -> tuple[int, dict[str, Any]]:
    code = 0
    try:
        main([*map(str, args), "--json"])
    except SystemExit as stop:
        code = int(stop.code or 0)
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, answer


def test_new_opens_a_case_that_show_understands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ledger").mkdir()
    folder = tmp_path / "case"
    code, answer = run(
        capsys, "case", "new", folder, "--seed", ADDRESS, "--source", "EXERCISE list",
        "--ledger", tmp_path / "ledger", "--title", "تمرين", "--lang", "ar",
    )  # fmt: skip
    assert code == 0
    assert answer["next"][-1].split() == ["dalil", "verify", f"{folder}/bundle"]
    (folder / "appeal.txt").write_text("EXERCISE")
    code, shown = run(capsys, "case", "show", folder)
    assert code == 0
    assert shown["title"] == "تمرين"
    assert shown["seeds"] == [{"seed": ADDRESS, "source": "EXERCISE list", "note": ""}]
    assert shown["captured"] == [{"file": "appeal.txt", "role": "appeal", "bytes": 8}]
    assert len(shown["missing"]) == 6
    assert read_charter(folder).language == "ar"


def test_new_never_overwrites(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "case.toml").write_text('title = "mine"')
    code, answer = run(capsys, "case", "new", tmp_path)
    assert (code, answer["error"]["code"]) == (3, "bad_input")
    assert (tmp_path / "case.toml").read_text() == 'title = "mine"'


@pytest.mark.parametrize(
    ("options", "code", "name"),
    [
        (["--seed", ADDRESS], 2, "usage"),
        (["--source", "s", "--source", "t", "--seed", ADDRESS], 2, "usage"),
        (["--seed", ADDRESS[:-1] + "x", "--source", "s"], 3, "bad_address"),
        (["--seed", ADDRESS, "--source", " "], 3, "bad_input"),
        (["--ledger", "no/such/ledger"], 3, "bad_input"),
        (["--lang", "xx"], 2, "usage"),
    ],
    ids=[
        "a seed without source",
        "more sources than seeds",
        "a checksum that fails",
        "a blank source",
        "a ledger that is not there",
        "an unknown language",
    ],
)
def test_new_refuses_and_writes_nothing(
    options: list[str],
    code: int,
    name: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found, answer = run(capsys, "case", "new", tmp_path / "case", *options)
    assert (found, answer["error"]["code"]) == (code, name)
    assert not (tmp_path / "case").exists()


def test_log_ends_with_one_where_the_chain_is_broken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Record(tmp_path).append("opened", "analyst: A", "case", {}, time_utc=0)
    code, answer = run(capsys, "case", "log", tmp_path)
    assert (code, answer["ok"], len(answer["entries"])) == (0, True, 1)
    assert run(capsys, "case", "log", tmp_path, "--head", "00")[0] == 1
    with closing(sqlite3.connect(tmp_path / "case.db")) as database, database:
        database.execute("DROP TRIGGER log_stays")
        database.execute("UPDATE log SET content = '[[['")
    code, answer = run(capsys, "case", "log", tmp_path)
    assert (code, answer["failed_at"]) == (1, 1)
