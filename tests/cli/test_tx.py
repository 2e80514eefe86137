"""`dalil tx classify`: one answer a line, in order, errors in their place."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

from dalil.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

POOL = [
    {"value": 1_000_000, "scriptpubkey": "0014" + f"{k:02x}" * 20} for k in range(5)
]
MIX = json.dumps({"vin": [{"prevout": None}] * 5, "vout": POOL})
PAYMENT = json.dumps({"txid": "ab" * 32, "vin": [{}], "vout": POOL[:1]})


def run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    code: object = 0
    try:
        main(["tx", "classify", *args])
    except SystemExit as end:
        code = end.code
    out, err = capsys.readouterr()
    return int(str(code)), out, err


def answers(out: str) -> list[object]:
    return [json.loads(line) for line in out.splitlines()]


def test_answers_line_by_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "txs"
    file.write_text(f"{MIX}\n{PAYMENT}\n")
    code, out, err = run(capsys, str(file))
    assert (code, err) == (0, "")
    assert answers(out) == [
        {"txid": None, "coinjoin": "whirlpool"},
        {"txid": "ab" * 32, "coinjoin": None},
    ]


def test_a_bad_line_answers_in_its_place_and_the_exit_code_tells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "txs"
    file.write_text(f"{MIX}\nnonsense\n\n{PAYMENT}")
    code, out, _ = run(capsys, str(file), "--json")
    assert code == 3
    first, second, third, last = answers(out)
    assert first == {"txid": None, "coinjoin": "whirlpool"}
    assert isinstance(second, dict)
    assert second["line"] == 2
    assert second["error"]["code"] == "bad_input"
    assert second["error"]["value"] == "nonsense"
    assert isinstance(third, dict)
    assert third["line"] == 3
    assert last == {"txid": "ab" * 32, "coinjoin": None}


def test_reads_standard_input_and_sums_up_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(MIX.encode())))
    code, out, err = run(capsys, "-", "--summary")
    assert code == 0
    assert len(answers(out)) == 1
    assert "1 transactions" in err
    assert "whirlpool" in err


def test_an_empty_file_has_nothing_to_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "none").touch()
    assert run(capsys, str(tmp_path / "none"), "--summary")[:2] == (0, "")


def test_a_missing_file_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, str(tmp_path / "nowhere"), "--json")
    assert code == 2
    assert json.loads(out)["error"]["code"] == "usage"


def test_the_help_shows_examples_line_by_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, _ = run(capsys, "--help")
    assert code == 0
    assert "  bitcoin-cli getrawtransaction TXID | dalil tx classify -\n" in out
    assert "\\b" not in out
