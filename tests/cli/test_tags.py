"""`dalil tags`: what it prints and how it ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dalil.chains import bech32
from dalil.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

A = bech32.encode("bcrt", 0, b"\x01" * 20)
B = bech32.encode("bcrt", 0, b"\x02" * 20)
ROWS = f"address,entity,source\n{A},Exercise\x1b[31m Exchange,web\n{A},Other,web\n{B[:-1]}q,x,web\n"


class Command:
    """Runs the command line and keeps what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str], store: Path) -> None:
        self._capsys = capsys
        self._store = store

    def __call__(self, *args: str) -> tuple[int, str]:
        code: object = 0
        try:
            main(["tags", *args, "--tags", str(self._store)])
        except SystemExit as end:
            code = end.code
        printed = self._capsys.readouterr()
        return int(str(code)), printed.out + printed.err

    def json(self, *args: str) -> dict[str, Any]:
        _, out = self(*args, "--json")
        [line] = [line for line in out.splitlines() if line.startswith("{")]
        found: dict[str, Any] = json.loads(line)
        return found


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    return Command(capsys, tmp_path / "store")


@pytest.fixture
def rows(tmp_path: Path) -> str:
    path = tmp_path / "exchange.csv"
    path.write_text(ROWS)
    return str(path)


def test_import_reports_each_warning(run: Command, rows: str) -> None:
    report = run.json("import", rows, "--retrieved", "2026-01-02")
    assert (report["new"], report["duplicates"], report["refused"]) == (2, 0, 1)
    [warning] = report["warnings"]
    assert (warning["file"], warning["line"]) == ("exchange.csv", 4)
    assert warning["address"] == B[:-1] + "q"
    assert B in warning["suggestion"]


def test_import_speaks_to_people(run: Command, rows: str) -> None:
    code, out = run("import", rows)
    assert code == 0
    assert "2 new tags from 1 files" in out
    assert "no_retrieval_day: 1" in out
    assert "adds nothing" in run("import", rows)[1]


def test_find_shows_tags_and_contradictions(run: Command, rows: str) -> None:
    run("import", rows, "--retrieved", "2026-01-02")
    found = run.json("find", A)
    assert [tag["service"] for tag in found["tags"]] == ["exchange", "exchange"]
    assert found["tags"][0]["retrieved"] == "2026-01-02"
    assert [conflict["kind"] for conflict in found["conflicts"]] == ["actors"]


def test_a_file_cannot_steer_the_terminal(run: Command, rows: str) -> None:
    run("import", rows)
    code, out = run("find", A)
    assert code == 0
    assert "\x1b" not in out
    assert "Exercise\\x1b[31m Exchange" in out
    assert "contradiction, actors" in out


def test_an_address_without_tags_is_no_error(run: Command, rows: str) -> None:
    run("import", rows)
    assert run("find", B)[0] == 0
    assert run.json("find", B) == {"address": B, "tags": [], "conflicts": []}


def test_a_failing_address_is_bad_input(run: Command, rows: str) -> None:
    run("import", rows)
    assert run("find", B[:-1] + "q")[0] == 3
    error = run.json("find", B[:-1] + "q")["error"]
    assert error["code"] == "bad_address"
    assert B in error["message"]


def test_info_names_the_files(run: Command, rows: str) -> None:
    run("import", rows)
    found = run.json("info")
    assert (found["n_tags"], found["n_addresses"]) == (2, 1)
    assert found["damaged_files"] == []
    assert "exchange.csv  2 tags, 1 refused" in run("info")[1]


FAILS = [
    ("no store", ["find", A], 3),
    ("no such file", ["import", "nowhere.csv"], 3),
    ("no file named", ["import"], 2),
    ("a day that is none", ["import", "nowhere.csv", "--retrieved", "soon"], 2),
]


@pytest.mark.parametrize(
    ("args", "code"), [row[1:] for row in FAILS], ids=[str(row[0]) for row in FAILS]
)
def test_fails_with_its_documented_code(
    run: Command, args: list[str], code: int
) -> None:
    assert run(*args)[0] == code
    assert "error" in run.json(*args)
