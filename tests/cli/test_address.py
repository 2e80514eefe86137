"""`dalil address`: what it prints and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from dalil.cli.main import main

if TYPE_CHECKING:
    import pytest

ON_TRON = "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"


def run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str]:
    code: object = 0
    try:
        main(["address", *args])
    except SystemExit as end:
        code = end.code
    return int(str(code)), capsys.readouterr().out


def test_shows_every_spelling(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, "--json", ON_TRON)
    assert code == 0
    [one] = json.loads(out)["addresses"]
    assert one["verdict"] == "valid"
    assert one["readings"][0]["other_forms"]["evm"] == "0x" + "0" * 40


def test_a_failing_text_ends_with_a_failed_check(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out = run(capsys, "--json", ON_TRON, ON_TRON[:-1] + "a")
    assert code == 1
    fine, failing = json.loads(out)["addresses"]
    assert fine["suggestions"] == []
    assert failing["verdict"] == "invalid"
    assert failing["suggestions"] == [ON_TRON]


def test_people_are_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, ON_TRON[:-1] + "a", "0x" + "0" * 40, "hello\u200e")
    assert code == 1
    assert "the base58check checksum does not fit" in out
    assert f"near it, and valid: {ON_TRON}" in out
    assert "no checksum, so a slip would not show" in out
    assert "hello\\u200e" in out
    assert "not an address of any chain Dalil knows" in out


def test_no_text_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys)[0] == 2


def test_the_page_shows_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    page = Path(__file__).parents[2] / "docs" / "addresses.md"
    shown = page.read_text(encoding="utf-8").split("```")[1].strip()
    command, _, expected = shown.partition("\n")
    assert run(capsys, *command.split()[3:]) == (0, expected + "\n")
